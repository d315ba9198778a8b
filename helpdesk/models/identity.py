"""How agents and people prove who they are, beside a password: apps, passkeys, a directory."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.models.base import AUTO, Base, Key, Long, Name


class Totp(Base):
    """The seed of an authenticator app (RFC 6238), sealed; `last_step` was used and is not taken
    again."""

    __tablename__ = "totp"

    kind: Mapped[str] = mapped_column(String(10), primary_key=True)
    subject_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sealed: Mapped[Long]
    last_step: Mapped[int] = mapped_column(default=0)
    confirmed_at: Mapped[datetime]


class RecoveryCode(Base):
    """What lets somebody in who lost the app or the passkey: hashed, each good once."""

    __tablename__ = "recovery_code"
    __table_args__ = (Index(None, "kind", "subject_id"), AUTO)

    id: Mapped[Key]
    kind: Mapped[str] = mapped_column(String(10))
    subject_id: Mapped[int]
    code_hash: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime | None]


class Passkey(Base):
    """A key in the device of an agent or of a person, one of the two (WebAuthn). `credential` and
    `public_key` are base64url; credential ids have up to 1,023 octets."""

    __tablename__ = "passkey"
    __table_args__ = (AUTO,)

    id: Mapped[Key]
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    credential: Mapped[str] = mapped_column(String(1364), unique=True)
    public_key: Mapped[Long]
    sign_count: Mapped[int]
    name: Mapped[Name]
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class AgentIdentity(Base):
    """An account of the company's directory (OpenID Connect) that is this agent."""

    __tablename__ = "agent_identity"
    __table_args__ = (UniqueConstraint("issuer", "subject"), AUTO)

    id: Mapped[Key]
    agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id"), index=True)
    issuer: Mapped[str] = mapped_column(String(300))
    subject: Mapped[str] = mapped_column(String(255))
    linked_at: Mapped[datetime]
