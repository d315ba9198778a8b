"""Novo atendimento: an agent opens a ticket for a provider who called, came or wrote."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery
from sqlalchemy.orm import Session

from gateway.console import commands, fields, shell
from gateway.console.fields import Fields, Kept
from gateway.console.shell import AgentRequest, Around, Console
from gateway.labels import label
from helpdesk import access, catalog, choices, drafts, intake
from helpdesk.border import Actor, Address, Channel, Contact, File, Inbound, Receipt
from helpdesk.catalog import Catalog
from helpdesk.choices import Caller, ProviderChoice
from helpdesk.errors import FieldError, Forbidden, Invalid
from helpdesk.models import Provider
from helpdesk.policy import Policy

#: how a provider reaches an agent who then opens the ticket
CHANNELS = (Channel.PHONE, Channel.IN_PERSON, Channel.MAIL)


@dataclass(frozen=True, slots=True)
class Opening:
    near: Around
    registers: Catalog
    provider: Provider | None
    caller: Caller
    found: list[ProviderChoice]
    #: what this agent was filling in when the session ended
    written: drafts.Kept | None


@dataclass(frozen=True, slots=True)
class Typed:
    fields: Fields
    errors: dict[str, dict[str, object]]
    kept: tuple[Kept, ...] = ()


@get("/novo")
async def opening_form(
    request: AgentRequest,
    console: NamedDependency[Console],
    prestador: FromQuery[str] = "",
    q: FromQuery[str] = "",
) -> Response[str]:
    return await _form(request, console, prestador, q, Typed(Fields({}), {}))


@post("/novo")
async def ticket_open(request: AgentRequest, console: NamedDependency[Console]) -> Response[Any]:
    """The form carries a key of its own: sent twice it opens one ticket."""
    form = await fields.read(request)
    kept, refused = await fields.store(console.kit, form)
    now = console.kit.clock()
    try:
        receipt = await console.kit.work.write(
            _open, request.user, form, kept, refused, policy=console.kit.policy, now=now
        )
    except Invalid as error:
        typed = Typed(form, fields.problems(error), kept)
        return await _form(request, console, form.one("provider"), "", typed, 422)
    return shell.go(console, f"/central/{receipt.number}", "opened", receipt.number)


def _open(
    session: Session,
    actor: Actor,
    form: Fields,
    kept: tuple[Kept, ...],
    refused: tuple[FieldError, ...],
    *,
    policy: Policy,
    now: datetime,
) -> Receipt:
    access.require(actor, "ticket.open")
    found = choices.provider(session, form.one("provider"))
    errors = list(refused)
    channel = next((c for c in CHANNELS if c == form.one("channel")), None)
    if channel is None:
        errors.append(FieldError("channel", "required"))
    if found is None:
        errors.append(FieldError("provider", "unknown"))
    if channel is None or found is None:
        raise Invalid(*errors)
    message = _inbound(form, actor, found[0], channel, tuple(k.file for k in kept), now)
    try:
        answer = intake.receive_many(session, [message], policy, now=now)[0]
    except Invalid as error:
        raise Invalid(*errors, *error.errors) from error
    if errors:
        raise Invalid(*errors)
    if not isinstance(answer, Receipt):
        raise Forbidden("ticket.open")
    drafts.drop(session, ("agent", actor.id or 0), drafts.NEW)
    return answer


def _inbound(
    form: Fields,
    actor: Actor,
    provider: Provider,
    channel: Channel,
    files: tuple[File, ...],
    now: datetime,
) -> Inbound:
    contact = Contact(
        form.one("contact.name"), form.one("contact.phone"), form.one("contact.email")
    )
    value = contact.email.strip().lower() if channel is Channel.MAIL else contact.phone
    return Inbound(
        channel=channel,
        sender=Address(channel, value, contact.name),
        text=form.one("text"),
        arrival=f"console:{actor.id}:{form.one('key')[:64] or secrets.token_hex(16)}",
        at=now,
        title=form.one("title"),
        provider_id=provider.id,
        agent_id=actor.id,
        classification=form.one("classification") or None,
        subclassification=form.one("subclassification") or None,
        contact=contact,
        files=files,
    )


async def _form(
    request: AgentRequest,
    console: Console,
    code: str,
    words: str,
    typed: Typed,
    status: int = 200,
) -> Response[str]:
    kit = console.kit
    found = await kit.work.read(
        _read, request.user, code, words, policy=kit.policy, now=kit.clock()
    )
    if found.written and not typed.fields.values:
        filled = {name: [value] for name, value in found.written.fields.items()}
        files = tuple(fields.keep(kit, file) for file in found.written.files)
        typed = Typed(Fields(filled), {}, files)
    active = sorted(
        (c for c in found.registers.classifications.values() if c.active),
        key=lambda c: (c.position, c.id),
    )
    context: dict[str, object] = {
        "opening": found,
        "typed": typed,
        "q": words,
        "key": typed.fields.one("key") or secrets.token_hex(16),
        "limits": fields.limits_of(console.kit),
        "channels": [(str(c), label(c)) for c in CHANNELS],
        "classifications": [(c.code, c.name) for c in active],
        "subclassifications": [
            (c.code, c.name, [(s.code, s.name) for s in found.registers.children(c.id)])
            for c in active
        ],
    }
    return shell.page(
        console, request, "console/opening", found.near, context, kind=commands.OTHER, status=status
    )


def _read(
    session: Session, actor: Actor, code: str, words: str, *, policy: Policy, now: datetime
) -> Opening:
    access.require(actor, "ticket.open")
    chosen = choices.provider(session, code) if code else None
    return Opening(
        near=shell.around(session, actor, now=now),
        registers=catalog.load(session, policy),
        provider=chosen[0] if chosen else None,
        caller=chosen[1] if chosen else Caller(),
        found=[] if chosen else choices.providers(session, words),
        written=drafts.load(session, ("agent", actor.id or 0), drafts.NEW),
    )
