"""What crosses the border of the core: plain frozen data, no request, no mail, no update."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Channel(StrEnum):
    WEB = "web"
    MAIL = "mail"
    TELEGRAM = "telegram"
    CHAT = "chat"
    PHONE = "phone"
    IN_PERSON = "in_person"
    API = "api"


class ActorKind(StrEnum):
    PERSON = "person"
    AGENT = "agent"
    SYSTEM = "system"
    UNKNOWN = "unknown"


class Verdict(StrEnum):
    """Is the sender who the message says? By trusted Authentication-Results or our own check."""

    VERIFIED = "verified"
    FAILED = "failed"
    UNKNOWN = "unknown"


class HoldReason(StrEnum):
    """Why a message waits in quarantine (the contract's words)."""

    UNKNOWN_SENDER = "unknown-sender"
    NOT_A_PARTICIPANT = "not-a-participant"
    AMBIGUOUS_PROVIDER = "ambiguous-provider"
    UNVERIFIED = "unverified"
    AUTHENTICATION_FAILED = "authentication-failed"
    FORGED_TOKEN = "forged-token"  # noqa: S105 - a word of the contract
    UNREADABLE = "unreadable"
    LIMIT = "limit"
    INTERNAL_ERROR = "internal-error"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, and what they may see. Built once per request, message or command.

    `providers` maps the provider ids a person speaks for to the scope they have there
    (`all` = every protocol of the provider, `own` = only the ones they opened).
    """

    kind: ActorKind
    id: int | None = None
    name: str = ""
    permissions: frozenset[str] = frozenset()
    sector_id: int | None = None
    profile_id: int | None = None
    groups: frozenset[str] = frozenset()
    #: secret tickets of other groups this agent opened with a reason, for now (`secrecy`)
    opened: frozenset[int] = frozenset()
    #: the sectors an agent's rights are limited to, by id; none is all of them
    sectors: frozenset[int] = frozenset()
    providers: tuple[tuple[int, str], ...] = ()

    def may(self, permission: str) -> bool:
        return permission in self.permissions or "*" in self.permissions


SYSTEM = Actor(ActorKind.SYSTEM, name="Ponte", permissions=frozenset({"*"}))


@dataclass(frozen=True, slots=True)
class Address:
    """Where somebody can be reached: a channel and the value that channel understands.

    mail: lower-case address; telegram and chat: the chat id; web: `person:<id>`; phone: E.164.
    """

    channel: Channel
    value: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class File:
    """An attachment whose bytes are already durable in the blob store under `sha256`."""

    filename: str
    content_type: str
    size: int
    sha256: str
    inline: bool = False
    content_id: str | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """The person to talk to about a protocol, as typed in the form."""

    name: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class MailFacts:
    """What only mail knows and matching needs (RFC 5322 ids with their angle brackets)."""

    message_id: str | None = None
    references: tuple[str, ...] = ()
    subject: str = ""
    reply_to: str | None = None
    #: what stands where a reply token would in envelope recipients, To and Cc
    tokens: tuple[str, ...] = ()
    #: protocol numbers seen in the subject
    protocols: tuple[str, ...] = ()
    automatic: str | None = None
    bounces: tuple["Bounced", ...] = ()
    #: outbox rows a bounce proves to be about: by our envelope token, or by our signed Message-ID
    #: in the returned headers
    returned_outbox: tuple[int, ...] = ()
    #: Message-IDs referred to that are spelled like ours, at our domain, and signed by nobody
    forged_ids: tuple[str, ...] = ()
    #: an earlier mail is quoted in it
    quotes: bool = False
    #: other people of To and Cc, lower-case
    copied: tuple[str, ...] = ()
    mailbox: str | None = None
    defects: tuple[str, ...] = ()
    #: signed-pgp, signed-smime, encrypted-pgp or encrypted-smime; nobody verified or opened it
    protection: str | None = None


@dataclass(frozen=True, slots=True)
class Bounced:
    """One recipient of a delivery report (RFC 3464 §2.3)."""

    recipient: str
    action: str
    status: str
    permanent: bool
    diagnostic: str = ""


@dataclass(frozen=True, slots=True)
class Inbound:
    """A message that arrived by any channel, understood but not yet placed.

    `arrival` is unique per physical arrival, `content` per content (see DESIGN §1); both make a
    repeated delivery one message. `number` is set when the channel already knows the ticket (the
    portal page, the bot); mail leaves it None and lets matching decide.
    `provider` and `person` are set when the sender has logged in.
    """

    channel: Channel
    sender: Address
    text: str
    arrival: str
    at: datetime
    content: str | None = None
    title: str = ""
    number: int | None = None
    provider_id: int | None = None
    person_id: int | None = None
    agent_id: int | None = None
    classification: str | None = None
    subclassification: str | None = None
    contact: Contact | None = None
    quoted: str = ""
    html: str | None = None
    files: tuple[File, ...] = ()
    #: items asked of the provider that this brings (`pendency`)
    answers: tuple[int, ...] = ()
    verdict: Verdict = Verdict.VERIFIED
    #: what the verdict of a mail rests on, a word of the label table `judged`
    judged: str = ""
    mail: MailFacts | None = None
    raw_id: int | None = None
    #: the agent who decided in quarantine where this goes (`number`, or `provider_id` to open)
    placed_by: int | None = None
    #: nobody outside the console is told (imports, replays, mail first received > 48 h ago)
    quiet: bool = False
    imported: bool = False


class Outcome(StrEnum):
    OPENED = "opened"
    COMPLEMENTED = "complemented"
    DUPLICATE = "duplicate"
    NOTED = "noted"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class Receipt:
    """The message is in the database. `number` is None only for ignored automatic mail."""

    outcome: Outcome
    number: int | None = None
    protocol: str | None = None
    message_id: int | None = None
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """The message waits in quarantine: visible, retriable, never lost."""

    reason: HoldReason
    detail: str = ""
    suggestion: int | None = None
    trace: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outbound:
    """One notice to one address, as a channel's `send` receives it (rendered by the channel).

    `notice` names the template folder; `data` is its plain-JSON context. `ref` is stable over
    retries: channels derive the Message-ID or the de-duplication key from it.
    """

    id: int
    ref: str
    notice: str
    address: Address
    data: dict[str, object] = field(default_factory=dict[str, object])
    files: tuple[File, ...] = ()
    number: int | None = None
    automatic: bool = True
