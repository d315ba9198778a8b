"""Adapters: one folder a channel, none of which imports another.

A channel is a module with `connect(kit, config) -> Connected | None` (None = not configured),
declared as an entry point `ponte.channels`. `config` is the channel's own section of the settings.
The recipe for a new one is `docs/channels.md`.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from litestar import Router
from sqlalchemy.orm import Session

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


@dataclass(frozen=True, slots=True)
class Connected:
    """A channel at work: what it serves, listens to and sends through."""

    routes: tuple[Router, ...] = ()
    #: each runs until cancelled
    listeners: tuple[Callable[[], Awaitable[None]], ...] = field(default=())
    sender: Sender | None = None
