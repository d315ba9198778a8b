"""What a channel is lent by the gateway (`Kit`), and what it gives back (`Connected`)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from litestar import Request, Response, Router
from sqlalchemy.orm import Session

from helpdesk.attachments import Limits
from helpdesk.border import Inbound
from helpdesk.models import InboundRaw
from helpdesk.policy import Policy
from helpdesk.ports import BlobStore, Sender
from helpdesk.tokens import Keyring

P = ParamSpec("P")
T = TypeVar("T")


class Work(Protocol):
    """The only way to the core: a function over a `Session`, run in the right thread.

    `write` returns after COMMIT, so what is said afterwards is true; nothing slow may happen in it.
    """

    async def read(
        self, query: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T: ...

    async def write(
        self, verb: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T: ...


class Page(Protocol):
    """Render a page for this request: theme, CSRF token and visitor are added to the context."""

    def __call__(
        self,
        request: Request[Any, Any, Any],
        name: str,
        context: dict[str, object],
        status: int = 200,
    ) -> Response[str]: ...


@dataclass(frozen=True, slots=True)
class Insurer:
    """The operadora this instance serves."""

    name: str
    ans_registration: str
    public_url: str
    zone: tzinfo


@dataclass(frozen=True, slots=True)
class Kit:
    """What the gateway lends a channel."""

    work: Work
    blobs: BlobStore
    keyring: Keyring
    insurer: Insurer
    #: aware, UTC
    clock: Callable[[], datetime]
    #: template path and context to text (the one Jinja environment)
    render: Callable[[str, dict[str, object]], str]
    page: Page
    policy: Policy
    #: of the attachments of one form or chat message
    limits: Limits
    #: of one raw mail, in octets
    message_size: int
    #: whether so many octets may be stored without filling the disk
    has_room: Callable[[int], bool] = lambda _: True
    #: names the malware in these bytes, "" for none; raises `Deferred` while it cannot tell
    scan: Callable[[bytes], str] = lambda _: ""


@dataclass(frozen=True, slots=True)
class Health:
    """How a listener fares. `error` is the last failure, "" since the last success."""

    name: str
    last_success: datetime | None = None
    failing_since: datetime | None = None
    error: str = ""
    #: messages known to be on the other side and not yet stored
    lag: int = 0


@dataclass(frozen=True, slots=True)
class Connected:
    """A channel at work: what it serves, listens to and sends through."""

    routes: tuple[Router, ...] = ()
    #: each runs until cancelled
    listeners: tuple[Callable[[], Awaitable[None]], ...] = field(default=())
    sender: Sender | None = None
    #: hang up, once nothing is sent any more
    close: Callable[[], Awaitable[None]] | None = None
    #: a stored raw arrival and its bytes to what it says; attachments are durable when it returns
    understand: Callable[[InboundRaw, bytes], Inbound] | None = None
    #: true while raw arrivals come in one after another: understanding them can wait a moment
    is_busy: Callable[[], bool] | None = None
    #: the present state of each listener that can fail while it runs
    health: tuple[Callable[[], Health], ...] = ()
