import pytest

from clearpane.authorities.cache import LeafCache, LeafId


def leaf(number: int) -> LeafId:
    return LeafId(real=f"{number:064x}", authority="a")


def test_what_was_put_is_found_and_counted() -> None:
    cache = LeafCache[bytes](2)
    assert cache.get(leaf(1)) is None
    cache.put(leaf(1), b"one")
    assert cache.get(leaf(1)) == b"one"
    assert (cache.hits, cache.misses, len(cache)) == (1, 1, 1)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(LeafId("s", "a", "ec", ""), id="another real certificate"),
        pytest.param(LeafId("r", "b", "ec", ""), id="another authority"),
        pytest.param(LeafId("r", "a", "rsa", ""), id="another key type"),
        pytest.param(LeafId("r", "a", "ec", "auto-include-altname"), id="other flags"),
    ],
)
def test_a_leaf_is_found_only_for_what_it_was_made_from(other: LeafId) -> None:
    cache = LeafCache[bytes](2)
    cache.put(LeafId("r", "a", "ec", ""), b"one")
    assert cache.get(other) is None


def test_the_least_recently_used_goes_first() -> None:
    cache = LeafCache[bytes](2)
    cache.put(leaf(1), b"one")
    cache.put(leaf(2), b"two")
    cache.get(leaf(1))
    cache.put(leaf(3), b"three")
    assert [cache.get(leaf(n)) for n in (1, 2, 3)] == [b"one", None, b"three"]


def test_it_never_holds_more_than_its_capacity() -> None:
    cache = LeafCache[int](10)
    for number in range(1000):
        cache.put(leaf(number), number)
    assert len(cache) == 10
    assert cache.get(leaf(999)) == 999


def test_putting_anew_replaces_and_refreshes() -> None:
    cache = LeafCache[bytes](2)
    cache.put(leaf(1), b"one")
    cache.put(leaf(2), b"two")
    cache.put(leaf(1), b"uno")
    cache.put(leaf(3), b"three")
    assert cache.get(leaf(1)) == b"uno"
    assert cache.get(leaf(2)) is None


def test_clear_forgets_all() -> None:
    cache = LeafCache[bytes](2)
    cache.put(leaf(1), b"one")
    cache.clear()
    assert cache.get(leaf(1)) is None


def test_a_cache_for_nothing_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="at least one"):
        LeafCache[bytes](0)
