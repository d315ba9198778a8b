"""From events to other systems: rows made, claimed, posted with no transaction open, settled.

Receivers are strangers: each has its own few connections at a time, and none holds up another or
the mail. What a receiver answers beside its status is not looked at.
"""

import asyncio
import hashlib
import hmac
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from types import MappingProxyType

import httpx

from channels.kit import Kit
from gateway.egress import Egress, Refused
from helpdesk import webhook_queue
from helpdesk.webhook_queue import Letter

log = logging.getLogger("ponte.couriers")

SEND_SECONDS = 10.0
#: octets of an answer that are read, so that a receiver which is still writing sees no broken line
MOST_ANSWER = 4_096
HEAR_SECONDS = 1.0


async def run(
    kit: Kit,
    egress: Egress,
    wait: Callable[[], Awaitable[object]],
    holder: str | None = None,
) -> None:
    """Until cancelled, in any number of processes. An idle courier writes nothing."""
    busy: Counter[int] = Counter()
    async with asyncio.TaskGroup() as under_way:
        while True:
            told = await take_news(kit)
            letters = await claim(kit, busy, holder)
            for letter in letters:
                busy[letter.webhook_id] += 1
                under_way.create_task(_carry(kit, egress, letter, busy))
            if not told and not letters:
                await wait()


async def take_news(kit: Kit) -> bool:
    """Turn some events into rows; false when every webhook knows all."""
    if not await kit.work.read(webhook_queue.is_behind):
        return False
    await kit.work.write(webhook_queue.fan_out, now=kit.clock())
    return True


async def claim(
    kit: Kit, busy: Mapping[int, int] = MappingProxyType({}), holder: str | None = None
) -> list[Letter]:
    """What is due, now in our hands. `busy`: how many of a webhook are under way."""
    taken = dict(busy)  # it changes while another thread asks
    if not await kit.work.read(webhook_queue.is_due, taken, now=kit.clock()):
        return []
    return await kit.work.write(
        webhook_queue.claim, kit.policy, taken, now=kit.clock(), holder=holder
    )


async def deliver(kit: Kit, egress: Egress, letter: Letter) -> None:
    """Post one, and write down how it went."""
    status, detail = await _post(egress, letter, int(kit.clock().timestamp()))
    await kit.work.write(
        webhook_queue.settle, letter.id, now=kit.clock(), status=status, detail=detail
    )


def signature(secret: str, body: bytes, at: int) -> str:
    """The header `Ponte-Signature`: the second it was signed in, and HMAC-SHA256 (RFC 2104) over
    that, a dot and the body, by the secret as it was shown."""
    signed = hmac.digest(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hex()
    return f"t={at},v1={signed}"


async def _carry(kit: Kit, egress: Egress, letter: Letter, busy: Counter[int]) -> None:
    try:
        await deliver(kit, egress, letter)
    finally:
        busy[letter.webhook_id] -= 1


async def _post(egress: Egress, letter: Letter, at: int) -> tuple[int | None, str]:
    """The status, and why it did not arrive (`webhook_queue.DETAILS`), "" when it did."""
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Ponte",
        "Ponte-Delivery": letter.public_id,
        "Ponte-Signature": signature(letter.secret, letter.body, at),
    }
    try:
        async with (
            asyncio.timeout(SEND_SECONDS),
            egress.client() as client,
            client.stream("POST", letter.url, content=letter.body, headers=headers) as answer,
        ):
            await _hear_out(answer)
            return answer.status_code, "" if answer.is_success else "answer"
    except Refused as error:
        return None, "name" if error.code == "unresolved" else "address"
    except (TimeoutError, httpx.TimeoutException):
        return None, "timeout"
    except httpx.HTTPError:
        return None, "connection"
    except Exception:
        # Not the receiver's fault: keep it, say so, try again later.
        log.exception("could not send delivery %s", letter.public_id)
        return None, "connection"


async def _hear_out(answer: httpx.Response) -> None:
    """The status is said by now: what becomes of the rest changes nothing."""
    size = 0
    with suppress(TimeoutError, httpx.HTTPError):
        async with asyncio.timeout(HEAR_SECONDS):
            async for part in answer.aiter_raw():
                size += len(part)
                if size > MOST_ANSWER:
                    return
