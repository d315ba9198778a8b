"""What the API is sent. A body with a field that is not here is refused."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

#: what a 64-bit key can be
Number = Annotated[int, Meta(ge=1, le=2**63 - 1)]
#: with its offset: a time without one is refused
Moment = Annotated[datetime, Meta(tz=True)]

# Codes of the registers, with one of each for whoever reads the document.
ProviderCode = Annotated[str, Meta(examples=["4512"])]
ClassificationCode = Annotated[str, Meta(examples=["GLO"])]
SubclassificationCode = Annotated[str, Meta(examples=["GLO.2"])]
ReasonCode = Annotated[str, Meta(examples=["GLO.2.1"])]
StatusCode = Annotated[str, Meta(examples=["EPR"])]
SectorCode = Annotated[str, Meta(examples=["CTM"])]
Login = Annotated[str, Meta(examples=["ana"])]
Phone = Annotated[str, Meta(examples=["(31) 3222-0101"])]
Email = Annotated[str, Meta(examples=["contato@clinica.example"])]
Base64 = Annotated[str, Meta(examples=["b2zDoQo="])]


class Body(Struct, frozen=True, forbid_unknown_fields=True):
    """Root of every body."""


class Nothing(Body, frozen=True):
    """`{}`."""


class NewContact(Body, frozen=True):
    name: str
    phone: Phone
    email: Email


class Upload(Body, frozen=True):
    """`content_type` only tells kinds of text apart: the bytes say what a file is."""

    filename: str
    content_type: str
    base64: Base64


class NewTicket(Body, frozen=True):
    """`provider`, `classification` and `subclassification` are codes; `text` has at most 4,000
    code points."""

    provider: ProviderCode
    title: str
    classification: ClassificationCode
    text: str
    contact: NewContact
    subclassification: SubclassificationCode | None = None
    channel: Literal["api", "phone", "in_person"] = "api"
    attachments: list[Upload] = []


class GuideIssued(Body, frozen=True):
    """`guide` is its number, at most 20 characters. Without `contact` the provider's register
    answers; without `classification` it is TRI; `text` says what the CRM should read."""

    provider: ProviderCode
    guide: Annotated[str, Meta(examples=["45871"])]
    text: str | None = None
    classification: ClassificationCode | None = None
    subclassification: SubclassificationCode | None = None
    contact: NewContact | None = None


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
    status: Annotated[str, Meta(examples=["AGP"])] | None = None
    until: Moment | None = None
    ask: list[str] = []


class Close(Body, frozen=True):
    status: StatusCode
    text: str
    reason: ReasonCode | None = None


class Reopen(Body, frozen=True):
    text: str


class Forward(Body, frozen=True):
    """To an agent (login), a sector (code) or both."""

    note: str
    agent: Login | None = None
    sector: SectorCode | None = None


class Classify(Body, frozen=True):
    classification: ClassificationCode
    subclassification: SubclassificationCode | None = None
    reason: ReasonCode | None = None


class Attach(Body, frozen=True):
    number: Number


class NewWebhook(Body, frozen=True):
    """`url` begins with https:// and leads to the internet, or to a network that the administrator
    allowed. Without `events` all of them are told."""

    url: Annotated[str, Meta(examples=["https://erp.clinica.example/ponte"])]
    events: list[Literal["opened", "changed", "message", "claim", "delivery"]] | None = None


class ProviderFields(Body, frozen=True):
    """What is absent or empty keeps what is stored. `email` becomes a known address of the
    provider and, with `person`, that person's log-in."""

    name: str | None = None
    document: str | None = None
    type: str | None = None
    cnes: str | None = None
    city: str | None = None
    state: str | None = None
    phone: Phone | None = None
    email: Email | None = None
    person: str | None = None
    active: bool | None = None


class DomainFields(Body, frozen=True):
    """`address` lies at `domain` and is asked to answer from it."""

    domain: str
    address: str
