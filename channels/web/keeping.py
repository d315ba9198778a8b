"""A form that came without a live session is set aside until its writer has logged in again."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from litestar import Response
from litestar.datastructures import FormMultiDict
from litestar.response import Redirect
from sqlalchemy.orm import Session

from channels.kit import Kit
from channels.web import doors, forms, slots, uploads, writer
from channels.web.doors import Door
from channels.web.uploads import Uploads
from channels.web.visitors import COOKIE, PortalRequest, door, is_entered
from helpdesk import drafts, sessions, thread
from helpdesk.border import ActorKind, File
from helpdesk.errors import Conflict, NotVisible
from helpdesk.tokens import Keyring

PURPOSE = "form-kept"
LIFE = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Unsent:
    """What was typed, where (`ref` of a contact, "" for a new one), and the files we already hold
    (as their signed names)."""

    ref: str
    fields: dict[str, str]
    tokens: tuple[str, ...]


async def set_aside(
    request: PortalRequest,
    kit: Kit,
    form: FormMultiDict,
    ref: str,
    names: Sequence[str],
    back: str,
) -> Response[str] | Redirect:
    """Its writer is known by the form's mark or by the session that ended, and finds the form as a
    draft. Of a stranger only the text is taken, signed, through the log-in; bytes of a stranger are
    not stored, but named. Raises `Conflict` when somebody else is logged in meanwhile."""
    now = kit.clock()
    fields = forms.typed(form, names)
    person_id = await _writer(request, kit, form)
    if person_id is not None:
        taken = await uploads.take(form, kit, person_id)
        fields |= slots.noted(form, taken)
        await kit.work.write(_save, person_id, ref, fields, taken.files, now=now)
        if is_entered(request):
            code = "other_writer"
            raise Conflict(code)
        return Redirect(door(back, guardado="1"), status_code=303)
    tokens = tuple(str(item) for item in form.getall(uploads.KEPT, []))
    unsent = Unsent(ref, fields | slots.noted(form, Uploads()), tokens)
    again = tuple(uploads.new_names(form))
    asked = Door(back=back, kept=seal(unsent, kit.keyring, now), attach_again=again)
    return doors.show(request, kit, asked, status=401)


async def _writer(request: PortalRequest, kit: Kit, form: FormMultiDict) -> int | None:
    marked = writer.named_in(writer.of(form), kit)
    token = request.cookies.get(COOKIE, "")
    if marked is not None or not token:
        return marked
    owner = await kit.work.read(sessions.owner, token)
    return owner[1] if owner is not None and owner[0] == ActorKind.PERSON else None


def seal(unsent: Unsent, keyring: Keyring, now: datetime) -> str:
    return keyring.link_token(PURPOSE, json.dumps(asdict(unsent)), now + LIFE)


def unseal(token: str, keyring: Keyring, now: datetime) -> Unsent | None:
    subject = keyring.read_link_token(PURPOSE, token, now) if token else None
    if subject is None:
        return None
    values = json.loads(subject)
    return Unsent(values["ref"], values["fields"], tuple(values["tokens"]))


def hand_over(
    session: Session, unsent: Unsent, person_id: int, keyring: Keyring, *, now: datetime
) -> None:
    """The form becomes a draft of whoever logged in; files only if they are theirs."""
    found = [uploads.unseal(token, person_id, keyring, now) for token in unsent.tokens]
    theirs = Uploads(tuple(taken for taken in found if taken is not None))
    fields = unsent.fields | slots.placed_in(theirs)
    _save(session, person_id, unsent.ref, fields, theirs.files, now=now)


def _save(
    session: Session,
    person_id: int,
    ref: str,
    fields: dict[str, str],
    files: Sequence[File],
    *,
    now: datetime,
) -> None:
    """Nothing is kept for a contact that is not theirs: they could never send it."""
    place = drafts.NEW
    if ref:
        actor = sessions.person_actor(session, person_id)
        try:
            number = thread.find(session, actor, ref) if actor else None
        except NotVisible:
            number = None
        if number is None:
            return
        place = drafts.of_ticket(number)
    drafts.save(session, (str(ActorKind.PERSON), person_id), place, fields, files, now=now)
