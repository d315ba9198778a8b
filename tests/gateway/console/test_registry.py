"""Made from the registry: each command has words, a handler and a permission that holds."""

import json
import re
from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.console import commands
from gateway.console.commands import COMMANDS, EVERYWHERE, HELD, LIST, OTHER, TICKET, Command
from gateway.labels import LABELS
from helpdesk import registers
from helpdesk.access import PERMISSIONS
from helpdesk.models import Agent, Message, Profile
from tests.gateway.console.served import Instance, send
from tests.gateway.console.test_held import held

__all__ = ["held"]

LISTED = re.compile(r'id="commands">(.*?)</script>', re.DOTALL)
#: what posts to another place than its command names
DOORS = {
    "reply": "/central/{number}/responder",
    "message-quote": "/central/{number}/responder",
    "held-attach": "/central/quarentena/{held}/anexar",
    "held-new": "/central/quarentena/{held}/abrir",
    "held-retry": "/central/quarentena/{held}/tentar",
    "held-spam": "/central/quarentena/{held}/spam",
}
#: everybody's first page: empty for who may read nothing
FIRST_PAGE = {"list", "mine-pending", "mine-expired"}
#: the message came by no mail of its own here
FOUND = {"message-original": 404}
GUARDED = [c for c in COMMANDS if c.permission and c.id not in FIRST_PAGE]


@pytest.fixture(scope="module")
def number(instance: Instance) -> int:
    return instance.mailed("Chamado do registro", "Onde está o lote?")


@pytest.fixture(scope="module")
def message(instance: Instance, number: int) -> int:
    return instance.read(
        lambda s: s.scalar(select(Message.id).where(Message.number == number).limit(1))
    )


@pytest.fixture(scope="module")
def chief(instance: Instance) -> Iterator[httpx.Client]:
    with instance.client("chefe") as client:
        yield client


def listed(client: httpx.Client, path: str) -> dict[str, dict[str, object]]:
    found = LISTED.search(client.get(path).text)
    assert found, path
    return {c["id"]: c for c in json.loads(found[1])}


def pages(number: int, held: str) -> dict[str, str]:
    return {
        LIST: "/central",
        TICKET: f"/central/{number}",
        HELD: f"/central/quarentena/{held}",
        OTHER: "/central/atalhos",
    }


def without(instance: Instance, permission: str) -> str:
    """The login of an agent who may do everything else."""
    login = f"sem-{permission.replace('.', '-').replace('_', '-')}"

    def add(session: Session) -> None:
        if session.scalar(select(Agent.id).where(Agent.login == login)):
            return
        rest = [p for p in PERMISSIONS if p != permission]
        session.add(Profile(code=login, name=login, permissions=rest, groups=[]))
        session.flush()
        secret = session.scalar(select(Agent.password_hash).where(Agent.login == "ana"))
        email = f"{login}@op.example"
        registers.add_agent(session, login, login, email, secret, now=instance.now, profile=login)

    instance.write(add)
    return login


def test_ids_are_unique_and_named():
    ids = [c.id for c in COMMANDS]
    assert len(set(ids)) == len(ids)
    assert [i for i in ids if i not in LABELS["command"]] == []
    assert sorted(set(LABELS["command"]) - set(ids)) == []
    assert {c.group for c in COMMANDS} == set(LABELS["command_group"])
    for hinted in commands.HINTS.values():
        assert [i for i in hinted if i not in LABELS["command_short"] or i not in ids] == []


@pytest.mark.parametrize("page", sorted(EVERYWHERE))
def test_a_page_tells_the_browser_its_commands_and_no_other(
    instance: Instance, chief: httpx.Client, number: int, held: str, page: str
):
    told = listed(chief, pages(number, held)[page])
    assert list(told) == [c.id for c in COMMANDS if page in c.pages]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c.id)
def test_the_handler_of_a_command_answers(
    chief: httpx.Client, number: int, message: int, held: str, command: Command
):
    how, what = command.does
    path = address(what, number, message, held)
    if how in {"url", "download"}:
        assert chief.get(path).status_code == FOUND.get(command.id, 200)
    elif how == "load":
        dialog = chief.get(path, headers={"hx-request": "true"})
        assert dialog.status_code == 200
        assert dialog.text.count("<dialog") == 1
        assert chief.get(path).status_code == 200
    elif how == "post":
        assert send(chief, path).status_code in {303, 409}
    elif how in {"focus", "form"}:
        for page in command.pages:
            text = chief.get(pages(number, held)[page]).text
            assert f'id="{what}"' in text, page
    else:
        assert how == "action"  # of the script: test_reach.py presses it


@pytest.mark.parametrize("command", GUARDED, ids=lambda c: c.id)
def test_without_its_permission_a_command_is_absent_and_refused(
    instance: Instance, number: int, message: int, held: str, command: Command
):
    login = without(instance, command.permission or "")
    how, what = command.does
    path = address(DOORS.get(command.id, what), number, message, held)
    with instance.client(login) as client:
        shown = listed(client, "/central" if LIST in command.pages else f"/central/{number}")
        assert command.id not in shown
        if command.id in DOORS or how == "post":
            assert send(client, path).status_code == 403
        else:
            assert client.get(path).status_code == 403
        if how == "load":
            assert client.get(path, headers={"hx-request": "true"}).status_code == 403
            assert send(client, path).status_code == 403


def address(what: str, number: int, message: int, held: str) -> str:
    return what.replace("{held}", held).format(number=number, message=message)
