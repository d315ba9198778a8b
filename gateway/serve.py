"""The running instance: HTTP, listeners, appliers, outbox and timers, started together, stopped in
order: first nothing new comes in, then what is under way ends, last the pages go away."""

import asyncio
import contextlib
import fcntl
import logging
import signal
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import uvicorn
from litestar import Router
from sqlalchemy.orm import Session

from gateway import (
    alarming,
    appliers,
    couriers,
    forgetting,
    ledger,
    living,
    logs,
    postman,
    reading,
    requests,
    surfaces,
    timers,
)
from gateway.app import create_app
from gateway.bells import listen_postgres, watch_sqlite
from gateway.election import run_elected
from gateway.internal import create_internal
from gateway.runtime import Runtime, build
from gateway.settings import Settings
from helpdesk import attachment_texts, inbound, outbox, processes, tallies, webhook_queue

log = logging.getLogger("ponte.serve")

#: the longest sleep of a loop without a wake-up
IDLE_SECONDS = 1.0
GRACE_SECONDS = 5
#: how long running deliveries and applications may take to end when we stop
DRAIN_SECONDS = 10.0

Job = Callable[[], Awaitable[None]]


class AlreadyServed(Exception):
    """Another process serves this SQLite database."""


class _Server(uvicorn.Server):
    """uvicorn as one task among others: signals are ours."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


def run(settings: Settings, *, only: str | None = None) -> None:
    """Serve until SIGINT or SIGTERM. `only`: `web` or `worker` (PostgreSQL).
    Raises `AlreadyServed`."""
    logs.configure()
    runtime = build(settings)
    try:
        with serving(settings):
            asyncio.run(main(runtime, only=only))
    finally:
        runtime.close()


async def main(
    runtime: Runtime,
    *,
    only: str | None = None,
    extra: Sequence[Router] = (),
    started: Callable[[], None] | None = None,
) -> None:
    """Until a signal. `extra` are routes of the demo."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sign, stop.set)
    async with running(runtime, only=only, extra=extra):
        if started is not None:
            started()
        await stop.wait()
        log.info("stopping")


@asynccontextmanager
async def running(
    runtime: Runtime, *, only: str | None = None, extra: Sequence[Router] = ()
) -> AsyncGenerator[None]:
    """Everything that runs, as long as the block does."""
    process = living.this_process()
    groups: list[list[Job]] = [[], [], [_bell(runtime)]]
    if runtime.work.is_sqlite:
        # Whoever served before is gone, perhaps in the middle of something.
        await runtime.work.write(_release)
    else:
        await living.look_around(runtime.kit, process)
        groups[2].append(lambda: living.run(runtime.kit, process))
    await _count_local_days(runtime)
    if only != "web":
        groups[:2] = _listeners(runtime, process.name), _workers(runtime, process.name)
    tasks = [[asyncio.create_task(_forever(job)) for job in group] for group in groups]
    servers: list[Callable[[], Awaitable[None]]] = []
    try:
        if only != "worker":
            servers.append(await _start_http(runtime, extra))
        if runtime.settings.web.internal_listen is not None:
            servers.append(await _start_internal(runtime, runtime.settings.web.internal_listen))
        yield
    finally:
        for group in tasks:
            await _stop(group)
        for channel in runtime.channels.values():
            if channel.close is not None:
                await channel.close()
        runtime.work.pulse.stop()
        for stop in servers:
            await stop()
        if not runtime.work.is_sqlite:
            await runtime.work.write(processes.bury, [process.name])


async def _count_local_days(runtime: Runtime) -> None:
    work, zone = runtime.work, runtime.policy.zone
    if not await work.read(tallies.is_of_zone, zone):
        await work.write(tallies.agree, zone)


def _release(session: Session) -> None:
    for each in (inbound, outbox, attachment_texts, webhook_queue):
        each.release(session)


def _listeners(runtime: Runtime, holder: str) -> list[Job]:
    jobs: list[Job] = []
    for name, channel in runtime.channels.items():
        for n, listener in enumerate(channel.listeners):
            jobs.append(_once(runtime, f"listen:{name}:{n}", listener, holder))
    return jobs


def _workers(runtime: Runtime, holder: str) -> list[Job]:
    kit = runtime.kit
    jobs: list[Job] = [
        _applier(runtime, channel.understand, channel.is_busy, holder)
        for channel in runtime.channels.values()
        if channel.understand is not None
    ]
    jobs += [
        lambda sender=sender: postman.run(kit, sender, _waiter(runtime), holder)
        for sender in runtime.senders
    ]
    jobs += [
        _once(runtime, f"timer:{timer.name}", lambda timer=timer: timers.run(kit, timer), holder)
        for timer in timers.TIMERS
    ]
    jobs += [
        lambda: reading.run(kit, _waiter(runtime)),
        lambda: couriers.run(kit, runtime.egress, _waiter(runtime), holder),
    ]
    return [*jobs, *_watchers(runtime, holder)]


def _watchers(runtime: Runtime, holder: str) -> list[Job]:
    kit, path = runtime.kit, ledger.path_of(runtime.settings)
    probes = [probe for channel in runtime.channels.values() for probe in channel.health]
    served = {channel for sender in runtime.senders for channel in sender.channels}
    return [
        _once(runtime, "timer:privacy", lambda: forgetting.run(kit, path), holder),
        _once(runtime, "timer:alarms", lambda: alarming.watch_database(kit, served), holder),
        lambda: alarming.watch_listeners(kit, probes),
    ]


def _applier(
    runtime: Runtime,
    understand: appliers.Understand,
    is_busy: Callable[[], bool] | None,
    holder: str,
) -> Job:
    return lambda: appliers.run(runtime.kit, understand, _waiter(runtime), is_busy, holder)


def _once(runtime: Runtime, name: str, job: Job, holder: str) -> Job:
    """On SQLite one process serves; on PostgreSQL each job elects one of many."""
    if runtime.work.is_sqlite:
        return job
    return lambda: run_elected(runtime.kit, name, holder, job)


def _bell(runtime: Runtime) -> Job:
    file, pulse = runtime.settings.database.file, runtime.work.pulse
    if file is not None:
        return lambda: watch_sqlite(file, pulse)
    url = runtime.settings.database.url.replace("postgresql+psycopg:", "postgresql:", 1)
    return lambda: listen_postgres(url, pulse)


def _waiter(runtime: Runtime) -> Callable[[], Awaitable[object]]:
    pulse = runtime.work.pulse
    seen = pulse.count

    async def wait() -> None:
        nonlocal seen
        if pulse.stopped:
            await asyncio.sleep(IDLE_SECONDS)
        seen = await pulse.wait(seen, IDLE_SECONDS)

    return wait


async def _forever(job: Job) -> None:
    """A job that fails is said and started again: one broken part must not take the rest down."""
    pause = 1.0
    while True:
        try:
            await job()
        except Exception:
            log.exception("a part of the server failed, starting it again in %.0f s", pause)
        await asyncio.sleep(pause)
        pause = min(pause * 2, 60.0)


async def _stop(tasks: Sequence["asyncio.Task[None]"]) -> None:
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=DRAIN_SECONDS)


async def _start_http(runtime: Runtime, extra: Sequence[Router]) -> Callable[[], Awaitable[None]]:
    web = runtime.settings.web
    app = create_app(runtime, [*surfaces.routers(runtime), *extra], openapi=surfaces.openapi())
    proxies = [str(network) for network in web.trusted_proxies]
    return await _start(requests.told(app), web.host, web.port, proxies)


async def _start_internal(runtime: Runtime, listen: str) -> Callable[[], Awaitable[None]]:
    host, _, port = listen.rpartition(":")
    return await _start(create_internal(runtime), host.strip("[]"), int(port), [])


async def _start(
    app: Any, host: str, port: int, proxies: list[str]
) -> Callable[[], Awaitable[None]]:
    """Bind before anything is said to run; returns what stops it. Raises `OSError`."""
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=proxies,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        lifespan="on",
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[_bind(host, port)]))
    while not server.started and not task.done():  # noqa: ASYNC110 - uvicorn has no event
        await asyncio.sleep(0.01)
    if task.done():
        task.result()

    async def stop() -> None:
        server.should_exit = True
        await task

    return stop


def _bind(host: str, port: int) -> socket.socket:
    """Raises `OSError`; uvicorn's own way would end the process with one line."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=1024)


@contextlib.contextmanager
def serving(settings: Settings) -> Generator[None]:
    """Hold the one lock of a SQLite instance. Raises `AlreadyServed`."""
    file = settings.database.file
    if file is None:
        yield
        return
    path = Path(file).parent / "serve.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise AlreadyServed(str(path)) from error
        yield
