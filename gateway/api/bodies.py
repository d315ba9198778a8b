"""What the API is sent. A body with a field that is not here is refused."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

#: what a 64-bit key can be
Number = Annotated[int, Meta(ge=1, le=2**63 - 1)]
#: with its offset: a time without one is refused
Moment = Annotated[datetime, Meta(tz=True)]


class Body(Struct, frozen=True, forbid_unknown_fields=True):
    """Root of every body."""


class Nothing(Body, frozen=True):
    """`{}`."""


class NewContact(Body, frozen=True):
    name: str
    phone: str
    email: str


class Upload(Body, frozen=True):
    """`content_type` only tells kinds of text apart: the bytes say what a file is."""

    filename: str
    content_type: str
    base64: str


class NewTicket(Body, frozen=True):
    """`provider`, `classification` and `subclassification` are codes; `text` has at most 4,000
    code points."""

    provider: str
    title: str
    classification: str
    text: str
    contact: NewContact
    subclassification: str | None = None
    channel: Literal["api", "phone", "in_person"] = "api"
    attachments: list[Upload] = []


class NewMessage(Body, frozen=True):
    """reply (`endpoint` may choose where it goes) and note have at most 20,000 code points; a
    complement is said in the provider's name, has at most 4,000 and needs `contact`."""

    kind: Literal["reply", "note", "complement"]
    text: str
    endpoint: str | None = None
    contact: NewContact | None = None
    attachments: list[Upload] = []


class Leave(Body, frozen=True):
    """`ask` lists what the provider should send: it is told, as part of the text."""

    text: str | None = None
    status: str | None = None
    until: Moment | None = None
    ask: list[str] = []


class Close(Body, frozen=True):
    status: str
    text: str
    reason: str | None = None


class Reopen(Body, frozen=True):
    text: str


class Forward(Body, frozen=True):
    """To an agent (login), a sector (code) or both."""

    note: str
    agent: str | None = None
    sector: str | None = None


class Classify(Body, frozen=True):
    classification: str
    subclassification: str | None = None
    reason: str | None = None


class Attach(Body, frozen=True):
    number: Number


class ProviderFields(Body, frozen=True):
    """What is absent or empty keeps what is stored. `email` becomes a known address of the
    provider and, with `person`, that person's log-in."""

    name: str | None = None
    document: str | None = None
    type: str | None = None
    cnes: str | None = None
    city: str | None = None
    state: str | None = None
    phone: str | None = None
    email: str | None = None
    person: str | None = None
    active: bool | None = None
