"""From outbox to channel: sent with no transaction open, settled by what the other side said."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from channels.kit import Kit
from gateway import postman
from gateway.blobs import FileBlobs
from gateway.work import Work
from helpdesk import notices, outbox
from helpdesk.border import Channel, Outbound
from helpdesk.errors import Deferred, Undeliverable
from helpdesk.models import Outbox
from helpdesk.notices import Notice
from helpdesk.policy import Policy
from tests.gateway.kits import Clock, make_kit
from tests.helpdesk.factories import NOW


class Post:
    """A way out whose other side does as told."""

    channels = frozenset({Channel.MAIL})

    def __init__(self, answer: Callable[[Outbound], None] = lambda _: None) -> None:
        self.sent: list[tuple[str, int]] = []
        self.answer = answer

    async def send(self, outbound: Outbound) -> str | None:
        self.sent.append((outbound.address.value, outbound.id))
        self.answer(outbound)
        return None


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def kit(work: Work, blobs: FileBlobs, policy: Policy, clock: Clock) -> Kit:
    return make_kit(work, blobs, policy, clock)


async def queue(kit: Kit, *addresses: str) -> list[int]:
    posted = [Notice("replied", "mail", a, automatic=False) for a in addresses]
    return await kit.work.write(notices.post, posted, now=NOW)


async def rows(kit: Kit) -> list[Outbox]:
    return await kit.work.read(lambda s: list(s.scalars(select(Outbox).order_by(Outbox.id))))


async def test_each_lane_leaves_in_order(kit: Kit):
    ids = await queue(kit, "a@x.example", "b@x.example", "a@x.example")
    post = Post()
    assert await postman.deliver_once(kit, post) == 2
    assert await postman.deliver_once(kit, post) == 1
    assert await postman.deliver_once(kit, post) == 0
    assert [i for a, i in post.sent if a == "a@x.example"] == [ids[0], ids[2]]
    assert {row.state for row in await rows(kit)} == {"sent"}


def undeliverable(_: Outbound) -> None:
    raise Undeliverable("550 no such user")


def deferred(_: Outbound) -> None:
    raise Deferred("451 greylisted", seconds=30)


def broken(_: Outbound) -> None:
    raise RuntimeError("a fault of ours")


@pytest.mark.parametrize(
    ("answer", "state", "error"),
    [
        (undeliverable, "failed", "550 no such user"),
        (deferred, "queued", "451 greylisted"),
        (broken, "queued", "RuntimeError: a fault of ours"),
    ],
)
async def test_what_the_other_side_says_is_kept(
    kit: Kit, clock: Clock, answer: Callable[[Outbound], None], state: str, error: str
):
    await queue(kit, "a@x.example")
    await postman.deliver_once(kit, Post(answer))
    [row] = await rows(kit)
    assert (row.state, row.error, row.lease_until) == (state, error, None)
    assert (row.not_before > NOW) is (state == "queued")


async def test_one_that_fails_holds_up_no_other(kit: Kit, clock: Clock):
    first, other, second = await queue(kit, "a@x.example", "b@x.example", "a@x.example")
    fail_once = [first]

    def answer(outbound: Outbound) -> None:
        if outbound.id in fail_once:
            fail_once.clear()
            raise Deferred("later", seconds=60)

    post = Post(answer)
    await postman.deliver_once(kit, post)
    assert await postman.deliver_once(kit, post) == 0
    clock.advance(timedelta(seconds=60))
    while await postman.deliver_once(kit, post):
        pass
    assert [i for _, i in post.sent if i != other] == [first, first, second]


async def test_a_postman_who_died_is_followed_by_another(kit: Kit, clock: Clock):
    [row] = await queue(kit, "a@x.example")
    claimed = await kit.work.write(outbox.claim, ["mail"], kit.policy, now=clock())
    post = Post()
    assert await postman.deliver_once(kit, post) == 0
    clock.advance(outbox.LEASE + timedelta(seconds=1))
    assert await postman.deliver_once(kit, post) == 1
    assert post.sent == [("a@x.example", row)]
    assert claimed[0].id == row


async def test_a_send_that_never_ends_is_given_up(kit: Kit, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(postman, "SEND_SECONDS", 0.05)

    class Stuck(Post):
        async def send(self, outbound: Outbound) -> str | None:
            await asyncio.Event().wait()
            return outbound.ref

    await queue(kit, "a@x.example")
    await postman.deliver_once(kit, Stuck())
    [row] = await rows(kit)
    assert row.error.startswith("TimeoutError")


async def test_a_postman_works_until_it_is_cancelled(kit: Kit, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(postman, "BLOCKED_SECONDS", 0.01)
    waited = asyncio.Event()

    async def wait() -> None:
        waited.set()
        await asyncio.sleep(0.01)

    post = Post()
    running = asyncio.create_task(postman.run(kit, post, wait))
    await waited.wait()
    ids = await queue(kit, "a@x.example", "a@x.example")
    async with asyncio.timeout(30):
        while len(post.sent) < 2:
            await asyncio.sleep(0.02)
    # A head that waits blocks what is due behind it: looked at again, not sent.
    head, behind = await queue(kit, "b@x.example", "b@x.example")

    def answer(outbound: Outbound) -> None:
        if outbound.id == head:
            raise Deferred("later", seconds=600)

    post.answer = answer
    async with asyncio.timeout(30):
        while (await rows(kit))[2].error != "later":
            await asyncio.sleep(0.02)
    await asyncio.sleep(0.05)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert [i for a, i in post.sent if a == "a@x.example"] == ids
    assert behind not in [i for _, i in post.sent]


async def test_a_domain_that_puts_off_one_is_left_alone_for_all(kit: Kit, clock: Clock):
    def greylist(outbound: Outbound) -> None:
        if outbound.address.value == "a@x.example":
            raise Deferred("450 4.7.1 Greylisted", whole_domain=True)

    await queue(kit, "a@x.example", "c@y.example")
    post = Post(greylist)
    await postman.deliver_once(kit, post)
    await queue(kit, "b@x.example", "d@y.example")
    await postman.deliver_once(kit, post)
    assert [address for address, _ in post.sent] == ["a@x.example", "c@y.example", "d@y.example"]
    clock.advance(timedelta(minutes=3))
    post.answer = lambda _: None
    for _ in range(2):
        await postman.deliver_once(kit, post)
    assert [address for address, _ in post.sent[3:]] == ["a@x.example", "b@x.example"]
    assert {row.state for row in await rows(kit)} == {"sent"}
