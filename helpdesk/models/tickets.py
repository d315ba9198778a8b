"""The conversation: ticket, endpoints, messages, attachments, deliveries."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, literal_column, text
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.models.base import AUTO, Base, Key, Long, Name, by_code_point
from helpdesk.models.spans import ASKED, Span
from helpdesk.text import sort_name


def _sort_title(context: DefaultExecutionContext) -> str:
    return sort_name(context.get_current_parameters()["title"])


#: columns a list is sorted by; the number makes each unique
SORTED = ("due_at", "opened_at", "sort_protocol", "sort_title", "sort_provider", "sort_agent")
#: columns a list is filtered by; their indexes hold what every count asks besides
FILTERED = (
    "status_id", "classification_id", "subclassification_id", "reason_id", "sector_id",
    "provider_id", "assignee_id", "channel",
)  # fmt: skip
GATE = ("secret_group", "deleted_at")
#: what follows the filtered column: the usual, and where a list of one value alone is walked
USUAL = ("situation", "due_at", "number")
THEN = {
    "provider_id": ("situation", "number"),
    "subclassification_id": ("due_at", "number", "situation"),
    "reason_id": ("due_at", "number", "situation"),
}

#: as `filters` asks it, so that both databases see that the index holds it
LATE_INDEX, LATE = "ix_ticket_late", "closed_at > due_at"
#: what retention has not ended yet
KEPT = "closed_at IS NOT NULL AND erased_at IS NULL"
OF_A_GROUP = "secret_group IS NOT NULL"


def order_index(column: str) -> str:
    return f"ix_ticket_by_{column}"


def span_index(column: str) -> str:
    return f"ix_ticket_span_by_{column}"


def filter_index(column: str) -> str:
    return f"ix_ticket_of_{column}"


def _partial(name: str | None, *columns: str, where: str) -> Index:
    """An index of few rows, which those it leaves out cost nothing."""
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


def _orders() -> list[Index]:
    """The opening's holds what its months are sorted by, should they be many tickets."""
    more = {"opened_at": ("due_at", "sort_protocol", *GATE)}
    return [
        Index(order_index(column), column, "number", *more.get(column, ())) for column in SORTED
    ]


def _spans() -> list[Index]:
    """A period holds many tickets: what comes first of each span of it, without the rest."""
    span: Any = Span(literal_column("opened_at"))
    keys: dict[str, tuple[str, ...]] = {"number": ("number",)}
    keys |= {name: (name, "number") for name in SORTED if name != "opened_at"}
    return [
        Index(span_index(name), span, *columns, postgresql_where=text(ASKED))
        for name, columns in keys.items()
    ]


def _filters() -> list[Index]:
    """The situation stands in each: what is open is little, what is closed is nearly all."""
    of_one = [
        Index(filter_index(column), column, *THEN.get(column, USUAL), *GATE) for column in FILTERED
    ]
    return [
        *of_one,
        # A clock that stands is not expired, however late it is.
        Index(filter_index("situation"), "situation", "due_at", "number", *GATE, "paused_at"),
        Index("ix_ticket_of_channel_by_opened_at", "channel", "opened_at", "number"),
        Index("ix_ticket_of_sector_id_by_sort_agent", "sector_id", "sort_agent", "number"),
        Index(
            "ix_ticket_of_classification_id_by_sort_agent",
            "classification_id",
            "sort_agent",
            "number",
        ),
        # Closed late is little of what is closed: without its own index a walk passes the rest.
        _partial(LATE_INDEX, "due_at", "number", where=LATE),
        # What was closed in a period, and what was still open at the end of a day.
        Index("ix_ticket_of_closed_at", "closed_at", "due_at", "number", *GATE),
        _partial("ix_ticket_kept", "classification_id", "closed_at", where=KEPT),
        # Few are merged or follow another, and an open ticket asks for both.
        *(_partial(None, name, where=f"{name} IS NOT NULL") for name in ("merged_into", "follows")),
        # What a search leaves out, asked of each of thousands of hits.
        _partial("ix_ticket_secret", "number", "secret_group", where=OF_A_GROUP),
        Index("ix_ticket_of_situation_by_opened_at", "situation", "opened_at", "number"),
        Index("ix_ticket_of_situation_by_number", "situation", "number"),
        Index("ix_ticket_of_situation_by_sort_protocol", "situation", "sort_protocol", "number"),
    ]


class Ticket(Base):
    """Atendimento. `number` is its key, `protocol` what the provider is told."""

    __tablename__ = "ticket"
    # What lists walk and what they count, see helpdesk/plans.py and docs/decisions/0015.
    __table_args__ = (*_orders(), *_spans(), *_filters(), AUTO)

    number: Mapped[Key]
    protocol: Mapped[str | None] = mapped_column(by_code_point(40), unique=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"))
    title: Mapped[Name]
    #: what the grid sorts by
    sort_title: Mapped[str] = mapped_column(by_code_point(200), default=_sort_title)
    #: copies the database keeps itself, see helpdesk/sorting.py
    sort_protocol: Mapped[str] = mapped_column(by_code_point(40), default="", server_default="")
    sort_provider: Mapped[str] = mapped_column(by_code_point(200), default="", server_default="")
    sort_agent: Mapped[str] = mapped_column(by_code_point(200), default="", server_default="")
    contact_name: Mapped[Name] = mapped_column(default="")
    contact_phone: Mapped[str] = mapped_column(String(60), default="")
    contact_email: Mapped[str] = mapped_column(String(254), default="")

    classification_id: Mapped[int] = mapped_column(ForeignKey("classification.id"))
    subclassification_id: Mapped[int | None] = mapped_column(ForeignKey("subclassification.id"))
    reason_id: Mapped[int | None] = mapped_column(ForeignKey("reason.id"))
    sector_id: Mapped[int | None] = mapped_column(ForeignKey("sector.id"))

    status_id: Mapped[int] = mapped_column(ForeignKey("status.id"))
    #: copy of the status' situation, so that every list has one index to walk
    situation: Mapped[str] = mapped_column(String(10))
    waiting_on: Mapped[str] = mapped_column(String(10))
    pending_until: Mapped[datetime | None]

    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    claimed_by: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    claimed_until: Mapped[datetime | None]
    #: somebody claimed, answered or forwarded it: it can no longer be deleted
    started: Mapped[bool] = mapped_column(default=False)

    channel: Mapped[str] = mapped_column(String(12))
    opened_kind: Mapped[str] = mapped_column(String(10))
    opened_id: Mapped[int | None]
    opened_name: Mapped[Name] = mapped_column(default="")
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]

    #: start of the running deadline cycle: the opening, or the last reopening
    cycle_at: Mapped[datetime]
    days: Mapped[int]
    unit: Mapped[str] = mapped_column(String(10))
    attention: Mapped[int]
    terms_source: Mapped[str] = mapped_column(String(20))
    #: the sector whose calendar its deadline was counted by
    counted_sector: Mapped[int | None]
    due_at: Mapped[datetime]
    attention_at: Mapped[datetime]
    #: set when closed: after the deadline or not
    late: Mapped[bool | None]
    #: since when a status that pauses the clock holds it
    paused_at: Mapped[datetime | None]
    #: counted days of this cycle during which the clock stood
    paused_days: Mapped[int] = mapped_column(default=0, server_default="0")
    #: the first answer, and service minutes from the opening to it and to the last conclusion;
    #: see helpdesk/measuring.py
    answered_at: Mapped[datetime | None]
    answer_minutes: Mapped[int | None]
    solve_minutes: Mapped[int | None]

    #: subject of the mail that opened it; answers go out under `Re: <subject>`
    subject: Mapped[str | None] = mapped_column(String(998))
    mailbox: Mapped[str | None] = mapped_column(String(254))
    secret_group: Mapped[str | None] = mapped_column(String(40))
    merged_into: Mapped[int | None] = mapped_column(ForeignKey("ticket.number"))
    follows: Mapped[int | None] = mapped_column(ForeignKey("ticket.number"))
    imported: Mapped[bool] = mapped_column(default=False)
    #: rises with each change or message, not with claims, views or deliveries
    version: Mapped[int] = mapped_column(default=1)
    last_message_at: Mapped[datetime]
    last_answer_id: Mapped[int | None]
    #: what was said in it is gone (helpdesk/privacy)
    erased_at: Mapped[datetime | None]


class Endpoint(Base):
    """An address where a participant of a ticket can be reached.

    `state`: active (may receive answers), unconfirmed (told only to confirm), reading (may write,
    receives nothing), failing (permanent bounce), removed (its tokens are void). `spoke` is true
    once a message came in by it: only then do answers carry their text there.
    """

    __tablename__ = "endpoint"
    __table_args__ = (
        UniqueConstraint("number", "channel", "address"),
        Index(None, "channel", "address"),
        Index(
            None,
            "person_id",
            sqlite_where=text("person_id IS NOT NULL"),
            postgresql_where=text("person_id IS NOT NULL"),
        ),
        AUTO,
    )

    id: Mapped[Key]
    number: Mapped[int] = mapped_column(ForeignKey("ticket.number"))
    channel: Mapped[str] = mapped_column(String(12))
    address: Mapped[str] = mapped_column(String(254))
    name: Mapped[Name] = mapped_column(default="")
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    state: Mapped[str] = mapped_column(String(12), default="active")
    spoke: Mapped[bool] = mapped_column(default=False)


class Message(Base):
    """direction inbound | outbound | internal; audience public | internal.

    `kind`: opening, complement, reply, note, closing, reopening, pending, receipt (a noted
    automatic mail).
    """

    __tablename__ = "message"
    __table_args__ = (
        Index(None, "number", "id"),
        Index("ix_message_mail_id", "mail_id", postgresql_where=text("mail_id IS NOT NULL")),
        _partial("ix_message_secret", "id", "secret_group", where=OF_A_GROUP),
        AUTO,
    )

    id: Mapped[Key]
    number: Mapped[int] = mapped_column(ForeignKey("ticket.number"))
    kind: Mapped[str] = mapped_column(String(12))
    direction: Mapped[str] = mapped_column(String(10))
    audience: Mapped[str] = mapped_column(String(10))
    secret_group: Mapped[str | None] = mapped_column(String(40))
    channel: Mapped[str] = mapped_column(String(12))
    author_kind: Mapped[str] = mapped_column(String(10))
    author_id: Mapped[int | None]
    author_name: Mapped[Name] = mapped_column(default="")
    at: Mapped[datetime]
    text: Mapped[Long]
    quoted: Mapped[Long] = mapped_column(default="")
    html: Mapped[str | None] = mapped_column(Text)
    endpoint_id: Mapped[int | None] = mapped_column(ForeignKey("endpoint.id"))
    raw_id: Mapped[int | None] = mapped_column(ForeignKey("inbound_raw.id"), index=True)
    mail_id: Mapped[str | None] = mapped_column(String(998))
    verdict: Mapped[str | None] = mapped_column(String(10))
    #: what the verdict rests on
    judged: Mapped[str] = mapped_column(String(20), default="", server_default="")
    #: layer, score, reason and flags of the matching, and `protection` (MailFacts); shown on the
    #: message
    match: Mapped[dict[str, Any] | None]
    #: its words are gone (helpdesk/privacy)
    erased_at: Mapped[datetime | None]


class Delivery(Base):
    """How one message fared towards one recipient."""

    __tablename__ = "delivery"
    __table_args__ = (AUTO,)

    id: Mapped[Key]
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"), index=True)
    number: Mapped[int] = mapped_column(ForeignKey("ticket.number"), index=True)
    outbox_id: Mapped[int | None] = mapped_column(index=True)
    channel: Mapped[str] = mapped_column(String(12))
    recipient: Mapped[str] = mapped_column(String(254))
    state: Mapped[str] = mapped_column(String(12))
    at: Mapped[datetime]
    #: what the other side said, as it said it
    detail: Mapped[Long] = mapped_column(default="")
    #: RFC 3463 status, "" while nobody said one
    status: Mapped[str] = mapped_column(String(12), default="", server_default="")


class Reading(Base):
    """The last answer a person has seen in a ticket: the badge counts what is newer."""

    __tablename__ = "reading"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    number: Mapped[int] = mapped_column(ForeignKey("ticket.number"), primary_key=True, index=True)
    message_id: Mapped[int]
