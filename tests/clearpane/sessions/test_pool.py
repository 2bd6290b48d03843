from clearpane.sessions.pool import Pool


def test_as_many_places_as_there_are_and_not_one_more() -> None:
    pool = Pool()
    assert [pool.take(session, 2) for session in (1, 2, 3)] == [True, True, False]
    assert len(pool) == 2


def test_a_session_takes_one_place_however_often_it_asks() -> None:
    pool = Pool()
    assert pool.take(1, 1) and pool.take(1, 1)
    assert len(pool) == 1


def test_a_place_is_free_again_once() -> None:
    pool = Pool()
    pool.take(1, 1)
    pool.release(1)
    pool.release(1)
    assert len(pool) == 0
    assert pool.take(2, 1)
    assert not pool.take(3, 1)


def test_a_lower_limit_holds_for_those_that_come() -> None:
    pool = Pool()
    assert all(pool.take(session, 5) for session in range(5))
    pool.release(0)
    assert not pool.take(9, 3)
