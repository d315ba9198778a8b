"""Whether a message can be read without taking the process down with it.

Parsers written in C read mail: what they choke on may end the process, and then the message would
end the next one too. A suspect is read in a child of its own first.
"""

import asyncio
import contextlib
import sys
from collections.abc import Sequence

#: reads the message on its standard input, and nothing else of this instance
EXPLAIN = (sys.executable, "-m", "gateway", "mail", "explain", "-")
SECONDS = 60.0


async def survives(raw: bytes, command: Sequence[str] = EXPLAIN) -> bool:
    """Read it in a child; false when the child died or had to be stopped."""
    child = await asyncio.create_subprocess_exec(
        *command,
        env={},  # whatever takes it over finds no secret there
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(SECONDS):
            await child.communicate(raw)
    except TimeoutError:
        return False
    finally:
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        await child.wait()
    return child.returncode == 0
