"""What comes in before it is understood, and what goes out until it is handed over."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.models.base import AUTO, Base, Key, Long


class InboundRaw(Base):
    """Raw bytes accepted from a server.

    `state`: waiting, applied, duplicate, ignored, held. One thread key is applied by one applier
    at a time (`lease_until`; `holder`: of which process).
    """

    __tablename__ = "inbound_raw"
    __table_args__ = (
        Index(
            "ix_inbound_raw_waiting",
            "id",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
        Index(
            "ix_inbound_raw_thread",
            "thread_key",
            "id",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
        AUTO,
    )

    id: Mapped[Key]
    arrival: Mapped[str] = mapped_column(String(300), unique=True)
    mailbox: Mapped[str | None] = mapped_column(String(254))
    envelope_from: Mapped[str | None] = mapped_column(String(320))
    recipients: Mapped[list[Any]]
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    size: Mapped[int]
    received_at: Mapped[datetime]
    thread_key: Mapped[str] = mapped_column(String(320))
    state: Mapped[str] = mapped_column(String(12), default="waiting")
    lease_until: Mapped[datetime | None]
    holder: Mapped[str | None] = mapped_column(String(32))
    attempts: Mapped[int] = mapped_column(default=0)
    quiet: Mapped[bool] = mapped_column(default=False)
    imported: Mapped[bool] = mapped_column(default=False)
    #: how it was last judged: keys in DNS change, and what was found once is not asked again
    verdict: Mapped[str] = mapped_column(String(10), default="", server_default="")
    judged: Mapped[str] = mapped_column(String(20), default="", server_default="")
    #: the ticket it went to, also as a duplicate or a note: who may not see it, sees neither
    number: Mapped[int | None]


class Content(Base):
    """A content already applied (kept at least 400 days); `repeats` counts what came again."""

    __tablename__ = "content"

    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    number: Mapped[int | None]
    message_id: Mapped[int | None]
    at: Mapped[datetime]
    repeats: Mapped[int] = mapped_column(default=0)


class Held(Base):
    """Quarantine: a message that waits for a person. `state`: held, attached, opened, spam."""

    __tablename__ = "quarantine"
    __table_args__ = (
        Index(None, "state", "id"),
        Index(None, "sender", "state"),
        Index(None, "content", "state"),
        AUTO,
    )

    id: Mapped[Key]
    public_id: Mapped[str] = mapped_column(String(32), unique=True)
    raw_id: Mapped[int | None] = mapped_column(ForeignKey("inbound_raw.id"), index=True)
    received_at: Mapped[datetime]
    channel: Mapped[str] = mapped_column(String(12))
    mailbox: Mapped[str | None] = mapped_column(String(254))
    sender: Mapped[str] = mapped_column(String(320))
    subject: Mapped[str] = mapped_column(String(998), default="")
    reason: Mapped[str] = mapped_column(String(30))
    detail: Mapped[Long] = mapped_column(default="")
    #: key of its content: a copy that came another way waits under the same row
    content: Mapped[str] = mapped_column(String(80), default="", server_default="")
    suggestion: Mapped[int | None] = mapped_column(ForeignKey("ticket.number"))
    state: Mapped[str] = mapped_column(String(10), default="held")
    number: Mapped[int | None] = mapped_column(ForeignKey("ticket.number"))
    trace: Mapped[list[Any]]
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    #: an agent's decision on its way to the applier
    placed_by: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    placed_number: Mapped[int | None] = mapped_column(ForeignKey("ticket.number"))
    placed_provider_id: Mapped[int | None] = mapped_column(ForeignKey("provider.id"))
    placed_classification: Mapped[str | None] = mapped_column(String(40))


class MailboxCursor(Base):
    """How far an IMAP folder has been stored: of what was there at `at`, everything.

    `oldest` is set while a folder whose UIDs changed is read again: what the server received before
    is not taken.
    """

    __tablename__ = "mailbox_cursor"

    account: Mapped[str] = mapped_column(String(300), primary_key=True)
    uidvalidity: Mapped[int]
    uid: Mapped[int]
    at: Mapped[datetime]
    oldest: Mapped[datetime | None]


class Outbox(Base):
    """A notice to one endpoint, written with the change it tells of.

    `state`: queued, sent, failed (dead letter), held, cancelled. `lane` is channel + address: rows
    of a lane leave in order. `counter` makes it possible to hold back automatic mail.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        Index(
            "ix_outbox_queued",
            "lane",
            "id",
            sqlite_where=text("state = 'queued'"),
            postgresql_where=text("state = 'queued'"),
        ),
        Index(None, "channel", "address", "created_at"),
        Index(None, "state", "id"),
        Index(
            "ix_outbox_cause",
            "channel",
            "id",
            sqlite_where=text("state = 'queued' AND cause <> ''"),
            postgresql_where=text("state = 'queued' AND cause <> ''"),
        ),
        AUTO,
    )

    id: Mapped[Key]
    lane: Mapped[str] = mapped_column(String(270))
    channel: Mapped[str] = mapped_column(String(12))
    address: Mapped[str] = mapped_column(String(254))
    name: Mapped[str] = mapped_column(String(200), default="")
    notice: Mapped[str] = mapped_column(String(30))
    automatic: Mapped[bool]
    data: Mapped[dict[str, Any]]
    number: Mapped[int | None] = mapped_column(ForeignKey("ticket.number"), index=True)
    endpoint_id: Mapped[int | None] = mapped_column(ForeignKey("endpoint.id"))
    message_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"))
    state: Mapped[str] = mapped_column(String(10), default="queued")
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    not_before: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    #: the process that sends it, while `lease_until` runs
    holder: Mapped[str | None] = mapped_column(String(32))
    sent_at: Mapped[datetime | None]
    error: Mapped[Long] = mapped_column(default="")
    #: what of our own way out stands against it (helpdesk.waiting), "" when it is none of that
    cause: Mapped[str] = mapped_column(String(20), default="", server_default="")
    #: of a mail address: what is wrong with one of a domain is mostly wrong with all of it
    domain: Mapped[str] = mapped_column(String(253), default="", server_default="")


class MailDomain(Base):
    """A mail domain that does not take mail just now: nothing for it leaves before `until`."""

    __tablename__ = "mail_domain"

    domain: Mapped[str] = mapped_column(String(253), primary_key=True)
    failures: Mapped[int]
    until: Mapped[datetime]
    error: Mapped[Long] = mapped_column(default="")


class OAuthGrant(Base):
    """The refresh token a mail account was last given: issuers replace it when it is used.

    `sealed` is encrypted with a key derived for it (`helpdesk.tokens`).
    """

    __tablename__ = "oauth_grant"

    account: Mapped[str] = mapped_column(String(300), primary_key=True)
    sealed: Mapped[Long]
    at: Mapped[datetime]
