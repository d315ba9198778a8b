"""Where a conversation stands, and how that is kept between two messages."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from helpdesk.border import File

VERSION = 1
#: code points of a message (DESIGN §3, complement) and of a title
MOST_TEXT = 4_000
MOST_TITLE = 100
MOST_FILES = 10


class Phase(StrEnum):
    """What the next text will be taken for."""

    EMAIL = "email"
    CODE = "code"
    MENU = "menu"
    PROVIDER = "provider"
    CLASSIFICATION = "classification"
    SUBCLASSIFICATION = "subclassification"
    TITLE = "title"
    TEXT = "text"
    CONFIRM = "confirm"
    PICK = "pick"
    COMPLEMENT = "complement"


@dataclass(frozen=True, slots=True)
class Provider:
    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Person:
    """Who speaks, and for which providers."""

    id: int
    name: str
    providers: tuple[Provider, ...]


@dataclass(frozen=True, slots=True)
class Option:
    """A classification with its subclassifications, or one of these."""

    code: str
    name: str
    children: tuple["Option", ...] = ()


@dataclass(frozen=True, slots=True)
class Ref:
    number: int
    protocol: str | None


@dataclass(frozen=True, slots=True)
class Gathered:
    """What was written and sent so far, on its way to becoming one message."""

    texts: tuple[str, ...] = ()
    files: tuple[File, ...] = ()

    @property
    def text(self) -> str:
        return "\n".join(self.texts)

    @property
    def empty(self) -> bool:
        return not self.texts and not self.files


@dataclass(frozen=True, slots=True)
class Form:
    """A new contact, or with `target` a complement. None is what was not asked yet.

    An empty `title` is taken from the text.
    """

    target: Ref | None = None
    provider: Provider | None = None
    classification: Option | None = None
    subclassification: Option | None = None
    title: str | None = None
    gathered: Gathered = field(default_factory=Gathered)

    @property
    def typed(self) -> bool:
        """Leaving it would lose something somebody wrote or sent."""
        return bool(self.title) or not self.gathered.empty


@dataclass(frozen=True, slots=True)
class State:
    """`turn` rises with each keyboard, so that a button of an earlier one is recognised."""

    phase: Phase = Phase.EMAIL
    turn: int = 0
    at: datetime | None = None
    person: Person | None = None
    #: the portal says who it is: no code, no leaving by command
    portal: bool = False
    #: address a code is on its way to
    email: str = ""
    form: Form | None = None
    #: what came when nobody had asked for it
    stray: Gathered = field(default_factory=Gathered)
    #: the ticket looked at last
    viewing: Ref | None = None
    #: the published classifications, while a form needs them
    options: tuple[Option, ...] = ()
    page: int = 0
    #: whose form and stray these are, while the person has to identify again
    owner: int | None = None


def dump(state: State) -> dict[str, Any]:
    """Plain JSON."""
    return {"v": VERSION, "state": msgspec.to_builtins(state)}


def load(stored: dict[str, Any]) -> State:
    """Raises `ValueError` for what another version wrote or nobody did."""
    if stored.get("v") != VERSION:
        msg = f"state of version {stored.get('v')}, this one reads {VERSION}"
        raise ValueError(msg)
    # a ValidationError of msgspec is a ValueError
    return msgspec.convert(stored.get("state"), State)
