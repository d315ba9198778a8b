"""What keeps personal data, and what took it away: holds, retention, erasures."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, false
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.models.base import AUTO, Base, Key, Long


class Hold(Base):
    """A reason why nothing of it may be erased. `kind`: ticket | person | provider; `target` is
    the number or the id."""

    __tablename__ = "legal_hold"
    __table_args__ = (Index(None, "kind", "target"), AUTO)

    id: Mapped[Key]
    kind: Mapped[str] = mapped_column(String(10))
    target: Mapped[int]
    reason: Mapped[Long]
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    at: Mapped[datetime]
    released_at: Mapped[datetime | None]
    released_by: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))


class Retention(Base):
    """How long what was said in a closed ticket of a classification is kept; no row: for ever."""

    __tablename__ = "retention"

    classification_id: Mapped[int] = mapped_column(
        ForeignKey("classification.id"), primary_key=True, autoincrement=False
    )
    months: Mapped[int]
    changed_at: Mapped[datetime]


class Erasure(Base):
    """One erasure, without anything personal: `subject` holds ids only, enough to do it again to
    an older copy. `kind`: person | retention."""

    __tablename__ = "erasure"
    __table_args__ = (AUTO,)

    id: Mapped[Key]
    public_id: Mapped[str] = mapped_column(String(32), unique=True)
    kind: Mapped[str] = mapped_column(String(10))
    at: Mapped[datetime]
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    reason: Mapped[Long] = mapped_column(default="")
    subject: Mapped[dict[str, Any]]
    #: rows by place
    counts: Mapped[dict[str, Any]]
    #: written to the ledger outside the database
    ledgered: Mapped[bool] = mapped_column(default=False, server_default=false())
