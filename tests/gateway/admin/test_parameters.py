"""Parameters: written together, told apart, and felt at once."""

from collections.abc import Callable

import httpx
import pytest

from helpdesk import parameters
from tests.gateway.admin.test_registers import hidden
from tests.gateway.console.served import Instance, send

PAGE = "/cadastros/parametros"
USUAL = {
    "contact_enabled": "1",
    "contact_label": "Fale conosco",
    "contact_audience": "all",
    "generate_protocol": "1",
    "protocol_template": "",
    "closing_conclusive": "1",
    "reopen_days": "30",
    "claim_minutes": "15",
    "attachment_count": "10",
}


def save(client: httpx.Client, **changed: str | None) -> httpx.Response:
    version = hidden(client.get(PAGE))["version"]
    given = {k: v for k, v in (USUAL | changed).items() if v is not None}
    return send(client, PAGE, version=version, **given)


@pytest.fixture
def back(instance: Instance) -> Callable[[], None]:
    def restore() -> None:
        with instance.client("chefe") as client:
            assert save(client).status_code == 303

    return restore


def test_each_change_says_who_and_when(instance: Instance, back: Callable[[], None]):
    with instance.client("chefe") as client:
        assert "Como veio na instalação" in client.get(PAGE).text
        assert save(client, reopen_days="10", closing_conclusive=None).status_code == 303
        page = client.get(PAGE).text
        assert "Mudado por Clara Reis" in page
        assert "30 → 10" in page
        assert "Sim → Não" in page
    found = instance.read(parameters.load)
    assert (found.reopen_days, found.closing_conclusive) == (10, False)
    back()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"contact_label": ""}, "falta preencher"),
        ({"reopen_days": "400"}, "entre 0 e 365"),
        ({"claim_minutes": "um"}, "não parece certo"),
        ({"contact_audience": "types"}, "falta preencher"),
        ({"contact_audience": "listed", "contact_providers": "P1 NADA"}, "(NADA)"),
        ({"contact_audience": "nobody"}, "não existe"),
        ({"protocol_template": "{seq:06}"}, "não parece certo"),
        ({"protocol_template": "{nada}"}, "não parece certo"),
    ],
)
def test_a_wrong_parameter_keeps_what_was_typed(
    instance: Instance, wrong: dict[str, str], words: str
):
    with instance.client("chefe") as client:
        refused = save(client, **wrong)
        assert refused.status_code == 422
        assert words in refused.text
    assert instance.read(parameters.load) == parameters.Parameters()


def test_the_second_of_two_is_told(instance: Instance, back: Callable[[], None]):
    with instance.client("chefe") as client:
        version = hidden(client.get(PAGE))["version"]
        assert save(client, contact_label="Atendimento").status_code == 303
        late = USUAL | {"reopen_days": "5", "version": version}
        refused = send(client, PAGE, **late)
        assert refused.status_code == 409
        assert "Alguém mudou os parâmetros" in refused.text
        assert "Nome do menu: Atendimento" in refused.text
        assert 'value="5"' in refused.text
    back()


def test_who_only_reads_does_not_change(instance: Instance):
    with instance.client("ana") as client:
        assert client.get(PAGE).status_code in (200, 403)
        assert send(client, PAGE, **USUAL).status_code == 403


def test_the_crm_closes_the_console_to_writing(instance: Instance, back: Callable[[], None]):
    number = instance.opened()
    with instance.client("chefe") as client:
        assert save(client, use_crm="1").status_code == 303
        page = client.get(f"/central/{number}").text
        assert "Central desativada" in page
        assert 'id="compose"' not in page
        for path in (f"/central/{number}/nota", "/central/novo", f"/central/{number}/assumir"):
            refused = send(client, path, text="Oi")
            assert refused.status_code == 409
            assert "módulo CRM" in refused.text
    version = instance.ticket(number).version
    instance.complemented(number, "O que o prestador envia entra do mesmo jeito.")
    assert instance.ticket(number).version > version
    back()
    with instance.client("chefe") as client:
        assert "Central desativada" not in client.get(f"/central/{number}").text
