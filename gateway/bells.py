"""Hearing of commits of other processes: `PRAGMA data_version` on SQLite, LISTEN on PostgreSQL."""

import asyncio
import logging
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import psycopg

from gateway.pulse import Pulse
from gateway.work import CHANNEL, WHISPERS

log = logging.getLogger("ponte.bells")

SQLITE_SECONDS = 0.25
#: the listener looks up this often, so that it notices a stop or a dead connection
LISTEN_SECONDS = 1.0
RETRY_SECONDS = 2.0


async def watch_sqlite(path: Path, pulse: Pulse) -> None:
    """Beat when any other connection committed, until cancelled."""
    connection = sqlite3.connect(path, timeout=5, isolation_level=None)
    seen = None
    try:
        while True:
            (version,) = connection.execute("PRAGMA data_version").fetchone()
            if version != seen:
                seen = version
                pulse.beat()
            await asyncio.sleep(SQLITE_SECONDS)
    finally:
        connection.close()


async def listen_postgres(url: str, pulse: Pulse) -> None:
    """Beat on NOTIFY, until cancelled; reconnects by itself and beats after each gap. What is
    whispered is passed on."""
    loop = asyncio.get_running_loop()
    stop = threading.Event()
    try:
        await asyncio.to_thread(
            _listen,
            url,
            stop,
            lambda: loop.call_soon_threadsafe(pulse.beat),
            lambda told: loop.call_soon_threadsafe(pulse.hear, told),
        )
    finally:
        stop.set()


def _listen(
    url: str,
    stop: threading.Event,
    beat: Callable[[], object],
    hear: Callable[[str], object],
) -> None:
    while not stop.is_set():
        try:
            with psycopg.connect(url, autocommit=True) as connection:
                for channel in (CHANNEL, WHISPERS):
                    connection.execute(f"LISTEN {channel}".encode())
                beat()
                while not stop.is_set():
                    for notify in connection.notifies(timeout=LISTEN_SECONDS):
                        if notify.channel == WHISPERS:
                            hear(notify.payload)
                        else:
                            beat()
                        if stop.is_set():
                            return
        except psycopg.Error as error:
            log.warning("LISTEN ended (%s), trying again", error)
            stop.wait(RETRY_SECONDS)
