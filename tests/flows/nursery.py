"""Instances that start in a moment: forked from a process that has imported everything already.

Not for asking how a start behaves; for being killed so often that imports would take all the time.
"""

import multiprocessing
import os
import signal
import sys
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path

from tests.doubles.processes import PATIENCE, NotRunning, wait_until
from tests.flows.instance import Instance, accepts

PRELOADED = ["gateway.commands.serving", "channels.bot", "channels.mail", "channels.web"]


class Fledgling(Instance):
    """Only `start`, `kill` and `stop` differ: the process is forked, not executed."""

    forked: ForkServerProcess | None = None

    def start(self) -> None:
        self.forked = _context().Process(
            target=_serve, args=(str(self.folder), self.environ), daemon=True
        )
        self.forked.start()
        wait_until(self._is_ready, lambda: self.log)
        wait_until(lambda: accepts(self.smtp_port), lambda: self.log)

    def stop(self) -> int:
        assert self.forked is not None
        assert self.forked.pid is not None
        os.kill(self.forked.pid, signal.SIGINT)
        return self._ended()

    def kill(self) -> None:
        assert self.forked is not None
        self.forked.kill()
        self._ended()

    @property
    def is_running(self) -> bool:
        return self.forked is not None

    def _has_ended(self) -> bool:
        return self.forked is None or not self.forked.is_alive()

    def _ended(self) -> int:
        assert self.forked is not None
        self.forked.join(PATIENCE)
        status = self.forked.exitcode
        if status is None:
            self.forked.kill()
            raise NotRunning(self.log)
        self.forked = None
        return status


def _context() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    return context


def _serve(folder: str, environ: dict[str, str]) -> None:
    from gateway.cli import main

    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environ)
    log = os.open(Path(folder) / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    sys.argv = ["ponte", "serve"]
    main()
