"""Passkeys of people: kept on the account's page, and a way in beside the code and the password."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath, SkipValidation
from litestar.response import Redirect
from sqlalchemy.orm import Session

from channels.kit import Kit
from channels.web import coming, doors, writer
from channels.web.account import PAGE, confirm, is_fresh, show_account
from channels.web.doors import Door
from channels.web.visitors import PortalRequest, local_path, somebody
from helpdesk import accounts, factors, passkeys, throttles
from helpdesk.border import Actor
from helpdesk.errors import Invalid, NotVisible, Throttled
from helpdesk.models import Passkey, Person
from helpdesk.passkeys import Account, Asked, Made, Party


@post("/chave/pergunta", status_code=200)
async def passkey_ask(
    request: PortalRequest, kit: NamedDependency[SkipValidation[Kit]]
) -> dict[str, str]:
    """What the browser shows to the device: `options` (JSON) and the `token` to send back."""
    asked = passkeys.ask(_party(kit), kit.keyring, request.state.browser, kit.clock())
    return {"options": asked.options, "token": asked.token}


@post("/chave")
async def passkey_enter(
    request: PortalRequest, kit: NamedDependency[SkipValidation[Kit]]
) -> Response[Any] | Redirect:
    """No address, no second step: the device asked for finger or PIN."""
    party, form = _party(kit), await request.form()
    door = Door(
        back=local_path(form.get("voltar")),
        kept=str(form.get("kept", "")),
        saved=bool(form.get("guardado")),
        in_place=bool(form.get("aqui")),
        writer=writer.of(form),
    )
    gates = throttles.gates(f"passkey:{request.state.browser}", remote=coming.remote_of(request))
    try:
        await kit.work.read(throttles.check, gates, now=kit.clock())
    except Throttled as error:
        return doors.wait(request, kit, door, error)
    answer, token = str(form.get("answer", "")), str(form.get("token", ""))
    named = passkeys.named(answer)
    key = await kit.work.read(passkeys.find, coming.PERSON, named)
    if key is None or not await _proved(request, kit, party, key, answer, token):
        # Nobody in particular: whoever knows the name of a key may fill no log with it.
        await coming.refuse(request, kit, gates, None, "passkey")
        again = await doors.known(door, kit) if door.in_place else door
        return doors.show(request, kit, replace(again, error="passkey"), status=422)
    assert key.person_id is not None, "found as a person's"
    return await coming.begin(request, kit, door, key.person_id, "passkey")


@post(f"{PAGE}/chaves/pergunta", status_code=200)
async def passkey_offer(
    request: PortalRequest, kit: NamedDependency[SkipValidation[Kit]]
) -> Response[dict[str, str]]:
    """What the browser asks the device for; 403 when the log-in is not fresh."""
    actor, live = somebody(request)
    party = _party(kit)
    if not is_fresh(live, kit):
        return Response({"confirm": confirm(PAGE).url}, status_code=403)
    asked = await kit.work.read(_offer, actor.id or 0, party, kit, request.state.browser)
    return Response({"options": asked.options, "token": asked.token})


@post(f"{PAGE}/chaves")
async def passkey_add(
    request: PortalRequest, kit: NamedDependency[SkipValidation[Kit]]
) -> Response[str] | Redirect:
    actor, live = somebody(request)
    party, form = _party(kit), await request.form()
    if not is_fresh(live, kit):
        return confirm(PAGE)
    answer, token = str(form.get("answer", "")), str(form.get("token", ""))
    made = passkeys.made(party, answer, token, kit.keyring, request.state.browser, kit.clock())
    if made is None:
        return await show_account(request, kit, problem={"passkey": "refused"}, status=422)
    name = str(form.get("name", ""))
    try:
        await kit.work.write(_add, actor, made, name, now=kit.clock())
    except Invalid as error:
        wrong = {"passkey": error.errors[0].code}
        return await show_account(request, kit, problem=wrong, status=422)
    return Redirect(f"{PAGE}?feito=chave", status_code=303)


@post(f"{PAGE}/chaves/{{passkey_id:int}}/remover")
async def passkey_remove(
    request: PortalRequest, kit: NamedDependency[SkipValidation[Kit]], passkey_id: FromPath[int]
) -> Redirect:
    actor, live = somebody(request)
    if not is_fresh(live, kit):
        return confirm(PAGE)
    await kit.work.write(_drop, actor, passkey_id, now=kit.clock())
    return Redirect(f"{PAGE}?feito=chave-removida", status_code=303)


def _party(kit: Kit) -> Party:
    """Raises `NotVisible` where browsers know no passkeys."""
    party = doors.party_of(kit)
    if party is None:
        raise NotVisible("passkey")
    return party


async def _proved(
    request: PortalRequest, kit: Kit, party: Party, key: Passkey, answer: str, token: str
) -> bool:
    """The device has the key, and this answer is used for the first time."""
    browser, now = request.state.browser, kit.clock()
    count = passkeys.proved(party, key, answer, token, kit.keyring, browser, now)
    if count is None:
        return False
    return await kit.work.write(passkeys.use, key.id, count, token, kit.keyring, now=now)


def _offer(session: Session, person_id: int, party: Party, kit: Kit, browser: str) -> Asked:
    person = session.get_one(Person, person_id)
    have = factors.of(session, coming.PERSON, person_id).passkeys
    to = Account(coming.PERSON, person.id, person.email, person.name)
    return passkeys.ask_new(party, to, have, kit.keyring, browser, kit.clock())


def _add(session: Session, actor: Actor, made: Made, name: str, *, now: datetime) -> None:
    passkeys.add(session, actor, made, name, now=now)
    accounts.tell(session, actor, "passkey_added", now=now)


def _drop(session: Session, actor: Actor, passkey_id: int, *, now: datetime) -> None:
    passkeys.remove(session, actor, passkey_id, now=now)
    accounts.tell(session, actor, "passkey_removed", now=now)
