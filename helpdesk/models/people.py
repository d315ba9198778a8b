"""Who acts: agents of the operadora, people of the providers, and how each is recognised."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, false, text, true
from sqlalchemy.orm import Mapped, mapped_column, validates

from helpdesk.models.base import AUTO, Base, Code, Key, Long, Name, by_code_point
from helpdesk.text import sort_name


class Profile(Base):
    """A set of permissions; `*` is all of them."""

    __tablename__ = "profile"
    __table_args__ = (AUTO,)

    id: Mapped[Key]
    code: Mapped[Code] = mapped_column(unique=True)
    name: Mapped[Name]
    permissions: Mapped[list[Any]]
    groups: Mapped[list[Any]]
    active: Mapped[bool] = mapped_column(default=True, server_default=true())
    #: who has it enters with an app or a passkey beside the password
    second_factor: Mapped[bool] = mapped_column(default=False, server_default=false())


class Agent(Base):
    __tablename__ = "agent"
    __table_args__ = (AUTO,)

    id: Mapped[Key]
    login: Mapped[Code] = mapped_column(unique=True)
    name: Mapped[Name]
    #: follows the name: the grid sorts by it
    sort_name: Mapped[str] = mapped_column(by_code_point(200))
    email: Mapped[str] = mapped_column(String(254), index=True)
    password_hash: Mapped[str] = mapped_column(String(200), default="")
    profile_id: Mapped[int] = mapped_column(ForeignKey("profile.id"))
    sector_id: Mapped[int | None] = mapped_column(ForeignKey("sector.id"))
    #: the sectors the agent's rights are limited to, by id; none is all of them
    sectors: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    active: Mapped[bool] = mapped_column(default=True)
    #: when the link for the first log-in was sent, and when it was used
    invited_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]

    @validates("name")
    def _sort(self, _: str, name: str) -> str:
        self.sort_name = sort_name(name)
        return name


class Person(Base):
    """Somebody who speaks for one or more providers. Only the invited ever receive a code."""

    __tablename__ = "person"
    __table_args__ = (AUTO,)

    id: Mapped[Key]
    name: Mapped[Name]
    email: Mapped[str] = mapped_column(String(254), unique=True)
    phone: Mapped[str] = mapped_column(String(40), default="")
    password_hash: Mapped[str] = mapped_column(String(200), default="")
    invited_at: Mapped[datetime | None]
    active: Mapped[bool] = mapped_column(default=True)
    #: notices they want no mail of (`helpdesk.muting.KINDS`): the portal has them all the same
    muted: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")


class Membership(Base):
    """A person at a provider: role manager | member, scope all | own."""

    __tablename__ = "membership"
    __table_args__ = (UniqueConstraint("person_id", "provider_id"), AUTO)

    id: Mapped[Key]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"), index=True)
    role: Mapped[str] = mapped_column(String(10), default="member")
    scope: Mapped[str] = mapped_column(String(10), default="all")
    active: Mapped[bool] = mapped_column(default=True)


class KnownAddress(Base):
    """An address registered to a provider: what it sends is that provider speaking."""

    __tablename__ = "known_address"
    __table_args__ = (
        UniqueConstraint("provider_id", "channel", "value"),
        Index(None, "channel", "value"),
        Index(None, "source", "id"),
        AUTO,
    )

    id: Mapped[Key]
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    channel: Mapped[str] = mapped_column(String(12))
    value: Mapped[str] = mapped_column(String(254))
    #: set by a permanent bounce, cleared when the address changes or answers
    failing_since: Mapped[datetime | None]
    #: register: with the provider's data. trusted: an agent let it in from quarantine, `added_by`
    source: Mapped[str] = mapped_column(String(10), default="register", server_default="register")
    added_by: Mapped[int | None]
    added_at: Mapped[datetime | None]


class ProviderDomain(Base):
    """A mail domain of a provider: counts once a mail from it answered ours (`verified_at`).

    Whoever writes from it is read as that provider, and receives nothing until registered.
    """

    __tablename__ = "provider_domain"
    __table_args__ = (UniqueConstraint("provider_id", "domain"), Index(None, "domain"), AUTO)

    id: Mapped[Key]
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"))
    domain: Mapped[str] = mapped_column(String(253))
    #: the address at the domain that was asked to answer
    asked: Mapped[str] = mapped_column(String(254))
    asked_by: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    asked_at: Mapped[datetime]
    verified_at: Mapped[datetime | None]


class Session(Base):
    """A log-in; the token itself is never stored, its hash is."""

    __tablename__ = "session"
    __table_args__ = (AUTO,)

    id: Mapped[Key]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[str] = mapped_column(String(10))
    subject_id: Mapped[int] = mapped_column(index=True)
    provider_id: Mapped[int | None]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    user_agent: Mapped[str] = mapped_column(String(200), default="")
    ended_at: Mapped[datetime | None]
    #: the network address it was begun from
    remote: Mapped[str] = mapped_column(String(45), default="", server_default="")
    #: password | code | link | passkey | directory | invitation | reset
    method: Mapped[str] = mapped_column(String(12), default="password", server_default="password")


class LoginCode(Base):
    """A code or link on its way to a registered address: hashed, single use, few tries."""

    __tablename__ = "login_code"
    __table_args__ = (
        Index(
            None,
            "agent_id",
            sqlite_where=text("agent_id IS NOT NULL"),
            postgresql_where=text("agent_id IS NOT NULL"),
        ),
        AUTO,
    )

    id: Mapped[Key]
    purpose: Mapped[str] = mapped_column(String(20))
    address: Mapped[str] = mapped_column(String(254), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    agent_id: Mapped[int | None]
    code_hash: Mapped[str] = mapped_column(String(64), index=True)
    #: of the link that does what the code does
    link_hash: Mapped[str | None] = mapped_column(String(64), index=True)
    #: the browser it was asked from, where that one is known to the account
    device: Mapped[str] = mapped_column(String(64), default="", server_default="")
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    used_at: Mapped[datetime | None]


class Throttle(Base):
    """Failed log-ins per account or address in the running window."""

    __tablename__ = "throttle"

    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    count: Mapped[int]
    until: Mapped[datetime]


class ApiToken(Base):
    """Acts as an agent: with all the agent may (`permissions` is None), or with these of it."""

    __tablename__ = "api_token"
    __table_args__ = (AUTO,)

    id: Mapped[Key]
    name: Mapped[Name]
    agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    permissions: Mapped[list[Any] | None]
    #: None is never
    expires_at: Mapped[datetime | None]
    #: not later than a few minutes before the last call
    used_at: Mapped[datetime | None]


class Binding(Base):
    """A chat that belongs to a person; ends with revocation or the person's deactivation."""

    __tablename__ = "binding"
    __table_args__ = (Index(None, "channel", "chat_id"), AUTO)

    id: Mapped[Key]
    channel: Mapped[str] = mapped_column(String(12))
    chat_id: Mapped[str] = mapped_column(String(64))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class BotState(Base):
    """Where a conversation stands; the engine reads and writes only `state`."""

    __tablename__ = "bot_state"

    channel: Mapped[str] = mapped_column(String(12), primary_key=True)
    chat_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    state: Mapped[dict[str, Any]]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)


class ChatLine(Base):
    """One line of the portal's chat, either side."""

    __tablename__ = "chat_line"
    __table_args__ = (Index(None, "chat_id", "id"), AUTO)

    id: Mapped[Key]
    chat_id: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    side: Mapped[str] = mapped_column(String(10))
    text: Mapped[Long]
    buttons: Mapped[list[Any]]
    files: Mapped[list[Any]]


class Draft(Base):
    """What somebody was writing when they had to stop: form fields by owner and place."""

    __tablename__ = "draft"
    __table_args__ = (UniqueConstraint("owner_kind", "owner_id", "place"), AUTO)

    id: Mapped[Key]
    owner_kind: Mapped[str] = mapped_column(String(10))
    owner_id: Mapped[int]
    #: `new`, `ticket:<number>`, `new:<provider>`, or `spent:` and one of them: see helpdesk.drafts
    place: Mapped[str] = mapped_column(String(60))
    fields: Mapped[dict[str, Any]]
    files: Mapped[list[Any]]
    saved_at: Mapped[datetime]
