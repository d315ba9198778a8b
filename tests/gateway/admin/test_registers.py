"""The pages of the registers, as an agent's browser asks for them."""

import csv
import io
import re

import httpx
import pytest

from gateway.admin.screens import MENU, SCREENS
from gateway.labels import LABELS
from helpdesk.registry import decisions
from tests.gateway.console.served import Instance, send

HIDDEN = re.compile(r'name="(version|kept|seal)" value="([^"]*)"')


def hidden(page: httpx.Response) -> dict[str, str]:
    return dict(HIDDEN.findall(page.text))


def rows_of(client: httpx.Client, path: str) -> list[dict[str, str]]:
    answer = client.get(path)
    assert answer.headers["content-disposition"].startswith("attachment")
    text = answer.content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text), delimiter=";"))


def sent(client: httpx.Client, slug: str, text: str) -> httpx.Response:
    """A file for the dry run."""
    files = {"arquivo": ("cadastro.csv", text.encode(), "text/csv")}
    return send(client, f"/cadastros/{slug}/importar", files=files)


@pytest.mark.parametrize("slug", sorted(SCREENS))
def test_each_register_has_its_list_its_form_and_its_file(instance: Instance, slug: str):
    with instance.client("chefe") as client:
        for page in ("", "/novo", "/importar", "?q=zzzz&situacao=todos"):
            assert client.get(f"/cadastros/{slug}{page}").status_code == 200
        assert client.get(f"/cadastros/{slug}/exportar.csv").text.count("\n") >= 1
        assert client.get(f"/cadastros/{slug}/999999").status_code == 404
        assert client.get(f"/cadastros/{slug}?depois=x").status_code == 422


def test_an_unknown_register_is_not_found(instance: Instance):
    with instance.client("chefe") as client:
        for path in ("nada", "nada/novo", "nada/1", "nada/importar", "nada/exportar.csv"):
            assert client.get(f"/cadastros/{path}").status_code == 404


def test_nothing_of_a_register_lacks_its_words():
    for screen in SCREENS.values():
        register = screen.register
        for kind in ("register", "register_new", "register_about"):
            assert register.name in LABELS[kind]
        names = [each.name for each in register.fields]
        names += [register.switch] if register.switch else []
        for name in names:
            assert f"{register.name}.{name}" in LABELS["register_field"]
        for each in register.fields:
            if each.label:
                assert set(each.choices) <= set(LABELS[each.label])
    for group, entries in MENU:
        assert group in LABELS["register_group"]
        assert {entry.path for entry in entries} <= set(LABELS["register_menu"])
    for group, fields in decisions.GROUPS:
        assert group in LABELS["parameter_group"]
        assert {each.name for each in fields} <= set(LABELS["parameter_does"])


def test_a_record_is_written_refused_and_told(instance: Instance):
    with instance.client("chefe") as client:
        refused = send(client, "/cadastros/setores/novo", code="CTM", name="")
        assert refused.status_code == 422
        assert "já está em uso" in refused.text.lower() or "falta preencher" in refused.text.lower()
        made = send(client, "/cadastros/setores/novo", code="nov", name="Área nova")
        page = client.get(made.headers["location"])
        assert "Área nova" in page.text
        version = hidden(page)["version"]
        place = made.headers["location"]
        assert send(client, place, code="NOV", name="Um", version=version).status_code == 303
        second = send(client, place, code="NOV", name="Dois", version=version)
        assert second.status_code == 409
        assert 'value="Dois"' in second.text
        assert "Clara Reis gravou em" in second.text
        assert "Nome: Um" in second.text
        again = hidden(second)["version"]
        assert send(client, place, code="NOV", name="Dois", version=again).status_code == 303
        told = client.get(place).text
        assert "Um → Dois" in told
        assert send(client, f"{place}/desativar").status_code == 303
        assert "Área nova" not in client.get("/cadastros/setores").text
        assert "Dois" in client.get("/cadastros/setores?situacao=inativos").text
        assert send(client, f"{place}/excluir").headers["location"] == "/cadastros/setores"


def test_what_ponte_needs_says_why_it_stays(instance: Instance):
    with instance.client("chefe") as client:
        refused = send(client, "/cadastros/setores/2/desativar")
        assert refused.status_code == 409
        assert "cadastros ativos que apontam para este" in refused.text


def test_a_file_goes_out_is_edited_and_comes_back(instance: Instance):
    with instance.client("chefe") as client:
        rows = rows_of(client, "/cadastros/status/exportar.csv")
        first = next(row for row in rows if row["Código"] == "ANA")
        assert (first["Situação"], first["Ativo"]) == ("Em aberto", "Sim")
        text = (
            "Código;Nome;Situação;Cor\r\n"
            "ANA;Em análise técnica;Em aberto;Verde\r\n"
            "NOVO;Novo status;Pendente;\r\n"
        )
        told = sent(client, "status", text)
        assert told.status_code == 200
        assert "nada foi gravado ainda" in told.text
        assert "Em análise → Em análise técnica" in told.text
        assert "vazio → Verde" in told.text
        names = [row["Nome"] for row in rows_of(client, "/cadastros/status/exportar.csv")]
        assert "Novo status" not in names
        done = send(client, "/cadastros/status/importar/confirmar", **hidden(told))
        assert done.status_code == 303
        assert "2 cadastros gravados" in client.get(done.headers["location"]).text
        again = send(client, "/cadastros/status/importar/confirmar", **hidden(told))
        assert again.status_code == 409
        names = [row["Nome"] for row in rows_of(client, "/cadastros/status/exportar.csv?q=tecnica")]
        assert names == ["Em análise técnica"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Falta preencher"),
        ("Código;Nome\r\n", "nenhuma linha"),
        ("Código;Cor do céu\r\nA;B\r\n", "“Cor do céu” não existe"),
        ("Código;Código\r\nA;B\r\n", "aparece duas vezes"),
        ("Nome\r\nA\r\n", "falta a coluna “Código”"),
        ("Código;Nome\r\nA;B;C\r\n", "linha 2 tem mais células"),
        ('Código;Nome\r\n"A;B\r\n', "aspas fora do lugar"),
        ("Código;Nome\r\nA A;\r\n", "não parece certo"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(instance: Instance, text: str, words: str):
    with instance.client("chefe") as client:
        refused = sent(client, "setores", text)
        assert refused.status_code == 422
        assert words.lower() in refused.text.lower()


def test_formulas_are_written_so_that_they_stay_text_and_come_back(instance: Instance):
    with instance.client("chefe") as client:
        send(client, "/cadastros/setores/novo", code="FORM", name="=1+1")
        row = next(
            r for r in rows_of(client, "/cadastros/setores/exportar.csv") if r["Código"] == "FORM"
        )
        assert row["Nome"] == "'=1+1"
        told = sent(client, "setores", "code;name\nFORM;'=1+1\n")
        assert "1 igual" in told.text


def test_a_texts_of_a_classification_reach_those_it_is_for(instance: Instance):
    number = instance.opened()
    with instance.client("chefe") as client:
        listed = client.get("/cadastros/classificacoes?q=LOT").text
        place = re.search(r"/cadastros/classificacoes/\d+", listed)
        assert place
        page = client.get(place[0])
        form = {
            "code": "LOT",
            "name": "Faturamento e lotes",
            "sector": "CTM",
            "days": "5",
            "unit": "business",
            "attention": "2",
            "web": "1",
            "position": "3",
            "closing_message": "O lote foi conferido e",
            "guidance": "Confira o protocolo de recebimento.",
            "version": hidden(page)["version"],
        }
        assert send(client, place[0], **form).status_code == 303
    with instance.client("ana") as client:
        assert "Confira o protocolo de recebimento." in client.get(f"/central/{number}").text
        assert "O lote foi conferido e" in client.get(f"/central/{number}/encerrar").text
