"""What an administrator does for others' ways in: tokens, the first log-in, a lost phone."""

from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select

from helpdesk import agent_access, factors, passkeys, sessions
from helpdesk.errors import Conflict
from helpdesk.models import Agent, ApiToken, Log, Passkey, Profile
from tests.gateway.console.guarded import Agentry, Guarded
from tests.gateway.console.served import csrf, send

LATE = timedelta(minutes=16)
TOKEN = "data-token>"


def profile(guarded: Guarded, code: str, *rights: str) -> str:
    guarded.write(
        lambda s: s.add(Profile(code=code, name=code, permissions=list(rights), groups=[]))
    )
    return code


def actions(guarded: Guarded, *names: str) -> list[str]:
    wanted = select(Log.action).where(Log.action.in_(names)).order_by(Log.id)
    return guarded.read(lambda s: s.scalars(wanted).all())


def test_a_token_is_made_on_a_page_and_may_what_was_ticked(guarded: Guarded):
    with guarded.client("chefe") as chief:
        page = "/cadastros/tokens/novo"
        assert "Não vence" in chief.get(page).text
        given = {"name": "ERP", "agent": "ana", "days": "30", "permissions": "ticket.read"}
        for wrong in ({"name": " "}, {"agent": "x"}, {"days": "7"}, {"permissions": []}):
            assert send(chief, page, **(given | wrong)).status_code == 422, wrong
        made = send(chief, page, **given)
        assert made.headers["cache-control"] == "no-store"
        token = made.text.partition(TOKEN)[2].partition("<")[0]
        assert token.startswith("ponte_")
        listed = chief.get("/cadastros/tokens").text
        assert token not in listed
        assert "ERP" in listed
        assert "Nunca" in listed
        bearer = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=guarded.url, timeout=60, headers=bearer) as script:
            assert script.get("/api/v1/tickets").status_code == 200
            refused = script.post("/api/v1/events/guide-issued", json={"guide": "1"})
            assert refused.status_code in {403, 409, 422}
            guarded.skew = timedelta(days=31)
            assert script.get("/api/v1/tickets").status_code == 401
            guarded.skew = timedelta()
        row = guarded.read(
            lambda s: s.scalars(select(ApiToken).where(ApiToken.name == "ERP")).one()
        )
        assert row.used_at is not None
        found = guarded.read(sessions.token_actor, token, now=guarded.now)
        assert found.actor.permissions == {"ticket.read"}
        assert actions(guarded, "token_added")
        # A lock is changed only by who proved a moment ago who they are.
        guarded.skew = LATE
        assert chief.get(page).headers["location"].startswith("/entrar?confirmar=1")
        assert send(chief, page, **given).headers["location"].startswith("/entrar?confirmar=1")
        guarded.skew = timedelta()


def test_nobody_makes_a_token_that_may_more_than_they_do(guarded: Guarded):
    guarded.agent("chaves", profile(guarded, "chaves", "ticket.read", "registers.agent.write"))
    page = "/cadastros/tokens/novo"
    given = {"name": "x", "agent": "chefe", "days": "0"}
    with guarded.client("chaves") as client:
        for rights in ("*", "ticket.close"):
            refused = send(client, page, **given, permissions=rights)
            assert refused.status_code == 422
            assert "Vai além do que você mesmo pode" in refused.text
        assert send(client, page, **given, permissions="ticket.read").status_code == 200
    with guarded.client("leo") as leo:
        assert leo.get(page).status_code == 403
        assert send(leo, page, **given, permissions="ticket.read").status_code == 403


def test_the_first_log_in_comes_by_mail(guarded: Guarded):
    new = guarded.agent("recem", password="")
    path = f"/cadastros/agentes/{new}/acesso"
    with guarded.client("chefe") as chief:
        assert "Enviar primeiro acesso" in chief.get(path).text
        for _ in range(2):
            assert send(chief, f"{path}/enviar").headers["location"] == path
        assert "ainda não usado" in chief.get(path).text
        old, link = (
            httpx.URL(str(row.data["link"])).path
            for row in guarded.notices("first_access", "recem@op.example")
        )
        with httpx.Client(base_url=guarded.url, timeout=60) as client:
            assert client.get(old).status_code == 410
            guarded.skew = timedelta(days=6)
            data = {"csrf": csrf(client.get(link)), "password": "cavalo correto bateria grampo"}
            assert client.post(link, data=data).headers["location"] == "/central"
            assert client.get("/central").status_code == 200
            guarded.skew = timedelta()
            assert client.get(link).status_code == 410
        assert "usado em" in chief.get(path).text
        again = send(chief, f"{path}/enviar")
        assert again.status_code == 409
        assert "já tem senha" in again.text
        assert chief.get("/cadastros/prestadores/1/acesso").status_code == 404
        assert send(chief, f"{path}/inventar").status_code == 404
    assert len(actions(guarded, "first_access_sent")) >= 2


def test_who_comes_back_enters_by_nothing_of_before(guarded: Guarded, agentry: Agentry):
    back = guarded.agent("volta")
    agentry.enter("volta")
    agentry.enrol(guarded.now)
    key = Passkey(
        agent_id=back, credential="de antes", public_key="p", sign_count=0, name="Celular",
        created_at=guarded.now,
    )  # fmt: skip
    guarded.write(lambda s: s.add(key))
    page = f"/cadastros/agentes/{back}"
    with guarded.client("chefe") as chief:
        assert send(chief, f"{page}/desativar").status_code == 303
        assert send(chief, f"{page}/reativar").status_code == 303
        way = chief.get(f"{page}/acesso").text
        assert agentry.client.get("/central").headers["location"].startswith("/entrar")
        assert "não conferem" in agentry.enter("volta").text
        assert guarded.read(passkeys.find, "agent", "de antes") is None
        assert guarded.read(factors.of, "agent", back) == factors.Factors()
        assert "Enviar primeiro acesso" in way
        assert send(chief, f"{page}/acesso/enviar").status_code == 303
    (notice,) = guarded.notices("first_access", "volta@op.example")
    link = httpx.URL(str(notice.data["link"])).path
    assert agentry.send(link, link, password="cavalo correto bateria grampo").is_redirect
    assert agentry.client.get("/central").status_code == 200


def test_another_address_makes_the_link_void(guarded: Guarded):
    new = guarded.agent("errado", password="")
    with guarded.client("chefe") as chief:
        send(chief, f"/cadastros/agentes/{new}/acesso/enviar")
        page = f"/cadastros/agentes/{new}"
        version = chief.get(page).text.partition('name="version" value="')[2].partition('"')[0]
        given = {"name": "Errado", "profile": "atendente", "email": "certo@op.example"}
        assert send(chief, page, version=version, **given).status_code == 303
    (notice,) = guarded.notices("first_access", "errado@op.example")
    with httpx.Client(base_url=guarded.url, timeout=60) as client:
        assert client.get(httpx.URL(str(notice.data["link"])).path).status_code == 410


def test_sessions_left_open_are_ended_for_somebody(guarded: Guarded, agentry: Agentry):
    away = guarded.agent("saiu")
    agentry.enter("saiu")
    assert agentry.client.get("/central").status_code == 200
    path = f"/cadastros/agentes/{away}/acesso"
    with guarded.client("chefe") as chief:
        assert "Encerrar as sessões" in chief.get(path).text
        assert send(chief, f"{path}/sessoes").status_code == 303
        assert agentry.client.get("/central").headers["location"].startswith("/entrar")
        page = chief.get(path).text
        assert "não está dentro em nenhum navegador" in page
        assert "Encerrar as sessões" not in page
        boss = guarded.read(lambda s: s.scalar(select(Agent.id).where(Agent.login == "chefe")))
        assert send(chief, f"/cadastros/agentes/{boss}/acesso/sessoes").status_code == 409
    assert actions(guarded, "agent_sessions_ended")
    with guarded.client("leo") as leo:
        assert send(leo, f"{path}/sessoes").status_code == 403


def test_everybody_enters_again(guarded: Guarded, agentry: Agentry):
    guarded.agent("dentro")
    agentry.enter("dentro")
    page = "/cadastros/sessoes"
    with guarded.client("leo") as leo:
        assert leo.get(page).status_code == 403
        assert send(leo, page, whose="agent").status_code == 403
    with guarded.client("chefe") as chief:
        assert "sessões abertas" in chief.get(page).text
        assert send(chief, page, whose="todos").status_code == 422
        guarded.skew = LATE
        late = send(chief, page, whose="agent")
        assert late.headers["location"].startswith("/entrar?confirmar=1"), "only after a log-in"
        guarded.skew = timedelta()
        assert agentry.client.get("/central").status_code == 200
        assert send(chief, page, whose="agent").headers["location"] == page
        assert agentry.client.get("/central").headers["location"].startswith("/entrar")
        assert "1 sessão aberta de 1 agente." in chief.get(page).text, "one's own stays"
        assert send(chief, page, whose="person").status_code == 303
        assert "Ninguém está dentro agora." in chief.get(page).text
    assert actions(guarded, "agents_logged_out", "people_logged_out") == [
        "agents_logged_out", "people_logged_out",
    ]  # fmt: skip


def test_a_lost_phone_is_forgotten_with_a_reason(guarded: Guarded, agentry: Agentry):
    lost = guarded.agent("perdeu", guarded.strict_profile())
    agentry.enter("perdeu")
    agentry.enrol(guarded.now)
    guarded.write(
        lambda s: s.add(
            Passkey(
                agent_id=lost, credential="perdida", public_key="p", sign_count=0, name="Celular",
                created_at=guarded.now,
            )
        )
    )  # fmt: skip
    assert agentry.client.get("/central").status_code == 200
    path = f"/cadastros/agentes/{lost}/acesso"
    with guarded.client("chefe") as chief:
        assert "Celular" in chief.get(path).text
        assert send(chief, f"{path}/fatores", reason=" ").status_code == 422
        guarded.skew = LATE
        led = send(chief, f"{path}/fatores", reason="Roubo")
        assert led.headers["location"] == f"/entrar?confirmar=1&voltar={path}"
        guarded.skew = timedelta()
        assert send(chief, f"{path}/fatores", reason="Celular roubado").status_code == 303
        assert "Nenhum: o perfil exige um" in chief.get(path).text
        assert send(chief, f"{path}/fatores", reason="De novo").status_code == 409
        boss = guarded.read(lambda s: s.scalar(select(Agent.id).where(Agent.login == "chefe")))
        with pytest.raises(Conflict):
            guarded.write(agent_access.take_factors, guarded.desk("chefe"), boss, "Meu")
    assert agentry.client.get("/central").status_code == 303, "the session is over"
    told = guarded.notices("account_changed", "perdeu@op.example")
    assert told[-1].data["what"] == "factors_forgotten"
    agentry.enter("perdeu")
    assert "Falta o segundo fator" in agentry.client.get("/central/conta").text
    # Nobody opens the account of somebody who may more.
    guarded.agent("ajuda", profile(guarded, "ajuda", "registers.agent.write"))
    with guarded.client("ajuda") as client:
        assert (
            send(client, f"/cadastros/agentes/{boss}/acesso/fatores", reason="x").status_code == 403
        )
        page = client.get(f"/cadastros/agentes/{boss}/acesso").text
        assert "Remover o segundo fator" not in page
