"""`genesis up`: everything that works in one home around the clock, in one process."""

from __future__ import annotations

import ipaddress
import logging
import os
import sys
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from genesis.contracts.plugins import PluginState
from genesis.host.faults import describe
from genesis.host.limits import call_limited
from genesis.kernel import Kernel
from genesis.scheduling.scheduler import Scheduler
from genesis.service import index_keeping
from genesis.service.instance import InstanceLock
from genesis.service.logs import begin_logging
from genesis.service.memory import give_back, share_arenas, widen_interned
from genesis.service.periodic import Rounds, begin_periodic
from genesis.service.session_service import SessionService
from genesis.settings import load_kernel_settings, read_settings_file
from genesis.web.feed import feed_of
from genesis.web.requests import LOOPBACK, written_host

if TYPE_CHECKING:
    from genesis.home import Home

# Beyond what running work gets: plugins' own limits for stopping, closing indexes.
CLOSE_SECONDS = 10.0
_STEP_SECONDS = 2.0
_TRIM_SECONDS = 60.0
_log = logging.getLogger("genesis.service")


@dataclass(frozen=True)
class Start:
    """What `genesis up` was asked for."""

    home: Home
    host: str
    port: int
    plugins: str | None = None
    log_level: str | None = None


@dataclass(frozen=True)
class Ready:
    """What a person is told once it runs; `link` opens a browser's way in."""

    url: str
    link: str
    kernel: Kernel
    periodic: int


class Service:
    """The parts that work in the background of one open kernel."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.scheduler = Scheduler(kernel, self.wake)
        self.sessions = SessionService(kernel, self.scheduler.session_ended)
        self.periodic = 0
        self._rounds = Rounds()
        self._is_ready = False
        self._hurried = threading.Event()

    def start(self) -> None:
        """Begin to work. Raises StorageError."""
        self.kernel.minds.start_background()
        self.sessions.start()
        self.scheduler.start()
        self._rounds.begin(
            "index keeper", index_keeping.EVERY_SECONDS,
            lambda: index_keeping.wake_indexes(self.kernel.minds),
        )  # fmt: skip
        self._rounds.begin("memory", _TRIM_SECONDS, give_back)
        self.periodic = begin_periodic(self._rounds, self.kernel.host)
        self._is_ready = True

    def is_ready(self) -> bool:
        """Whether it takes work: not before it has started, nor while it drains."""
        return self._is_ready

    def wake(self) -> None:
        """Say that there may be something to do."""
        self.sessions.wake()
        self.kernel.minds.wake_background()
        self.kernel.delivery.wake()

    def refuse(self) -> None:
        """Take no new work from now on."""
        self._is_ready = False

    def stop(self) -> None:
        """Begin nothing more, let what runs end within the limit, and leave the rest to the next
        process. Never raises, and hangs on nothing."""
        self.refuse()
        # Before the server cuts their connections: each has what it was handed, and an end.
        streams = feed_of(self.kernel)
        _quietly("streams", lambda: call_limited(streams.close, _STEP_SECONDS, "streams"))
        seconds = self.kernel.settings.drain_seconds
        _quietly("scheduler", lambda: call_limited(self.scheduler.stop, _STEP_SECONDS, "scheduler"))
        background = self.kernel.minds.start_background()
        drains = [
            threading.Thread(target=_quietly, args=(name, drain), daemon=True)
            for name, drain in (
                ("sessions", lambda: self.sessions.stop(seconds)),
                ("background tasks", lambda: background.stop(seconds)),
                ("what is periodic", lambda: self._rounds.stop(min(seconds, _STEP_SECONDS))),
            )
        ]
        for thread in drains:
            thread.start()
        while any(thread.is_alive() for thread in drains) and not self._hurried.wait(0.05):
            pass
        if self._hurried.is_set():
            _quietly("background tasks", lambda: background.stop(0))
            drains[0].join()

    def hurry(self) -> None:
        """Do not wait for what runs any more; it is ended and left to the next process."""
        self._hurried.set()
        self.sessions.hurry()


def run(start: Start, tell: Callable[[Ready], None]) -> None:
    """Run until SIGTERM or Ctrl-C; `tell` is called once, when requests are answered.

    Raises HomeError when another process runs the home or the port is taken, and what opening a
    kernel raises.
    """
    # Not with this module: the command line loads it to say that the port is wrong.
    from genesis.service.server import listen, serve
    from genesis.web.app import build_app
    from genesis.web.services import Services
    from genesis.web.token import login_link, read_or_make_token

    share_arenas()
    widen_interned()
    home = start.home
    tables = read_settings_file(home.settings_file)
    settings = load_kernel_settings(home.settings_file, tables, start.plugins)
    home.prepare()
    with (
        closing(InstanceLock(home)) as lock,
        closing(listen(start.host, start.port)) as listening,
    ):
        secrets = begin_logging(home.logs, settings, start.log_level)
        with Kernel(home, plugins=start.plugins) as kernel:
            _log_troubles(kernel)
            token = read_or_make_token(home.token)
            secrets.add(token)
            address, port = listening.getsockname()[:2]
            host = shown_host(start.host, address)
            own = () if host in LOOPBACK else (host,)
            service = Service(kernel)
            services = Services(kernel, service.wake, service.is_ready)
            app = build_app(services, token, hosts=[*own, *settings.hosts], port=port)
            service.start()

            def on_ready() -> None:
                url = f"http://{host}:{port}"
                lock.tell_url(url)
                _log.info("listening on %s for %s", url, home.root)
                tell(Ready(url, login_link(token, host, port), kernel, service.periodic))

            def stop() -> None:
                _log.info("ending; what runs has %g s", settings.drain_seconds)
                end_after(settings.drain_seconds + CLOSE_SECONDS)
                service.stop()

            serve(app, listening, on_ready=on_ready, stop=stop, hurry=service.hurry)
        _log.info("ended")


def shown_host(host: str, address: str) -> str:
    """The host as it stands in a link; `address` is what the socket is bound to. All interfaces
    are reached on loopback, of the same family: a socket for IPv6 takes nothing else."""
    bound = ipaddress.ip_address(address.partition("%")[0])
    if bound.is_unspecified:
        return "127.0.0.1" if bound.version == 4 else "[::1]"
    return written_host(host)


def end_after(seconds: float, code: int = 0) -> None:
    """End the process then, whatever hangs in it: what was acknowledged is in the database."""

    def end() -> None:
        names = [thread.name for thread in threading.enumerate() if thread.is_alive()]
        _log.warning("ended although these threads did not: %s", ", ".join(sorted(names)))
        end_process(code)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()


def end_process(code: int) -> NoReturn:
    """End now: a thread in which a plugin hangs must not keep the process alive."""
    logging.shutdown()
    with suppress(OSError, ValueError):
        sys.stdout.flush()
    os._exit(code)


def _log_troubles(kernel: Kernel) -> None:
    """Log what takes no part: who reads the log later has not seen the terminal."""
    for status in kernel.host.statuses():
        if status.state in (PluginState.FAILED, PluginState.QUARANTINED):
            at = f" at {status.step}" if status.step else ""
            logging.getLogger(f"genesis.plugins.{status.id}").error(
                "The plugin %r is %s%s: %s", status.id, status.state, at, status.reason
            )
    for problem in kernel.roster.problems:
        _log.warning("Left out: %s", problem)


def _quietly(what: str, call: Callable[[], None]) -> None:
    try:
        call()
    except Exception as error:  # noqa: BLE001 - the rest is stopped all the same
        _log.warning("%s did not stop in order: %s", what, describe(error))
