"""What a notice of the core says in a chat, whichever transport carries it."""

from sqlalchemy.orm import Session

from channels.bot.events import Button
from channels.bot.says import Render, Spoken, keys, words
from channels.bot.steps import lasting
from helpdesk import bots
from helpdesk.border import Channel, Outbound

#: prefix of the portal's chats, whose id is the person itself
PERSON = "person:"


def notice(render: Render, outbound: Outbound) -> Spoken:
    """`bot/<notice>.txt`; the text of an answer is in `data` only where it may be said."""
    data = {"text": "", "author": "", **outbound.data}
    data["files"] = [file.filename for file in outbound.files]
    buttons: tuple[Button, ...] = ()
    if outbound.number is not None:
        buttons = (
            lasting("reply", f"reply:{outbound.number}"),
            lasting("see", f"see:{outbound.number}"),
        )
    return Spoken(words(render, outbound.notice, data), keys(render, buttons))


def addressed(session: Session, outbound: Outbound) -> bool:
    """Whether the chat still belongs to somebody who may see the ticket."""
    person_id = owner(session, outbound.address.channel, outbound.address.value)
    speaker = bots.speaker(session, person_id)
    return speaker is not None and bots.may_hear(session, speaker.actor, outbound.number)


def owner(session: Session, channel: Channel, chat_id: str) -> int | None:
    if channel is not Channel.CHAT:
        return bots.bound(session, channel, chat_id)
    number = chat_id.removeprefix(PERSON)
    return int(number) if number.isdecimal() else None
