"""The agent's own keys: set, switched off, refused, restored; and the menus that show them."""

import json
import re

import httpx
import pytest

from gateway.console import commands, keyboard
from gateway.console.commands import COMMANDS
from helpdesk import agent_settings
from helpdesk.border import Actor, ActorKind
from helpdesk.errors import Invalid
from tests.gateway.console.served import Instance, send

LISTED = re.compile(r'id="commands">(.*?)</script>', re.DOTALL)
ALL = Actor(ActorKind.AGENT, 1, "Ana", frozenset({"*"}))
BY_ID = {c.id: c for c in COMMANDS}


def keys(client: httpx.Client, path: str = "/central") -> dict[str, list[str]]:
    found = LISTED.search(client.get(path).text)
    assert found
    return {c["id"]: c["keys"] for c in json.loads(found[1])}


def change(client: httpx.Client, command: str, do: str, key: str = "") -> httpx.Response:
    return send(client, f"/central/atalhos/{command}", do=do, key=key)


@pytest.fixture(autouse=True)
def as_delivered(instance: Instance):
    yield
    for login in ("ana", "rafael", "leo"):
        instance.write(agent_settings.set_keys, instance.desk(login), {})


def test_a_command_gets_another_key_on_every_page(instance: Instance):
    with instance.client() as client, instance.client("rafael") as rafael:
        saved = change(client, "claim-next", "set", "f8")
        assert (saved.status_code, saved.headers["location"]) == (
            303,
            "/central/atalhos#c-claim-next",
        )
        for path in ("/central", "/central/atalhos", f"/central/{instance.opened()}"):
            assert keys(client, path)["claim-next"] == ["F8"]
        page = client.get("/central").text
        assert "<kbd>F8</kbd>próximo" in page  # the foot
        assert "Assumir o próximo <kbd>F8</kbd>" in page  # the toolbar
        assert "Shift+A" not in page
        assert keys(rafael)["claim-next"] == ["Shift+A"]


def test_a_key_is_switched_off_and_restored(instance: Instance):
    with instance.client() as client:
        change(client, "search", "off")
        assert keys(client)["search"] == []
        assert 'aria-hidden="true">/</kbd>' not in client.get("/central").text
        assert "desligada" in client.get("/central/atalhos").text
        change(client, "search", "reset")
        assert keys(client)["search"] == ["/"]


def test_arrows_and_enter_move_lists_whatever_was_chosen(instance: Instance):
    with instance.client() as client:
        change(client, "down", "off")
        change(client, "open", "set", "y")
        assert (keys(client)["down"], keys(client)["open"]) == (["ArrowDown"], ["Y", "Enter"])


def test_a_key_in_use_is_refused_with_the_name_of_who_has_it(instance: Instance):
    with instance.client() as client:
        answer = change(client, "claim", "set", "alt+t")
        assert answer.status_code == 422
        assert "<kbd>Alt+T</kbd> já é de “Encaminhar”" in answer.text
        assert 'value="alt+t"' in answer.text
        assert keys(client)["claim"] == ["A"]
        change(client, "forward", "set", "Alt+G")
        assert change(client, "claim", "set", "Alt+T").status_code == 303
        # Its delivered key is another's now: it does not come back over that one.
        back = change(client, "forward", "reset")
        assert back.status_code == 422
        assert "já é de “Assumir”" in back.text


def test_one_key_may_mean_two_things_on_two_pages(instance: Instance):
    with instance.client() as client:
        assert change(client, "mine-pending", "set", "F8").status_code == 303
        assert change(client, "pending", "set", "F8").status_code == 303
        assert keys(client)["mine-pending"] == ["F8"]
        assert keys(client, f"/central/{instance.opened()}")["pending"] == ["F8"]


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "não serve de atalho"),
        ("Tab", "não serve de atalho"),
        ("Shift+1", "não serve de atalho"),
        ("F13", "não serve de atalho"),
        ("Ctrl+C", "campos de texto precisam"),
        ("Alt+1", "campos de texto precisam"),
    ],
)
def test_what_is_no_key_of_a_command_is_refused(instance: Instance, typed: str, says: str):
    with instance.client() as client:
        answer = change(client, "claim", "set", typed)
        assert answer.status_code == 422
        assert says in answer.text
        assert keys(client)["claim"] == ["A"]


def test_what_the_browser_does_with_a_key_is_said(instance: Instance):
    with instance.client() as client:
        page = client.get("/central/atalhos").text
        assert "O navegador fica com Ctrl+T: use a outra" in page
        change(client, "claim", "set", "Ctrl+W")
        change(client, "reply", "set", "Ctrl+P")
        page = client.get("/central/atalhos").text
        assert "O navegador fica com esta tecla" in page
        assert "deixa de fazer o que faz no navegador" in page


def test_all_of_one_sign_go_and_all_come_back(instance: Instance):
    with instance.client() as client:
        send(client, "/central/atalhos", do="letters")
        left = keys(client)
        assert [k for each in left.values() for k in each if len(k) == 1] == []
        assert (left["new"], left["palette"]) == (["F3"], ["Ctrl+K"])
        send(client, "/central/atalhos", do="reset")
        assert keys(client)["claim"] == ["A"]


def test_only_ones_own_commands_are_there(instance: Instance):
    with instance.client("leo") as client:
        page = client.get("/central/atalhos").text
        assert "Encaminhar" not in page
        assert "Buscar" in page
        assert change(client, "forward", "set", "F8").status_code == 404
        assert change(client, "nothing", "set", "F8").status_code == 404


@pytest.mark.parametrize("typed", ["alt+t", " ALT+T ", "Alt+t"])
def test_a_key_is_spelled_as_the_script_spells_it(typed: str):
    assert keyboard.spelling(typed) == "Alt+T"


@pytest.mark.parametrize("key", ["F12", "Ctrl+Shift+K", "Shift+A", "?", "/", "Ctrl++", "Ç"])
def test_spelled_right_it_stays(key: str):
    assert keyboard.spelling(key) == key


def test_every_delivered_key_may_be_chosen():
    for command in COMMANDS:
        for key in set(command.keys) - commands.FIXED:
            assert keyboard.spelling(key) == key
            taken = keyboard.holder(ALL, {}, command, key)
            assert taken is None, f"{command.id} and {taken and taken.id}: {key}"


def test_a_clash_is_found_with_an_own_key():
    with pytest.raises(Invalid) as refused:
        keyboard.change(ALL, {"search": "F8"}, BY_ID["palette"], "F8")
    assert dict(refused.value.errors[0].data) == {"key": "F8", "command": "search"}
