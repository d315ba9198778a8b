import re

import pytest

from gateway.console.entrance import local
from helpdesk import sessions
from tests.gateway.console.served import CSRF, PASSWORD, Instance, csrf, enter, send


def test_a_page_leads_to_the_log_in_and_back(instance: Instance):
    with instance.client(None) as client:
        asked = client.get("/central?situacao=encerrados&ordem=cliente")
        assert asked.status_code == 303
        form = client.get(asked.headers["location"])
        assert 'value="/central?situacao=encerrados&amp;ordem=cliente"' in form.text
        answer = client.post(
            "/entrar",
            data={
                "csrf": csrf(form),
                "login": "ana",
                "password": PASSWORD,
                "voltar": "/central?situacao=encerrados&ordem=cliente",
            },
        )
        assert answer.status_code == 303
        assert answer.headers["location"] == "/central?situacao=encerrados&ordem=cliente"
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert client.get("/central").status_code == 200
        left = send(client, "/central/sair")
        assert left.headers["location"] == "/entrar"
        assert left.headers["clear-site-data"] == '"storage"'
        assert client.get("/central").status_code == 303


@pytest.mark.parametrize(
    "back",
    [
        "https://mal.example/central",
        "//mal.example/central",
        "/\\mal.example",
        "/central\\..\\x",
        "javascript:alert(1)",
        "/outro",
        "/central\r\nset-cookie: a=b",
        "",
    ],
)
def test_the_way_back_never_leaves_the_console(back: str):
    assert local(back) == "/central"


def test_an_unknown_login_is_answered_like_a_wrong_password(instance: Instance):
    pages: list[str] = []
    for login in ("ana", "ninguem"):
        with instance.client(None) as client:
            answer = enter(client, login, "errada")
            assert answer.status_code == 422
            pages.append(re.sub(CSRF, "", answer.text).replace(login, "?"))
    known, unknown = pages
    assert known == unknown
    assert "Usuário ou senha não conferem" in known


def test_many_failures_have_to_wait_whoever_it_is(instance: Instance):
    with instance.client(None) as client:
        answers = [enter(client, "alvo", "errada") for _ in range(9)]
    assert [a.status_code for a in answers] == [422] * 8 + [429]
    assert int(answers[-1].headers["retry-after"]) > 0
    assert "Muitas tentativas" in answers[-1].text


def test_a_form_without_its_token_is_refused(instance: Instance):
    number = instance.opened()
    with instance.client() as client:
        answer = client.post(f"/central/{number}/assumir", data={})
    assert answer.status_code == 403
    assert instance.ticket(number).claimed_by is None


def test_what_was_typed_survives_an_ended_session(instance: Instance):
    number = instance.opened()
    with instance.client() as client:
        token = csrf(client.get(f"/central/{number}"))
        instance.write(sessions.end, client.cookies["ponte_agent"], now=instance.now)
        sent = client.post(
            f"/central/{number}/responder",
            data={"csrf": token, "text": "Achamos o lote 0112."},
            files={"attachments": ("nota.txt", b"conteudo", "text/plain")},
        )
        assert sent.headers["location"] == f"/entrar?voltar=/central/{number}"
        enter(client, "ana")
        page = client.get(f"/central/{number}").text
    assert "Achamos o lote 0112." in page
    assert "nota.txt" in page
    assert "Rascunho salvo" in page


def test_a_new_ticket_survives_an_ended_session(instance: Instance):
    with instance.client() as client:
        token = csrf(client.get("/central/novo?prestador=P2"))
        instance.write(sessions.end, client.cookies["ponte_agent"], now=instance.now)
        sent = client.post(
            "/central/novo", data={"csrf": token, "provider": "P2", "title": "Senha bloqueada"}
        )
        assert sent.headers["location"] == "/entrar?voltar=/central/novo%3Fprestador%3DP2"
        enter(client, "ana")
        assert 'value="Senha bloqueada"' in client.get("/central/novo?prestador=P2").text
