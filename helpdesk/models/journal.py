"""What happened, so that it can be shown and proved: log, seals, accesses, live events."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.models.base import AUTO, Base, Key, Long


class Log(Base):
    """One change. Public facts only; personal values are in `LogPrivate`, bound by a digest."""

    __tablename__ = "log"
    __table_args__ = (
        Index(None, "number", "id"),
        Index(
            "ix_log_unsealed",
            "id",
            sqlite_where=text("seal_id IS NULL"),
            postgresql_where=text("seal_id IS NULL"),
        ),
        Index(
            "ix_log_actor",
            "actor_kind",
            "actor_id",
            "id",
            sqlite_where=text("number IS NULL"),
            postgresql_where=text("number IS NULL"),
        ),
        AUTO,
    )

    id: Mapped[Key]
    number: Mapped[int | None] = mapped_column(ForeignKey("ticket.number"))
    at: Mapped[datetime]
    actor_kind: Mapped[str] = mapped_column(String(10))
    actor_id: Mapped[int | None]
    action: Mapped[str] = mapped_column(String(30))
    private_digest: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64))
    seal_id: Mapped[int | None] = mapped_column(ForeignKey("seal.id"), index=True)


class LogPrivate(Base):
    """Names, values before and after, notes. Erasing deletes the row; the digest stays."""

    __tablename__ = "log_private"

    log_id: Mapped[int] = mapped_column(ForeignKey("log.id"), primary_key=True)
    salt: Mapped[str] = mapped_column(String(32))
    values: Mapped[dict[str, Any]]


class LogSubject(Base):
    """Which record of a register a row of the log speaks of."""

    __tablename__ = "log_subject"
    __table_args__ = (Index(None, "register", "record_id", "log_id"),)

    log_id: Mapped[int] = mapped_column(ForeignKey("log.id"), primary_key=True)
    register: Mapped[str] = mapped_column(String(40))
    record_id: Mapped[int]


class Seal(Base):
    """hash = HMAC(key, prev ‖ root ‖ count) over the digests of `count` rows in id order."""

    __tablename__ = "seal"
    __table_args__ = (AUTO,)

    id: Mapped[Key]
    book: Mapped[str] = mapped_column(String(10), default="log")
    count: Mapped[int]
    root: Mapped[str] = mapped_column(String(64))
    prev: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]


class Access(Base):
    """Who looked at what (panels, secret items, exports); kept at least 6 months
    (Lei 12.965/2014 art. 15)."""

    __tablename__ = "access_log"
    __table_args__ = (Index(None, "number", "id"), AUTO)

    id: Mapped[Key]
    at: Mapped[datetime]
    actor_kind: Mapped[str] = mapped_column(String(10))
    actor_id: Mapped[int | None]
    what: Mapped[str] = mapped_column(String(40))
    number: Mapped[int | None]
    detail: Mapped[Long] = mapped_column(default="")
    digest: Mapped[str] = mapped_column(String(64))
    seal_id: Mapped[int | None] = mapped_column(ForeignKey("seal.id"), index=True)


class Event(Base):
    """A wake-up for open screens: no content, only what to look at again. Kept 48 h.

    On PostgreSQL `tx` holds the writing transaction, so that a reader below the oldest running one
    never skips a late committer.
    """

    __tablename__ = "event"
    __table_args__ = (Index(None, "tx", "id"), AUTO)

    id: Mapped[Key]
    number: Mapped[int | None]
    kind: Mapped[str] = mapped_column(String(20))
    version: Mapped[int] = mapped_column(default=0)
    at: Mapped[datetime]
    tx: Mapped[int] = mapped_column(default=0)


class Idempotency(Base):
    """The first answer to a POST, for 24 h, per token and path."""

    __tablename__ = "idempotency"

    token_id: Mapped[int] = mapped_column(ForeignKey("api_token.id"), primary_key=True)
    path: Mapped[str] = mapped_column(String(200), primary_key=True)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    body_sha256: Mapped[str] = mapped_column(String(64))
    status: Mapped[int | None]
    answer: Mapped[Long] = mapped_column(default="")
    at: Mapped[datetime]


class Lease(Base):
    """Who runs a job that must run once: holder and until when."""

    __tablename__ = "lease"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    holder: Mapped[str] = mapped_column(String(80))
    until: Mapped[datetime]


class Alert(Base):
    """Something an agent has to know of: a bounce of the own answer, a mention, a forwarded
    ticket. One row an agent."""

    __tablename__ = "alert"
    __table_args__ = (
        Index(
            "ix_alert_unread",
            "agent_id",
            "id",
            sqlite_where=text("read_at IS NULL"),
            postgresql_where=text("read_at IS NULL"),
        ),
        Index(None, "agent_id", "id"),
        AUTO,
    )

    id: Mapped[Key]
    agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id"))
    kind: Mapped[str] = mapped_column(String(30))
    number: Mapped[int | None] = mapped_column(ForeignKey("ticket.number"), index=True)
    message_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"))
    detail: Mapped[Long] = mapped_column(default="")
    at: Mapped[datetime]
    read_at: Mapped[datetime | None]


class Alarm(Base):
    """Something is wrong with the instance now: fetching stalls, the quarantine grows.

    The row goes when it is over; `told_at` is when the people in charge were told by mail.
    """

    __tablename__ = "alarm"

    code: Mapped[str] = mapped_column(String(300), primary_key=True)
    kind: Mapped[str] = mapped_column(String(30))
    since: Mapped[datetime]
    detail: Mapped[Long] = mapped_column(default="")
    told_at: Mapped[datetime | None]
