"""What the API answers, as the contract names it. Absent is null, times carry their offset.

`next` of a list is the cursor of its following page, or null.
"""

from datetime import datetime

from msgspec import Struct, field


class Named(Struct, frozen=True):
    """Something of a register; the code of an agent is the log-in."""

    code: str
    name: str


class Labelled(Struct, frozen=True):
    code: str
    label: str


class ProviderName(Struct, frozen=True):
    code: str
    name: str
    document: str | None


class Actor(Struct, frozen=True):
    kind: str
    id: str | None
    name: str


class Author(Struct, frozen=True):
    kind: str
    name: str


class Contact(Struct, frozen=True):
    name: str
    phone: str
    email: str


class Deadline(Struct, frozen=True):
    days: int
    unit: str
    due_at: datetime
    attention_at: datetime
    band: str


class Endpoint(Struct, frozen=True):
    id: str
    channel: str
    address: str
    default: bool
    usable: bool


class Attachment(Struct, frozen=True):
    id: str
    filename: str
    content_type: str
    size: int
    sha256: str
    audience: str
    secret: str | None


class Delivery(Struct, frozen=True):
    recipient: str
    channel: str
    state: str
    at: datetime
    detail: str | None


class Message(Struct, frozen=True):
    id: str
    direction: str
    audience: str
    secret: str | None
    channel: str
    author: Author
    at: datetime
    text: str
    quoted: str | None
    html: str | None
    attachments: list[Attachment]
    deliveries: list[Delivery]


class TicketSummary(Struct, frozen=True):
    """A ticket of a list: without `linked`, `endpoints` and `messages`."""

    number: int
    protocol: str | None
    title: str
    situation: str
    status: Labelled
    provider: ProviderName
    opened_by: Actor
    contact: Contact
    classification: Named
    subclassification: Named | None
    reason: Named | None
    sector: Named | None
    assignee: Named | None
    in_progress_with: Named | None
    channel: str
    opened_at: datetime
    closed_at: datetime | None
    deleted_at: datetime | None
    days_open: int
    deadline: Deadline
    waiting_on: str
    secret: str | None
    merged_into: int | None
    version: int


class Ticket(TicketSummary, frozen=True):
    linked: list[int]
    endpoints: list[Endpoint]
    messages: list[Message]


class Tickets(Struct, frozen=True):
    """`total` is at least this many when not `total_exact`."""

    items: list[TicketSummary]
    next: str | None
    total: int | None
    total_exact: bool


class Change(Struct, frozen=True):
    field: str
    before: str | int | float | bool | None
    after: str | int | float | bool | None


class LogEntry(Struct, frozen=True):
    id: str
    at: datetime
    actor: Actor
    action: str
    changes: list[Change]
    note: str | None
    digest: str
    seal: str | None


class Suggestion(Struct, frozen=True):
    number: int
    protocol: str | None


class HeldMessage(Struct, frozen=True):
    id: str
    received_at: datetime
    channel: str
    mailbox: str | None
    sender: str = field(name="from")
    subject: str
    reason: str
    detail: str | None
    suggestion: Suggestion | None
    state: str


class Log(Struct, frozen=True):
    """Oldest first."""

    items: list[LogEntry]
    next: str | None = None


class Quarantine(Struct, frozen=True):
    """Newest first."""

    items: list[HeldMessage]
    next: str | None = None


class FieldProblem(Struct, frozen=True):
    field: str
    code: str
    message: str


class Problem(Struct, frozen=True):
    """RFC 9457; the members after `detail` stand where they apply."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldProblem] = []


class GuideAnswer(Struct, frozen=True):
    """`opened`: a ticket stands for the guide; false where no CRM is used."""

    opened: bool
    number: int | None
    protocol: str | None


class Webhook(Struct, frozen=True):
    """`why` it is not active any more: asked, gone (it answered 410), departed (its agent).
    `failing_since`: nothing arrives since then."""

    id: str
    url: str
    events: list[str]
    active: bool
    agent: Named
    created_at: datetime
    ended_at: datetime | None
    why: str | None
    failing_since: datetime | None


class NewWebhook(Webhook, frozen=True, kw_only=True):
    """`secret` is told this once; what is posted is signed with it."""

    secret: str


class Webhooks(Struct, frozen=True):
    """Newest first."""

    items: list[Webhook]
    next: str | None = None


class WebhookDelivery(Struct, frozen=True):
    """`state`: waiting, delivered, failed. `at` is the event's, `next_at` when it is sent (again);
    `status` is what was answered last. `detail` says why it did not arrive: answer (not 2xx),
    timeout, connection (none, or no TLS), address (leads where nothing may be sent), name (has no
    address), secret (its key is lost), hidden (its agent may not see the ticket), off."""

    id: str
    event: str
    number: int
    state: str
    attempts: int
    at: datetime
    next_at: datetime | None
    settled_at: datetime | None
    status: int | None
    detail: str | None


class WebhookDeliveries(Struct, frozen=True):
    """Newest first."""

    items: list[WebhookDelivery]
    next: str | None = None
