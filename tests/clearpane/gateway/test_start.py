"""The start refuses with code 2 and says why; then options, the policy and the end."""

import logging
import os
import resource
import signal
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from mitmproxy import exceptions
from mitmproxy.addons.script import Script
from mitmproxy.proxy.layers import http as stock
from mitmproxy.test.tflow import tclient_conn
from mitmproxy.tools.dump import DumpMaster

from clearpane.gateway.access import Access
from clearpane.gateway.answers import Asking
from clearpane.gateway.bodies import Bodies
from clearpane.gateway.core import Core
from clearpane.gateway.http import Http
from clearpane.gateway.outcomes import Outcomes
from clearpane.gateway.places import running_pid
from clearpane.gateway.start import Start
from clearpane.gateway.stream import Stream
from gateways import until
from sites import Site

type Make = Callable[..., Start]


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing of the process stays changed, and a SIGHUP that nobody handles does no harm."""
    for name in ("SSLKEYLOGFILE", "MITMPROXY_SSLKEYLOGFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Stream, "judge", None, raising=False)
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    proxy = logging.getLogger("mitmproxy.proxy.server")
    level = proxy.level
    yield
    signal.signal(signal.SIGHUP, before)
    proxy.setLevel(level)


def http_of(core: Core) -> Http:
    asking = Asking(core)
    return Http(core, Access(core, asking), asking, Bodies(core, Outcomes(core, asking)))


@pytest.fixture
def make(master: DumpMaster, site: Site) -> Iterator[Make]:
    made: list[Start] = []

    def new(*, script: bool = False) -> Start:
        core = Core()
        start = Start(core, http_of(core), script=script)
        made.append(start)
        master.addons.add(start)
        return start

    yield new
    for start in set(made) & set(master.addons.chain):
        master.addons.remove(start)  # tells it that all is done


def refusal(capsys: pytest.CaptureFixture[str], begin: Callable[[], object]) -> str:
    """What is printed by a start that ends the process."""
    with pytest.raises(SystemExit) as ended:
        begin()
    assert ended.value.code == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert all(line.startswith("clearpane: ") for line in said.err.splitlines())
    return said.err


def test_the_options(make: Make, master: DumpMaster) -> None:
    make()
    options = master.options
    assert options.clearpane_rules == "rules"
    assert options.clearpane_ca == "ca"
    assert options.clearpane_state == "var"


class TestRefusals:
    def test_an_option_that_would_undo_the_gateway(
        self, make: Make, master: DumpMaster, capsys: pytest.CaptureFixture[str]
    ) -> None:
        start = make()
        master.options.update(ssl_insecure=True)
        said = refusal(capsys, start.begin)
        assert "ssl_insecure" in said and "remove the option" in said

    def test_a_key_log(
        self, make: Make, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("SSLKEYLOGFILE", "/tmp/keys")
        assert "unset SSLKEYLOGFILE" in refusal(capsys, make().begin)

    def test_an_option_that_there_is_not(
        self, make: Make, master: DumpMaster, capsys: pytest.CaptureFixture[str]
    ) -> None:
        master.options.set("clearpane_rule=x", "other=1", defer=True)
        said = refusal(capsys, make().begin)
        assert "clearpane_rule: error: there is no such option" in said
        assert "clearpane_rules" in said and "other" not in said

    def test_under_s_an_unknown_option_may_be_another_scripts(
        self, make: Make, master: DumpMaster
    ) -> None:
        master.options.set("clearpane_rule=x", defer=True)
        make(script=True)

    def test_an_option_without_a_value(
        self, make: Make, master: DumpMaster, capsys: pytest.CaptureFixture[str]
    ) -> None:
        master.options.set("clearpane_rules", defer=True)
        said = refusal(capsys, lambda: make(script=True))
        assert "clearpane_rules" in said and "a value of its type" in said

    def test_every_error_of_the_files_at_once(
        self, make: Make, site: Site, capsys: pytest.CaptureFixture[str]
    ) -> None:
        site.write("decryption.yaml", "rules: [{name: a, action: dcrypt}, {name: b, to: [x]}]")
        said = refusal(capsys, make().begin)
        assert "rules/decryption.yaml:1:" in said
        assert 'rule "a"' in said and 'rule "b"' in said

    def test_no_rules(
        self, make: Make, master: DumpMaster, capsys: pytest.CaptureFixture[str]
    ) -> None:
        start = make()
        master.options.update(clearpane_rules="nowhere")
        assert "clearpane init" in refusal(capsys, start.begin)

    def test_a_state_folder_that_cannot_be_used(
        self, make: Make, capsys: pytest.CaptureFixture[str]
    ) -> None:
        Path("var").write_text("a file")
        assert "can't be written" in refusal(capsys, make().begin)

    def test_a_folder_for_authorities_that_cannot_be_made(
        self, make: Make, master: DumpMaster, capsys: pytest.CaptureFixture[str]
    ) -> None:
        start = make()
        Path("file").write_text("")
        master.options.update(clearpane_ca="file/ca")
        assert "file" in refusal(capsys, start.begin)

    def test_nothing_runs_afterwards(
        self, make: Make, master: DumpMaster, capsys: pytest.CaptureFixture[str]
    ) -> None:
        start = make()
        master.options.update(clearpane_rules="nowhere")
        refusal(capsys, start.begin)
        start.running()
        start.configure({"clearpane_rules"})
        assert not Path("var").exists()


class TestRunning:
    def test_the_warnings_are_said(self, make: Make, caplog: pytest.LogCaptureFixture) -> None:
        make().begin()
        assert "revocation checking is off" in caplog.text
        assert "onboarding" in caplog.text
        assert "authorities were made" not in caplog.text
        assert all(r.levelno == logging.WARNING for r in caplog.records if "error" in r.message)

    def test_too_few_open_files_are_warned_of(
        self, make: Make, site: Site, caplog: pytest.LogCaptureFixture
    ) -> None:
        allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        text = Path("rules/settings.yaml").read_text(encoding="utf-8")
        site.write("settings.yaml", text.replace("max-sessions: 1024", "max-sessions: 1000000"))
        make().begin()
        assert (f"{allowed} open files are allowed" in caplog.text) is (allowed < 4_000_000)

    def test_first_authorities_are_announced(
        self, make: Make, master: DumpMaster, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO)
        start = make()
        master.options.update(clearpane_ca="new-ca")
        start.begin()
        assert "install new-ca/forward-trust.crt" in caplog.text

    def test_the_stream_is_put_in_place(self, make: Make) -> None:
        make().begin()
        assert stock.HttpStream is Stream

    async def test_the_process_can_be_told_to_reload(self, make: Make) -> None:
        start = make()
        start.begin()
        start.running()
        assert running_pid(Path("var")) == os.getpid()
        before = start._core.force
        os.kill(os.getpid(), signal.SIGHUP)
        await until(lambda: start._core.force is not before)
        start.done()
        assert running_pid(Path("var")) is None

    async def test_in_the_console_a_hangup_is_the_terminals(
        self, make: Make, master: DumpMaster
    ) -> None:
        master.prompt_for_exit = lambda: None  # type: ignore[attr-defined]
        start = make()
        start.begin()
        start.running()
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
        assert running_pid(Path("var")) is None

    async def test_a_second_gateway_is_warned_of(
        self, make: Make, caplog: pytest.LogCaptureFixture
    ) -> None:
        one = make()
        one.begin()
        one.running()
        core = Core()
        other = Start(core, http_of(core), script=False)
        other.begin()
        other.running()
        assert "another gateway runs with var" in caplog.text
        other.done()
        assert running_pid(Path("var")) == os.getpid()

    async def test_the_end_closes_all(self, make: Make, master: DumpMaster) -> None:
        start = make()
        start.begin()
        start.running()
        core = start._core
        client = tclient_conn()
        live = core.open(client.id, client, None)
        live.session.host = "www.test"
        start.done()
        assert "www.test" in Path("var/log/traffic.jsonl").read_text(encoding="utf-8")
        assert not core.reporter.healthy

    @pytest.mark.parametrize(
        ("mode", "kept"),
        [("regular", False), ("reverse:https://a.test", True)],
    )
    async def test_a_reverse_target_is_asked_by_the_clients_name(
        self, make: Make, master: DumpMaster, mode: str, kept: bool
    ) -> None:
        start = make()
        start.begin()
        master.options.update(mode=[mode])
        start.running()
        assert master.options.keep_host_header is kept

    @pytest.mark.parametrize("own", [False, True])
    async def test_mitmwebs_list_shows_the_verdict(
        self, make: Make, master: DumpMaster, own: bool
    ) -> None:
        master.options.add_option("web_columns", Sequence[str], ["path"], "")
        start = make()
        start.begin()
        if own:
            master.options.update(web_columns=["size"])
        start.running()
        assert master.options.web_columns == (["size"] if own else ["path", "comment"])


class TestChange:
    def test_the_refusals_hold(self, make: Make, master: DumpMaster) -> None:
        start = make()
        start.begin()
        with pytest.raises(exceptions.OptionsError, match="ssl_insecure"):
            master.options.update(ssl_insecure=True)
        assert master.options.ssl_insecure is False

    @pytest.mark.parametrize("name", ["clearpane_rules", "clearpane_ca", "clearpane_state"])
    def test_the_folders_stay(self, make: Make, master: DumpMaster, name: str) -> None:
        start = make()
        start.begin()
        with pytest.raises(exceptions.OptionsError, match="can't change"):
            master.options.update(**{name: "elsewhere"})
        start.configure({name})

    def test_other_options_may_change(self, make: Make, master: DumpMaster) -> None:
        make().begin()
        master.options.update(anticache=True)
        assert master.options.anticache


class TestScript:
    async def test_its_watcher_is_stopped_and_no_others(
        self, make: Make, master: DumpMaster, tmp_path: Path
    ) -> None:
        loader = master.addons.get("scriptloader")
        for name in ("gateway.py", "other.py"):
            (tmp_path / name).write_text("")
            loader.addons.append(Script(str(tmp_path / name), True))
        make(script=True)
        ours, other = (script.reloadtask for script in loader.addons)
        await until(ours.done)
        assert ours.cancelled() and not other.done()
        other.cancel()
        loader.addons.clear()

    def test_it_begins_when_it_is_loaded(self, make: Make, site: Site) -> None:
        start = make(script=True)
        assert start._core.force.policy.rulebase
