"""The moments of the process: start, change, end.

Everything is validated before a port is opened; what is wrong is printed with its cure, and the
process ends with code 2.
"""

import asyncio
import logging
import os
import resource
import signal
import sys
from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Never

from mitmproxy import ctx, exceptions
from mitmproxy.addonmanager import Loader
from mitmproxy.log import ALERT

from clearpane.antivirus.confinement import Isolation
from clearpane.authorities import store
from clearpane.authorities.inbound_store import load_inbound
from clearpane.configuration.configuration import Configuration
from clearpane.configuration.load import fingerprint, load
from clearpane.errors import ClearpaneError, Problem, Severity
from clearpane.gateway import refusals, stream
from clearpane.gateway.core import Core
from clearpane.gateway.force import put_in_force
from clearpane.gateway.http import Http
from clearpane.gateway.operate import Operate, remember
from clearpane.gateway.places import PidFile, Places
from clearpane.gateway.policy import Fingerprint, Watch, first_authorities
from clearpane.gateway.reporter import Reporter

logger = logging.getLogger(__name__)

REFUSED = 2
_THREADS = 4
_OPTIONS = {
    "clearpane_rules": ("rules", "The folder with the rules."),
    "clearpane_ca": ("ca", "The folder with the authorities' certificates and keys."),
    "clearpane_state": ("var", "The folder for logs, captures and the process id."),
}


class Start:
    """Starts, reloads and stops the gateway; `script` says that stock mitmproxy loaded it."""

    name = "clearpane"

    def __init__(self, core: Core, http: Http, *, script: bool) -> None:
        self._core, self._http, self._script = core, http, script
        self._executor = ThreadPoolExecutor(_THREADS, "clearpane")
        self._begun = False
        self._watch: Watch | None = None
        self._operate: Operate | None = None
        self._looking: asyncio.Task[None] | None = None
        self._loaded: Fingerprint = frozenset()
        self._places = Places()
        self._pid = PidFile(self._places.state)

    def load(self, loader: Loader) -> None:
        for name, (default, help_text) in _OPTIONS.items():
            loader.add_option(name, str, default, help_text)
        if self._script:
            _stop_script_watcher()
            self.begin()

    def begin(self) -> None:
        """Validates everything, or ends the process; nothing is listening yet."""
        try:
            ctx.options.process_deferred()
        except exceptions.OptionsError as error:
            _refuse([Problem("", str(error), "give the option a value of its type")])
        self._places = Places.of(ctx.options)
        self._pid = PidFile(self._places.state)
        if problems := list(refusals.refused(ctx.options, os.environ)):
            _refuse(problems)
        if not self._script and (unknown := _unknown_options()):
            _refuse(unknown)
        try:
            made = first_authorities(self._places.ca, self._core.now())
            self._loaded = fingerprint(self._places.rules, self._places.ca)
            rules, ca, now = self._places.rules, self._places.ca, self._core.now()
            policy = load(rules, ca, now, store.load, load_inbound)
            reporter = Reporter(self._places.state, _complain, policy.settings.captures)
        except ClearpaneError as error:
            _refuse(error.problems)
        except OSError as error:
            _refuse([Problem(str(error.filename), error.strerror or str(error))])
        self._core.begin(put_in_force(policy, self._executor), reporter)
        remember(self._core, self._places.state)
        stream.install(self._http)
        if not _is_console():
            # Before the port opens: until there is a handler, SIGHUP ends the process.
            ctx.master.event_loop.add_signal_handler(signal.SIGHUP, self._reload)
        self._begun = True
        _say([*policy.warnings, *refusals.doubtful(ctx.options), *_few_descriptors(policy)], made)

    def configure(self, updated: Collection[str]) -> None:
        """An option changed while the gateway runs: the same refusals hold."""
        if not self._begun:
            return
        for problem in refusals.refused(ctx.options, os.environ):
            raise exceptions.OptionsError(str(problem))
        if set(updated) & _OPTIONS.keys() and Places.of(ctx.options) != self._places:
            raise exceptions.OptionsError("clearpane_* options can't change while it runs")

    def running(self) -> None:
        if not self._begun:
            return
        if not logging.getLogger("mitmproxy.proxy.server").level and not _verbose():
            # Six lines a connection cost a tenth of it; `termlog_verbosity=debug` brings them back.
            logging.getLogger("mitmproxy.proxy.server").setLevel(logging.WARNING)
        _show_comments()
        _keep_headers()
        self._watch = Watch(self._core, self._places, self._executor, self._loaded)
        self._operate = Operate(self._core, self._places.state, self._executor)
        self._executor.submit(_look_at_daemon, self._core)
        self._looking = asyncio.get_running_loop().create_task(_look_at_processes(self._core))
        if not _is_console() and not self._pid.claim(os.getpid()):
            logger.warning(f"another gateway runs with {self._places.state}: commit finds that one")

    def _reload(self) -> None:
        """What was saved while the gateway starts is noticed without being asked."""
        if self._watch:
            self._watch.reload()

    def done(self) -> None:
        if not self._begun:
            return
        if self._watch:
            self._watch.stop()
        if self._operate:
            self._operate.stop()
        if self._looking:
            self._looking.cancel()
        self._core.close_all()
        self._core.reporter.close()
        if self._core.force.daemon:
            self._core.force.daemon.close()
        self._core.force.pool.close()
        self._pid.release()
        self._executor.shutdown(wait=False, cancel_futures=True)


def _complain(text: str, level: int = logging.ERROR) -> None:
    """From any thread; log handlers of the user interfaces belong to the loop."""
    ctx.master.event_loop.call_soon_threadsafe(logger.log, level, text)


def _look_at_daemon(core: Core) -> None:
    """In a thread: a daemon that hangs must not hold up the start."""
    for trouble in core.force.daemon.check() if core.force.daemon else ():
        _complain(str(trouble), logging.WARNING)


async def _look_at_processes(core: Core) -> None:
    """Starts the first of those that unpack, so that the first archive does not wait for it."""
    isolation = await core.force.pool.isolation()
    if isolation is None:
        logger.warning("no scanner process can be started: what must be unpacked is unscanned")
    elif isolation is Isolation.NONE:
        logger.warning(
            "scanner processes reach network and files: this kernel cuts them off by neither "
            "seccomp nor namespaces"
        )


def _is_console() -> bool:
    """There SIGHUP means that its terminal is gone."""
    return hasattr(ctx.master, "prompt_for_exit")


def _show_comments() -> None:
    """mitmweb lists the verdict, unless the administrator chose columns of his own."""
    name = "web_columns"
    if name in ctx.options and ctx.options.web_columns == ctx.options.default(name):
        ctx.options.web_columns = [*ctx.options.web_columns, "comment"]


def _keep_headers() -> None:
    """Behind a reverse listener the server is asked for by the name that the client gave, and its
    own offers of other ways to reach it are left alone."""
    if any(mode.startswith("reverse:") for mode in ctx.options.mode):
        ctx.options.update(keep_host_header=True, keep_alt_svc_header=True)


def _verbose() -> bool:
    return "termlog_verbosity" in ctx.options and ctx.options.termlog_verbosity == "debug"


def _few_descriptors(policy: Configuration) -> list[Problem]:
    """Each session has a client and a server, and as much again for what is opening."""
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = 4 * policy.settings.max_sessions
    if allowed >= needed:
        return []
    why = f"{allowed} open files are allowed, {policy.settings.max_sessions} sessions need {needed}"
    return [Problem("RLIMIT_NOFILE", why, f"run ulimit -n {needed}", Severity.WARNING)]


def _unknown_options() -> list[Problem]:
    unknown = [name for name in ctx.options.deferred if name.startswith("clearpane_")]
    known = ", ".join(_OPTIONS)
    return [Problem(name, "there is no such option", f"use one of {known}") for name in unknown]


def _stop_script_watcher() -> None:
    """A broken save would unregister the addons while the proxy goes on forwarding."""
    for script in ctx.master.addons.get("scriptloader").addons:
        if script.reloadtask and Path(script.fullpath).name == "gateway.py":
            script.reloadtask.cancel()


def _say(warnings: Iterable[Problem], made: str) -> None:
    for warning in warnings:
        logger.warning(str(warning))
    if made:
        logger.log(ALERT, made)


def _refuse(problems: Iterable[Problem]) -> Never:
    for problem in problems:
        print(f"clearpane: {problem}", file=sys.stderr)
    sys.stderr.flush()
    sys.exit(REFUSED)
