"""Plain frozen data of one ticket, as `thread` gives it to pages and API."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from helpdesk.deadlines import Source
from helpdesk.pendency import AskedView
from helpdesk.rows import Row


@dataclass(frozen=True, slots=True)
class AttachmentView:
    public_id: str
    filename: str
    content_type: str
    size: int
    sha256: str
    audience: str
    secret: str | None
    inline: bool
    content_id: str | None
    #: the ticket it hangs on
    number: int = 0
    #: why its text could not be read for the search, "" when it was or need not be
    unread: str = ""


@dataclass(frozen=True, slots=True)
class DeliveryView:
    recipient: str
    channel: str
    state: str
    at: datetime
    detail: str
    outbox_id: int | None
    #: RFC 3463, "" when nobody said one
    status: str = ""
    #: why it is still here (helpdesk.waiting.why), "" when its turn is to come or it has left
    waits: str = ""


@dataclass(frozen=True, slots=True)
class MessageView:
    id: int
    #: the ticket it was written to: another one than the page's when that was merged
    number: int
    kind: str
    direction: str
    audience: str
    secret: str | None
    channel: str
    author_kind: str
    author_id: int | None
    author_name: str
    at: datetime
    text: str
    quoted: str
    html: str | None
    verdict: str | None
    #: what the verdict rests on, a word of the label table `judged`
    judged: str
    match: dict[str, Any] | None
    raw_id: int | None
    attachments: list[AttachmentView] = field(default_factory=list[AttachmentView])
    deliveries: list[DeliveryView] = field(default_factory=list[DeliveryView])
    #: when its words were erased (helpdesk/privacy)
    erased_at: datetime | None = None
    #: what the provider said of the closing, 1 to 5, and why
    score: int | None = None
    comment: str = ""


@dataclass(frozen=True, slots=True)
class EndpointView:
    id: int
    channel: str
    address: str
    name: str
    state: str
    default: bool
    usable: bool
    #: the provider wrote from there: an answer may carry its text (`letters`)
    spoke: bool = False


@dataclass(frozen=True, slots=True)
class ProviderView:
    code: str
    name: str
    document: str
    type: str
    cnes: str
    city: str
    state: str
    phone: str
    email: str
    active: bool
    #: name, e-mail and role of each active person
    people: list[tuple[str, str, str]]


@dataclass(frozen=True, slots=True)
class Thread:
    row: Row
    contact_name: str
    contact_phone: str
    contact_email: str
    endpoints: list[EndpointView]
    messages: list[MessageView]
    provider: ProviderView
    merged_into: int | None
    #: the closed ticket this one follows, and those that follow it
    linked: list[int]
    pending_until: datetime | None
    attention: int
    terms_source: Source
    #: what the provider was asked for, in the order of asking
    asked: list[AskedView]
    #: since when its status holds the deadline's clock
    paused_at: datetime | None
    #: how many messages precede those shown
    earlier: int = 0


@dataclass(frozen=True, slots=True)
class LogView:
    id: int
    at: datetime
    actor_kind: str
    actor_id: int | None
    actor_name: str
    action: str
    changes: list[dict[str, Any]]
    note: str
    digest: str
    seal: int | None
