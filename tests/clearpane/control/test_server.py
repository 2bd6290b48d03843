import asyncio
import json
import os
import socket
import stat
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clearpane.control.answer import Answer
from clearpane.control.client import ask
from clearpane.control.server import CONNECTIONS, REQUEST_LIMIT, Server, serve
from clearpane.control.table import Table
from clearpane.errors import Problem

BIG = Table(("N", "TEXT"), tuple((n, "x" * 1_000) for n in range(2_000)))


def answer(words: Sequence[str]) -> Answer:
    return Answer(table=lambda: BIG) if words == ["big"] else Answer(text=" ".join(words))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "var" / "control.sock"


@pytest.fixture
async def server(path: Path) -> AsyncIterator[Server]:
    made = await serve(path, answer)
    assert isinstance(made, Server)
    yield made
    made.close()


async def asked(path: Path, *words: str) -> Answer:
    return await asyncio.to_thread(ask, path, words)


async def said(path: Path, request: bytes) -> bytes:
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(request)
    try:
        if not request.endswith(b"\n"):
            writer.write_eof()
        return await reader.read()
    finally:
        writer.close()


async def test_a_command_is_answered(server: Server, path: Path) -> None:
    assert await asked(path, "show", "café \ud800\n") == Answer(text="show café \ud800\n")


async def test_a_large_table_arrives_whole(server: Server, path: Path) -> None:
    found = (await asked(path, "big")).table
    assert found and found() == BIG


async def test_many_are_answered_at_once(server: Server, path: Path) -> None:
    answers = await asyncio.gather(*(asked(path, str(n)) for n in range(CONNECTIONS)))
    assert [each.text for each in answers] == [str(n) for n in range(CONNECTIONS)]


async def test_only_the_owner_can_open_it(server: Server, path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert os.listdir(path.parent) == ["control.sock"]


async def test_it_has_its_mode_from_the_moment_it_is_there(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.parent.mkdir()
    path.parent.chmod(0o755)
    modes = []
    rename = Path.rename

    def renamed(self: Path, target: Path) -> Path:
        modes.append((stat.S_IMODE(self.stat().st_mode), stat.S_IMODE(self.parent.stat().st_mode)))
        assert not path.exists()
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", renamed)
    before = os.umask(0)
    try:
        made = await serve(path, answer)
    finally:
        os.umask(before)
    assert isinstance(made, Server)
    made.close()
    assert modes == [(0o600, 0o700)]


async def test_what_a_dead_gateway_left_is_replaced(path: Path) -> None:
    path.parent.mkdir()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as dead:
        dead.bind(str(path))
    made = await serve(path, answer)
    assert isinstance(made, Server)
    assert (await asked(path, "alive")).text == "alive"
    made.close()


async def test_a_gateway_that_lives_is_left_alone(server: Server, path: Path) -> None:
    second = await serve(path, answer)
    assert second == Problem(str(path), "another gateway listens here", "give each its own state")
    assert (await asked(path, "still here")).text == "still here"


async def test_a_file_in_its_place_is_left_alone(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("mine")
    assert await serve(path, answer) == Problem(str(path), "is no socket", "move it away")
    assert path.read_text() == "mine"


async def test_where_no_folder_can_be_the_reason_is_returned(tmp_path: Path) -> None:
    (tmp_path / "var").touch()
    refused = await serve(tmp_path / "var" / "sub" / "control.sock", answer)
    assert isinstance(refused, Problem)
    assert refused.message == "no control socket can be made: Not a directory"


async def test_a_long_path_works(tmp_path: Path) -> None:
    path = tmp_path / ("d" * 100) / ("e" * 100) / "control.sock"
    made = await serve(path, answer)
    assert isinstance(made, Server)
    assert (await asked(path, "far")).text == "far"
    assert isinstance(await serve(path, answer), Problem)
    made.close()
    assert not path.exists()


async def test_close_removes_the_socket(server: Server, path: Path) -> None:
    server.close()
    assert not path.exists()
    assert (await asked(path, "x")).code == 2
    server.close()


async def test_close_leaves_the_next_one_s_socket_alone(server: Server, path: Path) -> None:
    path.unlink()
    second = await serve(path, answer)
    assert isinstance(second, Server)
    server.close()
    assert (await asked(path, "second")).text == "second"
    second.close()


async def test_close_ends_those_who_wait(server: Server, path: Path) -> None:
    reader, writer = await asyncio.open_unix_connection(path)
    await asked(path, "x")  # so the other one has been met too
    server.close()
    assert await reader.read() == b""
    writer.close()


async def test_after_close_no_command_is_done(path: Path) -> None:
    done: list[str] = []

    def closing(words: Sequence[str]) -> Answer:
        done.extend(words)
        if words == ["close"]:
            assert isinstance(made, Server)
            made.close()
        return Answer(text="done")

    made = await serve(path, closing)
    assert isinstance(made, Server)
    clients = [await asyncio.open_unix_connection(path) for _ in range(2)]
    await asked(path, "first")  # so both have been met
    for _, writer in clients:
        writer.write(b'["close"]\n')  # and both have spoken when one of them is heard
    for reader, writer in clients:
        assert await reader.read() == b""
        writer.close()
    assert done == ["first", "close"]


UNREADABLE = [
    pytest.param(b"\n", id="an empty line"),
    pytest.param(b"", id="nothing"),
    pytest.param(b"show system\n", id="no JSON"),
    pytest.param(b"\xff\xfe\n", id="no UTF-8"),
    pytest.param(b'"show"\n', id="a string"),
    pytest.param(b"[1]\n", id="a number for a word"),
    pytest.param(b"[" * 60_000 + b"\n", id="deep nesting"),
    pytest.param(b'["' + b"x" * REQUEST_LIMIT + b'"]\n', id="too long a line"),
    pytest.param(b"x" * 1_000_000, id="a megabyte without a line"),
]


@pytest.mark.parametrize("request_", UNREADABLE)
async def test_garbage_gets_an_error_and_nobody_else_minds(
    server: Server, path: Path, request_: bytes
) -> None:
    try:
        document = await said(path, request_)
    except ConnectionError:  # closed while the rest was on its way
        document = b""
    if document or len(request_) <= REQUEST_LIMIT:
        assert "not one line of JSON" in Answer.from_wire(document).error
    assert (await asked(path, "next")).text == "next"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.binary(max_size=200)
    | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps).map(str.encode)
)
def test_any_request_is_answered(tmp_path: Path, request_: bytes) -> None:
    async def exchange() -> bytes:
        made = await serve(tmp_path / "fuzz.sock", answer)
        assert isinstance(made, Server)
        try:
            return await said(tmp_path / "fuzz.sock", request_.replace(b"\n", b" ") + b"\n")
        finally:
            made.close()

    Answer.from_wire(asyncio.run(exchange()))


async def test_one_too_many_is_told_so_and_the_next_is_answered(server: Server, path: Path) -> None:
    held = [await asyncio.open_unix_connection(path) for _ in range(CONNECTIONS)]
    assert "ask again" in (await asked(path, "x")).error
    reader, writer = held[0]
    writer.write(b'["first"]\n')
    assert Answer.from_wire(await reader.read()).text == "first"
    assert (await asked(path, "next")).text == "next"
    for _, each in held:
        each.close()


@pytest.mark.parametrize(
    "request_",
    [pytest.param(b"", id="says nothing"), pytest.param(b'["big"]\n', id="reads nothing")],
)
async def test_a_client_that_hangs_is_dropped(path: Path, request_: bytes) -> None:
    made = await serve(path, answer, seconds=0.2)
    assert isinstance(made, Server)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as hung:
        hung.connect(str(path))
        hung.sendall(request_)
        held = [await asyncio.open_unix_connection(path) for _ in range(CONNECTIONS - 1)]
        for reader, writer in held:
            assert await reader.read() == b""
            writer.close()
        assert (await asked(path, "next")).text == "next"
        hung.settimeout(10)
        received = 0
        while part := hung.recv(1 << 20):
            received += len(part)
        assert received < len(Answer(table=lambda: BIG).to_wire())
    made.close()
