"""What agents keep and agree on: views, canned texts, settings, merges, asked items, openings of
the secret."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.models.base import AUTO, Base, Code, Key, Long, Name


class SavedView(Base):
    """A filtered and ordered list under a name. `scope`: personal | sector | all."""

    __tablename__ = "saved_view"
    __table_args__ = (Index(None, "agent_id"), AUTO)

    id: Mapped[Key]
    name: Mapped[Name]
    #: the list's address behind `/central?`
    query: Mapped[Long]
    scope: Mapped[str] = mapped_column(String(10))
    agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id"))
    sector_id: Mapped[int | None] = mapped_column(ForeignKey("sector.id"))
    position: Mapped[int] = mapped_column(default=0)
    changed_at: Mapped[datetime]
    #: kept for who changes their mind
    removed_at: Mapped[datetime | None]


class CannedText(Base):
    """An answer that is written once (texto pronto). `scope`: personal | sector | all; `shortcut`
    is what an agent types after `::`."""

    __tablename__ = "canned_text"
    __table_args__ = (Index(None, "shortcut"), AUTO)

    id: Mapped[Key]
    shortcut: Mapped[Code]
    title: Mapped[Name]
    body: Mapped[Long]
    scope: Mapped[str] = mapped_column(String(10))
    agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id"))
    sector_id: Mapped[int | None] = mapped_column(ForeignKey("sector.id"))
    active: Mapped[bool] = mapped_column(default=True)
    changed_at: Mapped[datetime]


class AgentSetting(Base):
    """How an agent has the console: columns of the grid, keys. Empty means as delivered."""

    __tablename__ = "agent_setting"

    agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id"), primary_key=True)
    #: `[{"id": column, "width": px | null}]`, in order
    columns: Mapped[list[Any]]
    #: `{command: key}`; "" switches a key off
    keys: Mapped[dict[str, Any]]
    changed_at: Mapped[datetime]


class Merge(Base):
    """One ticket joined to another, and what is needed to undo it."""

    __tablename__ = "merge"
    __table_args__ = (Index(None, "source"), Index(None, "target"), AUTO)

    id: Mapped[Key]
    source: Mapped[int] = mapped_column(ForeignKey("ticket.number"))
    target: Mapped[int] = mapped_column(ForeignKey("ticket.number"))
    at: Mapped[datetime]
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    #: of the source, as `merging` needs it
    before: Mapped[dict[str, Any]]
    #: endpoints the target got from the source
    lent: Mapped[list[Any]]
    undone_at: Mapped[datetime | None]


class AskedItem(Base):
    """One thing the provider was asked for when the ticket was left pending."""

    __tablename__ = "asked_item"
    __table_args__ = (UniqueConstraint("message_id", "position"), Index(None, "number"), AUTO)

    id: Mapped[Key]
    number: Mapped[int] = mapped_column(ForeignKey("ticket.number"))
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"))
    position: Mapped[int]
    label: Mapped[Name]
    #: the complement that brought it
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("message.id"))
    answered_at: Mapped[datetime | None]


class GlassBreak(Base):
    """An agent outside the group opened a secret ticket, for a reason and for some time."""

    __tablename__ = "glass_break"
    __table_args__ = (Index(None, "agent_id", "until"), AUTO)

    id: Mapped[Key]
    agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id"))
    number: Mapped[int] = mapped_column(ForeignKey("ticket.number"), index=True)
    reason: Mapped[Long]
    at: Mapped[datetime]
    until: Mapped[datetime]


class Bulk(Base):
    """One action on many tickets, done a few at a time. `state`: running | stopped | done |
    undoing | undone."""

    __tablename__ = "bulk"
    __table_args__ = (Index(None, "agent_id", "state"), AUTO)

    id: Mapped[Key]
    agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id"))
    #: forward | close | classify | pending
    action: Mapped[str] = mapped_column(String(12))
    #: what was typed, by field; forgotten once all is done
    given: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(10))
    total: Mapped[int]
    #: tickets changed, and tickets left as they were
    done: Mapped[int]
    left: Mapped[int]
    at: Mapped[datetime]
    #: somebody works on it until then, if nobody says so again
    held_until: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class BulkItem(Base):
    """A ticket of a bulk action. `outcome`: None (waits) | done | undone | why it was left."""

    __tablename__ = "bulk_item"

    bulk_id: Mapped[int] = mapped_column(ForeignKey("bulk.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(ForeignKey("ticket.number"))
    #: what the agent saw; what it became
    version: Mapped[int]
    after: Mapped[int | None]
    outcome: Mapped[str | None] = mapped_column(String(20))
    #: who holds it
    detail: Mapped[Name] = mapped_column(default="")
    #: of the ticket, as undoing needs it
    before: Mapped[dict[str, Any] | None]
