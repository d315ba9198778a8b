"""One call of the API: who calls, and how a change is made so that it happens once.

A change, the answer to it and the key it came with (`Idempotency-Key`) are one transaction: a
repeated request finds the answer, whatever happened to the first one's connection.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar

import msgspec
from litestar import MediaType, Request, Response
from litestar.di import NamedDependency
from litestar.exceptions import HTTPException
from litestar.params import HeaderParameter, PathParameter
from sqlalchemy.orm import Session

from channels.kit import Kit
from gateway.api import documents
from helpdesk import access, audit, idempotency, sealing, thread
from helpdesk.border import Actor
from helpdesk.desk import Desk
from helpdesk.errors import Conflict, Stale
from helpdesk.models import Ticket

T = TypeVar("T")

LONGEST_KEY = 200
API_V1 = "/api/v1"
#: what a 64-bit key can be
MOST_NUMBER = 2**63 - 1
Number = Annotated[int, PathParameter(ge=1, le=MOST_NUMBER)]


@dataclass(frozen=True, slots=True)
class Answer:
    """`body` None is an empty answer. `secret`: it is kept for a repeated request like a password,
    encrypted."""

    status: int
    body: msgspec.Struct | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    secret: bool = False


class Kept(msgspec.Struct, frozen=True):
    """An answer as the idempotency row keeps it."""

    headers: dict[str, str]
    body: msgspec.Raw


IfMatch = Annotated[str | None, HeaderParameter(name="If-Match")]
Verb = Callable[[Session, Desk], Answer]


@dataclass(frozen=True, slots=True)
class Call:
    """`tags` are the versions of `If-Match`, None when any will do."""

    kit: Kit
    actor: Actor
    token_id: int
    path: str
    body_sha256: str = ""
    key: str | None = None
    tags: frozenset[str] | None = None

    def desk(self) -> Desk:
        return Desk(self.actor, self.kit.policy, self.kit.clock())

    async def ask(self, query: Callable[[Session, Desk], T]) -> T:
        """Read; nothing is written."""
        return await self.kit.work.read(query, self.desk())

    async def act(self, verb: Verb, number: int | None = None) -> Response[Any]:
        """Change something, of the ticket `number` if it is about one; answer after COMMIT.

        Raises `Stale` when the ticket is not at a version of `If-Match`.
        """
        status, kept, replayed = await self.kit.work.write(self._act, verb, number)
        headers = dict(kept.headers)
        if replayed:
            headers["Idempotency-Replayed"] = "true"
        return Response(
            bytes(kept.body), status_code=status, media_type=MediaType.JSON, headers=headers
        )

    async def note_access(self, what: str, number: int | None = None, detail: str = "") -> None:
        """Exports, raw mail and what is secret are looked at on record."""
        now = self.kit.clock()
        await self.kit.work.write(
            audit.accessed, self.actor, what, now=now, number=number, detail=detail
        )

    def _act(self, session: Session, verb: Verb, number: int | None) -> tuple[int, Kept, bool]:
        desk = self.desk()
        row = None
        if self.key is not None:
            path = self.path.removeprefix(API_V1)
            row = idempotency.begin(
                session, self.token_id, path, self.key, self.body_sha256, now=desk.now
            )
            if row.status is not None:
                return row.status, self._kept(row.answer), True
        if number is not None:
            self._check_tags(access.ticket(session, self.actor, number, lock=True))
        answer = verb(session, desk)
        body = b"" if answer.body is None else msgspec.json.encode(answer.body)
        kept = Kept(dict(answer.headers), msgspec.Raw(body))
        if row is not None:
            text = msgspec.json.encode(kept).decode()
            sealed = (
                sealing.seal(self.kit.keyring, text, bound=self._bound) if answer.secret else ""
            )
            row.status, row.answer = answer.status, sealed or text
        return answer.status, kept, False

    def _kept(self, text: str) -> Kept:
        """Base64 begins with no brace. Raises `Conflict` when its key is gone."""
        if not text.startswith("{"):
            opened = sealing.unseal(self.kit.keyring, text, bound=self._bound)
            if opened is None:
                raise Conflict("key_reused")
            text = opened
        return msgspec.json.decode(text, type=Kept)

    @property
    def _bound(self) -> str:
        return f"answer:{self.token_id}:{self.path}:{self.key}"

    def _check_tags(self, ticket: Ticket) -> None:
        if self.tags is not None and etag(ticket.version) not in self.tags:
            raise Stale(ticket.version)


async def given(
    request: Request[Actor, int, Any],
    kit: NamedDependency[Kit],
    idempotency_key: Annotated[str | None, HeaderParameter(name="Idempotency-Key")] = None,
    if_match: IfMatch = None,
) -> Call:
    """The call behind a POST. Raises 400 for a key that is too long to be one."""
    key = (idempotency_key or "").strip()
    if len(key) > LONGEST_KEY:
        detail = f"Idempotency-Key: at most {LONGEST_KEY} characters"
        raise HTTPException(detail=detail, status_code=400)
    return Call(
        kit=kit,
        actor=request.user,
        token_id=request.auth,
        path=request.url.path,
        body_sha256=hashlib.sha256(await request.body()).hexdigest(),
        key=key or None,
        tags=tags(if_match),
    )


def plain(request: Request[Actor, int, Any], kit: NamedDependency[Kit]) -> Call:
    """The call behind every other method."""
    return Call(kit, request.user, request.auth, request.url.path)


def etag(version: int) -> str:
    return f'"{version}"'


def tags(if_match: str | None) -> frozenset[str] | None:
    """Entity tags of the header (RFC 9110 §13.1.1); `*` is met by every ticket there is."""
    if if_match is None:
        return None
    found = frozenset(tag.strip() for tag in if_match.split(","))
    return None if "*" in found else found


def ticket(session: Session, desk: Desk, number: int, status: int = 200) -> Answer:
    """The ticket as it is now, inside the same transaction."""
    view = thread.view(session, desk.actor, number, policy=desk.policy, now=desk.now)
    headers = {"ETag": etag(view.row.version)}
    if status == 201:  # noqa: PLR2004 - Created
        headers["Location"] = f"{API_V1}/tickets/{number}"
    return Answer(status, documents.ticket(view, desk.policy.zone), headers)
