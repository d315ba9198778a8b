"""Opening a contact and adding to one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.params import FromPath, SkipValidation
from litestar.response import Redirect
from sqlalchemy.orm import Session

from channels.kit import Kit
from channels.web import conversation, forms, keeping, reading, slots, uploads, writer
from channels.web.forms import COMPLEMENT, OPENING, Problem
from channels.web.uploads import Uploads
from channels.web.visitors import HOME, PortalRequest, Visitor, entered, is_entered
from helpdesk import catalog, contacts, drafts, parameters, pieces, thread
from helpdesk.border import Inbound, Outcome, Receipt
from helpdesk.drafts import Kept
from helpdesk.errors import Conflict, FieldError, Invalid, NotVisible
from helpdesk.intake import receive_many
from helpdesk.intake.checking import MOST_TEXT, check
from helpdesk.models import Person
from helpdesk.pieces import Begun
from helpdesk.policy import Policy

NEW = f"{HOME}/novo"
#: buttons of the form that do not send it
SHOW, DISCARD = "show", "discard"


@dataclass(frozen=True, slots=True)
class Choices:
    """What the form offers: classifications by code, each with its subclassifications."""

    classifications: list[tuple[str, str]]
    groups: list[tuple[str, str, list[tuple[str, str]]]]
    #: what the provider reads once it has chosen: field, code, text
    said: list[tuple[str, str, str]]
    contact: dict[str, str]
    draft: Kept | None
    #: files that stopped on the way
    begun: Sequence[Begun]
    providers: list[tuple[int, str]]


@get(NEW)
async def contact_new(
    request: PortalRequest, kit: NamedDependency[SkipValidation[Kit]]
) -> Response[str]:
    visitor = entered(request)
    choices = await kit.work.read(_choices, visitor, kit.policy, now=kit.clock())
    draft = choices.draft
    fields = dict.fromkeys(OPENING, "") | choices.contact | (draft.fields if draft else {})
    taken = slots.recalled({}, draft.files if draft else ())
    return _form(request, kit, visitor, choices, fields, taken, forms.new_token(), draft=draft)


@post(NEW)
async def contact_open(
    request: PortalRequest, kit: NamedDependency[SkipValidation[Kit]]
) -> Response[str] | Redirect:
    form = await request.form()
    if not _is_writer(request, kit, form):
        return await keeping.set_aside(request, kit, form, "", OPENING, NEW)
    visitor, now = _acting(entered(request), form), kit.clock()
    if DISCARD in form:
        await kit.work.write(drafts.drop, visitor.owner, drafts.NEW)
        return Redirect(NEW, status_code=303)
    fields, token = forms.typed(form, OPENING), forms.token_of(form)
    taken = await uploads.take(form, kit, visitor.id)
    inbound = forms.opening(fields, taken.files, visitor, token, now)
    asked = SHOW in form or uploads.REMOVE in form
    problems = await kit.work.read(_problems, inbound, kit.policy) if not asked else ()
    if not (asked or problems or taken.problems):
        receipt = await kit.work.write(_receive, inbound, visitor, drafts.NEW, kit.policy, now=now)
        return Redirect(f"{_address(receipt)}?confirmado=1", status_code=303)
    choices = await kit.work.read(_choices, visitor, kit.policy, now=now)
    wrong = forms.problems_of([*problems, *taken.problems], fields)
    await uploads.hold(taken, kit)
    narrow = SHOW in form or "narrow" in form
    return _form(request, kit, visitor, choices, fields, taken, token, wrong, narrow=narrow)


@post(f"{HOME}/{{ref:str}}/complementar")
async def contact_complement(
    request: PortalRequest, kit: NamedDependency[SkipValidation[Kit]], ref: FromPath[str]
) -> Response[str] | Redirect:
    form = await request.form()
    if not _is_writer(request, kit, form):
        return await keeping.set_aside(request, kit, form, ref, COMPLEMENT, f"{HOME}/{ref}")
    visitor, now = entered(request), kit.clock()
    found = await kit.work.read(conversation.load, visitor, ref, policy=kit.policy, now=now)
    row = found.thread.row
    place, here = drafts.of_ticket(row.number), conversation.address(row)
    if DISCARD in form:
        await kit.work.write(drafts.drop, visitor.owner, place)
        return Redirect(f"{here}#complementar", status_code=303)
    if row.deleted_at is not None:
        code = "deleted"
        raise Conflict(code)
    taken, token = await uploads.take(form, kit, visitor.id), forms.token_of(form)
    fields = forms.typed(form, COMPLEMENT) | slots.noted(form, taken)
    brings = slots.brought(found, fields, taken)
    inbound = replace(
        forms.complement(fields, taken.files, visitor, row.number, token, now),
        text=slots.worded(kit, fields["text"], brings),
        answers=tuple(each.id for each in brings),
    )
    asked = uploads.REMOVE in form
    problems = await kit.work.read(_problems, inbound, kit.policy) if not asked else ()
    if not (asked or problems or taken.problems):
        receipt = await kit.work.write(_receive, inbound, visitor, place, kit.policy, now=now)
        if receipt.outcome is Outcome.OPENED:
            return Redirect(f"{_address(receipt)}?confirmado=1", status_code=303)
        return Redirect(f"{_address(receipt)}#m{receipt.message_id}", status_code=303)
    wrong = forms.problems_of([*problems, *slots.placed(found, taken.problems)], fields)
    await uploads.hold(taken, kit)
    return reading.show(
        request,
        kit,
        visitor,
        found,
        fields=fields,
        taken=taken,
        token=token,
        problems=wrong,
    )


def _is_writer(request: PortalRequest, kit: Kit, form: FormMultiDict) -> bool:
    """Whether who is logged in is who wrote the form."""
    person_id = request.user.id if is_entered(request) else None
    return person_id is not None and writer.is_theirs(writer.of(form), person_id, kit)


def _acting(visitor: Visitor, form: FormMultiDict) -> Visitor:
    """A form is sent for the provider it was opened for, also when another was chosen meanwhile
    in a second tab. Raises `NotVisible` for a foreign one."""
    named = str(form.get("provider", visitor.provider_id))
    mine = {str(provider): provider for provider, _ in visitor.actor.providers}
    if named not in mine:
        what = "provider"
        raise NotVisible(what)
    return replace(visitor, provider_id=mine[named])


def _form(
    request: PortalRequest,
    kit: Kit,
    visitor: Visitor,
    choices: Choices,
    fields: dict[str, str],
    taken: Uploads,
    token: str,
    problems: Sequence[Problem] = (),
    *,
    draft: Kept | None = None,
    narrow: bool = False,
) -> Response[str]:
    """`narrow`: without a script only the subclassifications of the chosen classification stand
    there, once asked for."""
    chosen = fields["classification"]
    groups = [group for group in choices.groups if not narrow or group[0] == chosen]
    context: dict[str, object] = {
        "now": kit.clock(),
        "fields": fields,
        "classifications": choices.classifications,
        "groups": groups,
        "said": choices.said,
        "narrow": narrow,
        "problems": problems,
        "draft": draft,
        "files": uploads.sealed(taken.taken, visitor.id, kit),
        "picker": uploads.picker(taken.files, kit),
        "limit": MOST_TEXT,
        "token": token,
        "writer": writer.mark(visitor.id, kit),
        "begun": choices.begun,
        "providers": choices.providers,
        "provider_id": visitor.provider_id,
    }
    return kit.page(request, "web/new.html", context, 422 if problems else 200)


def _choices(session: Session, visitor: Visitor, policy: Policy, *, now: datetime) -> Choices:
    """Raises `NotVisible` when the operadora closed the form."""
    registers = catalog.load(session, policy)
    _must_be_open(session, visitor.provider_id)
    published = registers.published()
    person = session.get(Person, visitor.id)
    known = {"name": person.name, "phone": person.phone, "email": person.email} if person else {}
    return Choices(
        classifications=[(c.code, c.name) for c in published],
        groups=[
            (c.code, c.name, [(s.code, s.name) for s in registers.children(c.id, published=True)])
            for c in published
        ],
        said=[("classification", c.code, c.default_message) for c in published if c.default_message]
        + [
            ("subclassification", s.code, s.default_message)
            for c in published
            for s in registers.children(c.id, published=True)
            if s.default_message
        ],
        contact=known,
        draft=drafts.load(session, visitor.owner, drafts.NEW),
        begun=pieces.unfinished(session, visitor.owner, drafts.NEW, now=now),
        providers=contacts.providers(session, visitor.actor),
    )


def _problems(session: Session, inbound: Inbound, policy: Policy) -> tuple[FieldError, ...]:
    """All at once, before the bytes are written for good; `receive_many` checks again."""
    registers = catalog.load(session, policy)
    if inbound.number is None:
        _must_be_open(session, inbound.provider_id)
    try:
        check(inbound, registers)
    except Invalid as error:
        return error.errors
    return ()


def _must_be_open(session: Session, provider_id: int | None) -> None:
    """The operadora may close the form, for all or for some; contacts that are there go on."""
    if not parameters.contact_open(session, provider_id):
        what = "form"
        raise NotVisible(what)


def _receive(
    session: Session,
    inbound: Inbound,
    visitor: Visitor,
    place: str,
    policy: Policy,
    *,
    now: datetime,
) -> Receipt:
    (answer,) = receive_many(session, [inbound], policy, now=now)
    assert isinstance(answer, Receipt), "only mail is ever held"
    drafts.drop(session, visitor.owner, place)
    pieces.drop_all(session, visitor.owner, place)
    if inbound.number is not None:
        thread.mark_read(session, visitor.actor, inbound.number)
    return answer


def _address(receipt: Receipt) -> str:
    return f"{HOME}/{receipt.protocol or f'n{receipt.number}'}"
