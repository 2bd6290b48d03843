import os
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
    ca, state = folder / "ca", folder / "var"
    store.create(ca, store.missing(ca), now())
    (ca / "trusted-roots").mkdir()
    (ca / "trusted-roots" / "own.pem").write_text((ca / "forward-untrust.crt").read_text())
    (ca / "trusted-roots" / "own.pem").write_bytes((SHIPPED.parent / "LICENSE").read_bytes())
    before = {path: path.stat().st_mtime_ns for path in ca.rglob("*")}
    with pytest.raises(ClearpaneError, match="own.pem"):
        stages(Given(SHIPPED, ca, state))
    (ca / "trusted-roots" / "own.pem").unlink()
    assert stages(Given(SHIPPED, ca, state)).signers.trust == [
        (ca / "forward-trust.crt").read_text()
    ]
    assert before.keys() - {path for path in ca.rglob("*")} == {ca / "trusted-roots" / "own.pem"}
    assert stat.S_IMODE((ca / "forward-trust.key").stat().st_mode) == 0o600
    assert (state / "gateway.pid").exists()


def test_nothing_is_left_where_the_rules_are_not_valid(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with (
        pytest.raises(ClearpaneError, match="no folder with rules"),
        set_up(Given(tmp_path / "nowhere"), now()),
    ):
        pass
    assert os.listdir(tmp_path) == []
