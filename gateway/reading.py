"""From attachments to words the search finds: claim, read in a limited child, settle.

Files come from outside, and parsers of PDF are large: each file is read in a process of its own,
which may use little (gateway/extracting.py) and is stopped when it takes long. The transaction
that writes an attachment makes it wait, so that nothing is lost whenever we end.
"""

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from channels.kit import Kit
from helpdesk import attachment_texts

log = logging.getLogger("ponte.reading")

CHILD = (sys.executable, "-I", "-m", "gateway.extracting")
#: on the clock; its processor time is limited by itself
SECONDS = 60.0
#: bytes that are read at all, and that a child may answer
MOST_READ = 50 * 1024 * 1024
MOST_ANSWERED = 16 * 1024 * 1024
CHUNK = 65_536
#: another reader took what waits: let it work
BUSY_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Answer:
    """`text`, or `error`; `chance` when trying again may help."""

    text: str = ""
    error: str = ""
    chance: bool = False


async def run(kit: Kit, wait: Callable[[], Awaitable[object]]) -> None:
    """Until cancelled. What waits is looked up by a read: an idle reader writes nothing."""
    while True:
        if not await kit.work.read(attachment_texts.is_waiting, now=kit.clock()):
            await wait()
        elif not await read_once(kit):
            await asyncio.sleep(BUSY_SECONDS)


async def read_once(kit: Kit, command: Sequence[str] = CHILD) -> bool:
    """Read one attachment; false when none waited."""
    waiting = await kit.work.write(attachment_texts.claim, now=kit.clock())
    if waiting is None:
        return False
    answer = Answer(error="too_big")
    if waiting.size <= MOST_READ:
        try:
            data = await asyncio.to_thread(kit.blobs.get, waiting.sha256)
        except FileNotFoundError:
            answer = Answer(error="missing", chance=True)
        else:
            answer = await extract(data, command)
    if not answer.error:
        await kit.work.write(attachment_texts.read, waiting.id, answer.text)
        return True
    log.warning("attachment %s was not read: %s", waiting.id, answer.error)
    if answer.chance:
        await kit.work.write(attachment_texts.again, waiting, answer.error, now=kit.clock())
    else:
        await kit.work.write(attachment_texts.unread, waiting.id, answer.error)
    return True


async def extract(data: bytes, command: Sequence[str] = CHILD, seconds: float = SECONDS) -> Answer:
    """The text of the bytes, as a child of its own says it."""
    child = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={},
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(seconds):
            _, said = await asyncio.gather(_give(child, data), _take(child))
            code = await child.wait()
    except TimeoutError:
        return Answer(error="too_long")
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        await child.wait()
    if code in {-signal.SIGXCPU, -signal.SIGKILL} and not said:
        # The kernel ends what passes its processor time, and, short of memory, whatever is large.
        return Answer(error="too_long", chance=code == -signal.SIGKILL)
    return _understood(said)


async def _give(child: asyncio.subprocess.Process, data: bytes) -> None:
    assert child.stdin is not None  # a pipe
    # It may have ended without reading all.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        child.stdin.write(data)
        await child.stdin.drain()
    child.stdin.close()


async def _take(child: asyncio.subprocess.Process) -> bytes:
    assert child.stdout is not None  # a pipe
    said = bytearray()
    while len(said) <= MOST_ANSWERED and (chunk := await child.stdout.read(CHUNK)):
        said += chunk
    if len(said) > MOST_ANSWERED:
        child.kill()
        return b""
    return bytes(said)


def _understood(said: bytes) -> Answer:
    """A child that says nothing we know has broken down, for whatever reason."""
    try:
        answer = json.loads(said)
        return Answer(str(answer.get("text", "")), str(answer.get("error", ""))[:20])
    except (ValueError, AttributeError):
        return Answer(error="crashed", chance=True)
