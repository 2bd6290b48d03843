import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from clearpane.authorities import store
from clearpane.cli.clock import now
from clearpane.cli.demonstration.stage import Given, Stage, set_up
from clearpane.errors import ClearpaneError
from sites import SHIPPED


def test_the_private_server_is_of_a_category_that_the_rules_leave_alone(stage: Stage) -> None:
    listed = (SHIPPED / "categories" / "financial-services.txt").read_text().splitlines()
    assert stage.private in listed
    assert stage.private in stage.servers


def test_given_authorities_sign_and_their_folder_is_left_as_it_was(
    stages: Callable[[Given], Stage], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("given")
    ca = folder / "ca"
    store.create(ca, store.missing(ca), now())
    (ca / "trusted-roots").mkdir()
    before = {path: path.stat().st_mtime_ns for path in ca.rglob("*")}
    stage = stages(Given(SHIPPED, ca))
    assert stage.signers.trust == [(ca / "forward-trust.crt").read_text()]
    assert {path: path.stat().st_mtime_ns for path in ca.rglob("*")} == before
    assert stat.S_IMODE((ca / "forward-trust.key").stat().st_mode) == 0o600


def test_a_given_state_folder_keeps_the_logs(tmp_path: Path) -> None:
    with set_up(Given(SHIPPED, state=tmp_path / "var"), now()) as stage:
        stage.client.plain(stage.web.port, "/eicar.com")
        assert stage.log.virus("eicar.com", decrypted=False)
    assert "Eicar Test File" in (tmp_path / "var" / "log" / "threat.jsonl").read_text()


def test_a_given_anchor_is_one_for_the_gateway_too(tmp_path: Path) -> None:
    (tmp_path / "ca" / "trusted-roots").mkdir(parents=True)
    (tmp_path / "ca" / "trusted-roots" / "own.pem").write_text("nothing")
    given = Given(SHIPPED, tmp_path / "ca")
    with pytest.raises(ClearpaneError, match=r"given-own\.pem"), set_up(given, now()):
        pass


def test_nothing_is_left_where_the_rules_are_not_valid(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    given = Given(tmp_path / "nowhere")
    with pytest.raises(ClearpaneError, match="no folder with rules"), set_up(given, now()):
        pass
    assert list(tmp_path.iterdir()) == []
