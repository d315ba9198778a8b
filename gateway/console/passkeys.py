"""Entering with a passkey: no login, no password; the device says who and proves it."""

from dataclasses import replace
from typing import Any

from litestar import Response, post
from litestar.di import NamedDependency

from channels.kit import Kit
from gateway.console import fields
from gateway.console.entrance import AGENT, IN_PLACE, Door, Entrance, come_in, local, refuse, show
from gateway.console.shell import AgentRequest
from gateway.identity import remote_of
from helpdesk import passkeys, throttles
from helpdesk.errors import NotVisible, Throttled
from helpdesk.models import Passkey
from helpdesk.passkeys import Party


@post("/entrar/chave/pergunta", status_code=200)
async def passkey_ask(request: AgentRequest, entrance: NamedDependency[Entrance]) -> dict[str, str]:
    """What the browser shows to the device: `options` (JSON) and the `token` to send back."""
    if entrance.party is None:
        raise NotVisible("passkey")
    kit = entrance.kit
    asked = passkeys.ask(entrance.party, kit.keyring, request.state.browser, kit.clock())
    return {"options": asked.options, "token": asked.token}


@post("/entrar/chave")
async def passkey_enter(
    request: AgentRequest, entrance: NamedDependency[Entrance]
) -> Response[Any]:
    form = await fields.read(request)
    kit, party, now = entrance.kit, entrance.party, entrance.kit.clock()
    if party is None:
        raise NotVisible("passkey")
    door = Door(back=local(form.one("voltar")), in_place=bool(form.one(IN_PLACE)))
    answer, token = form.one("answer"), form.one("token")
    gates = throttles.gates(f"passkey:{request.state.browser}", remote=remote_of(request))
    try:
        await kit.work.read(throttles.check, gates, now=now)
    except Throttled as error:
        minutes = -(-error.seconds // 60)
        waiting = replace(door, problem="throttled", minutes=minutes)
        return show(request, entrance, waiting, 429, error.seconds)
    key = await kit.work.read(passkeys.find, AGENT, passkeys.named(answer))
    if key is None or not await _proved(kit, party, key, answer, token, request.state.browser):
        # Nobody in particular: whoever knows the name of a key may fill no log with it.
        await refuse(request, kit, gates, None, "passkey")
        failed = replace(door, problem="passkey")
        return show(request, entrance, failed, 422)
    assert key.agent_id is not None, "found as an agent's"
    return await come_in(request, kit, key.agent_id, "passkey", door.back, in_place=door.in_place)


async def _proved(
    kit: Kit, party: Party, key: Passkey, answer: str, token: str, browser: str
) -> bool:
    """The device has the key, and this answer is used for the first time."""
    now = kit.clock()
    count = passkeys.proved(party, key, answer, token, kit.keyring, browser, now)
    if count is None:
        return False
    return await kit.work.write(passkeys.use, key.id, count, token, kit.keyring, now=now)
