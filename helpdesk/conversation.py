"""What was said in a ticket and in what was merged into it: the newest part, or any earlier one."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from helpdesk import access, merging, ratings, traces, waiting
from helpdesk.border import Actor
from helpdesk.errors import NotVisible
from helpdesk.models import Attachment, Delivery, Message
from helpdesk.views import AttachmentView, DeliveryView, MessageView

#: what a page shows at first; what nobody answered yet is shown too, up to `MOST_UNANSWERED`
NEWEST = 30
MOST_UNANSWERED = 100
#: how many earlier ones come at once
EARLIER = 50


@dataclass(frozen=True, slots=True)
class Window:
    """Which part of a conversation, by ids of messages.

    `newest`: so many of the last ones, and all that nobody answered yet, up to `MOST_UNANSWERED`.
    `since`: at least from that message on. `before`: the `EARLIER` ones that precede it.
    """

    newest: int | None = None
    since: int | None = None
    before: int | None = None


WHOLE = Window()
NOTHING = Window(newest=0)


@dataclass(frozen=True, slots=True)
class Part:
    """Messages in the order of writing, and how many precede them."""

    messages: list[MessageView]
    earlier: int = 0


def read(
    session: Session,
    actor: Actor,
    number: int,
    window: Window = WHOLE,
    answered: int | None = None,
) -> Part:
    """Of a visible ticket; `answered` is the id of our last answer. A fixed number of queries,
    each along an index, whatever its length."""
    if window == NOTHING:
        return Part([])
    numbers = [number, *merging.sources(session, number)]
    theirs = and_(Message.number.in_(numbers), access.readable(actor))
    chosen = theirs
    if window.before is not None:
        chosen = and_(chosen, Message.id < window.before)
    first = _first(session, chosen, window, answered)
    if first is not None:
        chosen = and_(chosen, Message.id >= first)
    written = session.scalars(select(Message).where(chosen).order_by(Message.id)).all()
    earlier = 0
    if first is not None:
        before = select(func.count()).select_from(Message).where(theirs, Message.id < first)
        earlier = session.scalar(before) or 0
    return Part(_views(session, actor, written), earlier)


def message(session: Session, actor: Actor, number: int, message_id: int) -> MessageView:
    """One message of a visible ticket, or of one merged into it. Raises `NotVisible`."""
    access.ticket(session, actor, number)
    numbers = [number, *merging.sources(session, number)]
    found = session.scalar(
        select(Message).where(
            Message.id == message_id, Message.number.in_(numbers), access.readable(actor)
        )
    )
    if found is None:
        raise NotVisible("message", message_id)
    return _views(session, actor, [found])[0]


def shown(file: Attachment) -> AttachmentView:
    return AttachmentView(
        file.public_id,
        file.filename,
        file.content_type,
        file.size,
        file.sha256,
        file.audience,
        file.secret_group,
        file.inline,
        file.content_id,
        file.number,
        file.text_error if file.text_state == "unread" else "",
    )


def _first(
    session: Session, chosen: ColumnElement[bool], window: Window, answered: int | None
) -> int | None:
    """The message the part begins with; None for all of them."""
    last = EARLIER if window.before is not None else window.newest
    if last is None:
        return window.since
    most = last if window.before is not None else max(last, MOST_UNANSWERED)
    ids = session.scalars(
        select(Message.id).where(chosen).order_by(Message.id.desc()).limit(most)
    ).all()
    unanswered = sum(each > answered for each in ids) if answered is not None else 0
    kept = ids[: max(last, unanswered)]
    begins = [*kept[-1:], *([window.since] if window.since is not None else [])]
    return min(begins, default=0)


def _views(session: Session, actor: Actor, written: Sequence[Message]) -> list[MessageView]:
    if not written:
        return []
    ids = [m.id for m in written]
    attached = defaultdict[int, list[AttachmentView]](list)
    files = select(Attachment).where(Attachment.message_id.in_(ids), access.downloadable(actor))
    for file in session.scalars(files.order_by(Attachment.id)):
        attached[file.message_id].append(shown(file))
    delivered = defaultdict[int, list[DeliveryView]](list)
    deliveries = select(Delivery).where(Delivery.message_id.in_(ids))
    told = session.scalars(deliveries.order_by(Delivery.id)).all()
    here = [d.outbox_id for d in told if d.outbox_id and d.state in ("queued", "deferred")]
    why = waiting.why(session, here)
    for d in told:
        waits = why.get(d.outbox_id or 0, "")
        delivered[d.message_id].append(
            DeliveryView(
                d.recipient, d.channel, d.state, d.at, d.detail, d.outbox_id, d.status, waits
            )
        )
    ended = [m.id for m in written if m.kind == "closing"]
    rated = ratings.given(session, ended)
    lines = (line for m in written if m.match for line in m.match.get("trace", []))
    nameable = access.visible_numbers(session, actor, traces.named(lines))
    return [
        MessageView(
            id=m.id,
            number=m.number,
            kind=m.kind,
            direction=m.direction,
            audience=m.audience,
            secret=m.secret_group,
            channel=m.channel,
            author_kind=m.author_kind,
            author_id=m.author_id,
            author_name=m.author_name,
            at=m.at,
            text=m.text,
            quoted=m.quoted,
            html=m.html,
            verdict=m.verdict,
            judged=m.judged,
            match=traces.shown(m.match, nameable),
            raw_id=m.raw_id,
            attachments=attached[m.id],
            deliveries=delivered[m.id],
            erased_at=m.erased_at,
            score=rated[m.id].score if m.id in rated else None,
            comment=rated[m.id].comment if m.id in rated else "",
        )
        for m in written
    ]
