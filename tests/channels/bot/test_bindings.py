"""Whose a chat is: listed, revoked and released."""

import pytest
from sqlalchemy import select

from channels.kit import Kit
from helpdesk import bots
from helpdesk.border import Channel
from helpdesk.errors import NotVisible
from helpdesk.models import Log
from tests.channels.bot.conftest import Hands

CHAT = Channel.TELEGRAM


async def test_a_binding_is_listed_revoked_and_logged(kit: Kit, hands: Hands):
    me, now = hands.office.luciana, kit.clock()
    await kit.work.write(bots.bind, CHAT, "1", me, now=now)
    await kit.work.write(bots.bind, CHAT, "2", me, now=now)
    listed = await kit.work.read(bots.bindings, me)
    assert [binding.chat_id for binding in listed] == ["1", "2"]
    with pytest.raises(NotVisible):
        await kit.work.write(bots.revoke, me + 1, listed[0].id, now=now)
    for _ in range(2):
        await kit.work.write(bots.revoke, me, listed[0].id, now=now)
    assert await kit.work.read(bots.bound, CHAT, "1") is None
    assert await kit.work.read(bots.bound, CHAT, "2") == me
    await kit.work.write(bots.release, me, now=now)
    assert await kit.work.read(bots.bindings, me) == []
    actions = await kit.work.read(
        lambda session: list(session.scalars(select(Log.action).order_by(Log.id)))
    )
    assert actions == ["chat_bound"] * 2 + ["chat_unbound"] * 2


async def test_a_chat_belongs_to_one_person_at_a_time(kit: Kit, hands: Hands):
    me, now = hands.office.luciana, kit.clock()
    await kit.work.write(bots.bind, CHAT, "1", me, now=now)
    await kit.work.write(bots.bind, CHAT, "1", me, now=now)
    assert len(await kit.work.read(bots.bindings, me)) == 1
