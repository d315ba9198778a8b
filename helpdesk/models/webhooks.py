"""Addresses of other systems that are told what happened, and what each was told."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.models.base import AUTO, Base, Key, Long


class Webhook(Base):
    """`sealed` is the secret that signs, encrypted; empty once it is switched off (`ended_at`;
    `why`: asked, gone, departed). (`tx`, `event_id`) is the last event it was judged by.
    """

    __tablename__ = "webhook"
    __table_args__ = (AUTO,)

    id: Mapped[Key]
    agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id"), index=True)
    url: Mapped[str] = mapped_column(String(2000))
    events: Mapped[list[Any]]
    sealed: Mapped[Long] = mapped_column(default="")
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    why: Mapped[str] = mapped_column(String(10), default="")
    #: since when nothing arrives; None while the last try arrived
    failing_since: Mapped[datetime | None]
    tx: Mapped[int]
    event_id: Mapped[int]


class WebhookDelivery(Base):
    """One event to one webhook. `state`: waiting, delivered, failed. `public_id` is the same
    however often it is sent; `at` is the event's."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        Index(
            "ix_webhook_delivery_waiting",
            "webhook_id",
            "next_at",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
        Index(None, "webhook_id", "id"),
        Index(None, "at"),
        AUTO,
    )

    id: Mapped[Key]
    public_id: Mapped[str] = mapped_column(String(32), unique=True)
    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhook.id"))
    event: Mapped[str] = mapped_column(String(20))
    number: Mapped[int] = mapped_column(ForeignKey("ticket.number"))
    version: Mapped[int]
    at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    attempts: Mapped[int] = mapped_column(default=0)
    #: when it is sent, or was settled
    next_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    #: the process that sends it, while `lease_until` runs
    holder: Mapped[str | None] = mapped_column(String(32))
    #: what the other side answered last (HTTP)
    status: Mapped[int | None]
    #: why the last try did not arrive, a word (`helpdesk.webhook_queue`)
    detail: Mapped[str] = mapped_column(String(20), default="")
