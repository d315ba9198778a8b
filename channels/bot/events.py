"""What happens to a conversation, what it wants done, and what it says: plain frozen data."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from channels.bot.states import Option, Person
from helpdesk.border import File

Purpose = Literal["see", "complement"]


# What the person did.


@dataclass(frozen=True, slots=True)
class Text:
    text: str


@dataclass(frozen=True, slots=True)
class Pressed:
    """`data` of a button that some earlier `Say` carried, perhaps a very old one."""

    data: str


@dataclass(frozen=True, slots=True)
class FileSent:
    """A file whose bytes are durable already; `caption` is what was typed with it."""

    file: File
    caption: str = ""


@dataclass(frozen=True, slots=True)
class FileRejected:
    """A file that was not taken.

    `code`: identify | required | too_big | type | infected | unavailable; `limit` in octets, 0 for
    none.
    """

    filename: str
    code: str
    limit: int = 0
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Command:
    """`name` without its slash, lower-case: start, novo, abertos, ajuda, cancelar, sair, others."""

    name: str


@dataclass(frozen=True, slots=True)
class Edited:
    """A message sent before was changed."""


@dataclass(frozen=True, slots=True)
class Unsupported:
    """Something no protocol can hold: `kind` is sticker, voice, location and others."""

    kind: str


# What became of a want.


@dataclass(frozen=True, slots=True)
class CodeSent:
    """Said whether or not the address is registered."""


@dataclass(frozen=True, slots=True)
class CodeAccepted:
    person: Person


@dataclass(frozen=True, slots=True)
class CodeRefused:
    tries_left: int


@dataclass(frozen=True, slots=True)
class Throttled:
    seconds: int


@dataclass(frozen=True, slots=True)
class ClassificationsLoaded:
    classifications: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    number: int
    protocol: str | None
    title: str
    #: an answer of the operadora is the last word
    answered: bool


@dataclass(frozen=True, slots=True)
class TicketsListed:
    """Newest first; `more` when older ones follow."""

    tickets: tuple[Listed, ...]
    purpose: Purpose
    more: bool = False


@dataclass(frozen=True, slots=True)
class Spoken:
    """One message the provider may see."""

    author: str
    mine: bool
    at: datetime
    text: str
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ticket:
    """`messages` are the last ones, oldest first; `earlier` counts the ones before them."""

    number: int
    protocol: str | None
    title: str
    status: str
    closed: bool
    opened_at: datetime
    due_at: datetime
    link: str
    messages: tuple[Spoken, ...]
    earlier: int = 0


@dataclass(frozen=True, slots=True)
class TicketLoaded:
    ticket: Ticket
    purpose: Purpose


@dataclass(frozen=True, slots=True)
class Opened:
    number: int
    protocol: str | None
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Complemented:
    number: int
    protocol: str | None


@dataclass(frozen=True, slots=True)
class Refused:
    """A want that was not done. `code` is not_visible, held, closed or a code of `FieldError`."""

    code: str
    field: str = ""
    limit: int = 0


@dataclass(frozen=True, slots=True)
class Unbound:
    """The chat belongs to nobody any more."""


@dataclass(frozen=True, slots=True)
class SessionLost:
    """The binding was revoked, or the person deactivated, since the last word."""


@dataclass(frozen=True, slots=True)
class Restarted:
    """The stored state could not be read; what stood in it is gone."""


Event = (
    Text
    | Pressed
    | FileSent
    | FileRejected
    | Command
    | Edited
    | Unsupported
    | CodeSent
    | CodeAccepted
    | CodeRefused
    | Throttled
    | ClassificationsLoaded
    | TicketsListed
    | TicketLoaded
    | Opened
    | Complemented
    | Refused
    | Unbound
    | SessionLost
    | Restarted
)


# What the conversation wants done; each want is answered by one event.


@dataclass(frozen=True, slots=True)
class SendCode:
    """→ `CodeSent` | `Throttled`."""

    email: str


@dataclass(frozen=True, slots=True)
class CheckCode:
    """→ `CodeAccepted` | `CodeRefused` | `Throttled`."""

    email: str
    code: str


@dataclass(frozen=True, slots=True)
class LoadClassifications:
    """→ `ClassificationsLoaded`."""


@dataclass(frozen=True, slots=True)
class ListOpen:
    """The open ones numbered below `before` → `TicketsListed`."""

    purpose: Purpose = "see"
    before: int | None = None


@dataclass(frozen=True, slots=True)
class LoadTicket:
    """`reference`: protocol, or number in digits → `TicketLoaded` | `Refused`."""

    reference: str
    purpose: Purpose = "see"


@dataclass(frozen=True, slots=True)
class Open:
    """→ `Opened` | `Refused` | `Throttled`."""

    provider_id: int
    classification: str | None
    subclassification: str | None
    title: str
    text: str
    files: tuple[File, ...] = ()


@dataclass(frozen=True, slots=True)
class Complement:
    """→ `Complemented`, `Opened` when the closed one is too old to reopen, `Refused`."""

    number: int
    text: str
    files: tuple[File, ...] = ()


@dataclass(frozen=True, slots=True)
class Unbind:
    """→ `Unbound`."""


Want = (
    SendCode | CheckCode | LoadClassifications | ListOpen | LoadTicket | Open | Complement | Unbind
)


@dataclass(frozen=True, slots=True)
class Button:
    """`label` is a key of `bot/button.txt`, `data` comes back in `Pressed` (≤ 64 octets)."""

    label: str
    data: str
    args: dict[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True, slots=True)
class Say:
    """`template` names `bot/<template>.txt`; `data` is plain JSON, instants in RFC 3339."""

    template: str
    data: dict[str, object] = field(default_factory=dict[str, object])
    buttons: tuple[Button, ...] = ()
