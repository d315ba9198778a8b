"""The log-in in its steps, as a page or as a dialog over one: ask for a code, type the code, or a
password; a second factor."""

from dataclasses import dataclass, replace
from typing import Literal

from litestar import Response
from sqlalchemy.orm import Session

from channels.kit import Kit
from channels.web import writer
from channels.web.visitors import HOME, PortalRequest
from helpdesk import passkeys
from helpdesk.errors import Throttled
from helpdesk.models import Person
from helpdesk.passkeys import Party

MINUTE = 60
Step = Literal["ask", "code", "password", "second"]


@dataclass(frozen=True, slots=True)
class Door:
    """`kept` is a form that waits for the log-in (signed); `saved` says that a draft does.

    `error`: required, invalid (the address), wrong (password), code, code_dead,
    second (its code), passkey, expired, throttled, other (the page is somebody else's).
    """

    back: str = HOME
    step: Step = "ask"
    email: str = ""
    kept: str = ""
    saved: bool = False
    #: names of files that have to be chosen again
    attach_again: tuple[str, ...] = ()
    error: str = ""
    #: proves that the first factor was right (step second)
    passed: str = ""
    #: somebody who is in proves it again, to change a lock of the account
    confirms: bool = False
    #: a dialog over an open page, and the mark of whose page that is (`channels.web.writer`)
    in_place: bool = False
    writer: str = ""
    tries: int = 0
    minutes: int = 0


def party_of(kit: Kit) -> Party | None:
    """Whom a passkey is for; None where browsers know none."""
    return passkeys.party(kit.policy.public_url, kit.policy.insurer or "Ponte")


def show(request: PortalRequest, kit: Kit, door: Door, *, status: int = 200) -> Response[str]:
    page = "web/door_dialog.html" if door.in_place else "web/door.html"
    context: dict[str, object] = {"door": door, "passkeys": party_of(kit) is not None}
    return kit.page(request, page, context, status)


async def known(door: Door, kit: Kit) -> Door:
    """With the address of whose page it stands over, and the way they come in by."""
    person_id = writer.named_in(door.writer, kit)
    if person_id is None:
        return door
    email, has_password = await kit.work.read(_known, person_id)
    return replace(door, step="password" if has_password else "ask", email=email)


def wait(request: PortalRequest, kit: Kit, door: Door, error: Throttled) -> Response[str]:
    minutes = max(round(error.seconds / MINUTE), 1)
    answer = show(request, kit, replace(door, error="throttled", minutes=minutes), status=429)
    answer.headers["Retry-After"] = str(error.seconds)
    return answer


def _known(session: Session, person_id: int) -> tuple[str, bool]:
    person = session.get(Person, person_id)
    if person is None or not person.active:
        return "", False
    return person.email, bool(person.password_hash)
