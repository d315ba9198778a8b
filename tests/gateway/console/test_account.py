"""An agent's account over HTTP: second factor, password, sessions, what is seen of them."""

import itertools
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select

from helpdesk import throttles
from helpdesk.models import Agent, RecoveryCode, Totp
from tests.gateway.console.guarded import Agentry, Guarded, hidden
from tests.gateway.console.served import PASSWORD, csrf

names = (f"pessoa{n}" for n in itertools.count(1))
MINUTE = timedelta(minutes=1)
NEW = "girassol tardio 88"


@pytest.fixture
def login(guarded: Guarded) -> str:
    name = next(names)
    guarded.agent(name)
    return name


def test_an_app_is_a_second_factor(guarded: Guarded, agentry: Agentry, login: str):
    assert agentry.enter(login).headers["location"] == "/central"
    assert "Código QR" in agentry.client.get("/central/conta/aplicativo").text
    shown = agentry.enrol(guarded.now)
    assert len(agentry.codes) == 10
    assert "Guarde estes códigos agora" in shown.text
    (row,) = guarded.read(lambda s: s.scalars(select(Totp)).all()[-1:])
    assert agentry.seed not in row.sealed
    assert not set(agentry.codes) & set(
        guarded.read(lambda s: s.scalars(select(RecoveryCode.code_hash)).all())
    )
    assert guarded.notices("account_changed", f"{login}@op.example")
    agentry.client.cookies.clear()
    asked = agentry.enter(login)
    assert asked.status_code == 200
    assert "Falta o segundo fator" in asked.text
    assert agentry.client.get("/central").status_code == 303
    used = agentry.second(asked, agentry.code(guarded.now))
    assert used.status_code == 422, "the code that set it up is used up"
    assert "O código não confere" in used.text
    later = guarded.now + MINUTE
    guarded.skew = MINUTE
    assert agentry.second(used, agentry.code(later)).headers["location"] == "/central"
    assert agentry.client.get("/central").status_code == 200


def test_a_recovery_code_is_good_once(guarded: Guarded, agentry: Agentry, login: str):
    agentry.enter(login)
    agentry.enrol(guarded.now)
    code = agentry.codes[3]
    for expected in (303, 422):
        agentry.client.cookies.clear()
        asked = agentry.enter(login)
        assert agentry.second(asked, f" {code.upper()} ").status_code == expected
    agentry.client.cookies.clear()
    agentry.second(agentry.enter(login), agentry.codes[4])
    page = agentry.client.get("/central/conta").text
    assert "8 códigos de recuperação" in page
    assert "Usou um código de recuperação" in page


def test_a_password_alone_opens_no_second_step_elsewhere(
    guarded: Guarded, agentry: Agentry, login: str
):
    agentry.enter(login)
    agentry.enrol(guarded.now)
    guarded.skew = MINUTE
    asked = agentry.enter(login)
    with httpx.Client(base_url=guarded.url, timeout=60) as thief:
        page = thief.get("/entrar")
        data = {"csrf": csrf(page), "passed": hidden(asked.text, "passed")}
        answer = thief.post("/entrar/segundo", data=data | {"code": agentry.code(guarded.now)})
        assert answer.status_code == 422
        assert "Passou tempo demais" in answer.text
    guarded.skew = timedelta(minutes=7)
    late = agentry.second(asked, agentry.code(guarded.now))
    assert "Passou tempo demais" in late.text


def test_codes_are_tried_a_few_times(guarded: Guarded, agentry: Agentry, login: str):
    agentry.enter(login)
    agentry.enrol(guarded.now)
    asked = agentry.enter(login)
    answers = [agentry.second(asked, "000000").status_code for _ in range(throttles.TRIES + 1)]
    assert answers == [422] * throttles.TRIES + [429]


def test_a_profile_may_demand_it(guarded: Guarded, agentry: Agentry):
    login = next(names)
    guarded.agent(login, guarded.strict_profile())
    agentry.enter(login)
    for path in ("/central", "/central/quarentena", "/cadastros", "/central/eventos"):
        led = agentry.client.get(path)
        assert led.status_code == 303, path
        assert agentry.client.get(led.headers["location"]).headers["location"] == "/central/conta"
    page = agentry.client.get("/central/conta")
    assert "Falta o segundo fator" in page.text
    assert "Visões" not in page.text
    assert agentry.send("/central/conta", "/central/1/nota", text="x").status_code == 303
    assert agentry.enrol(guarded.now).status_code == 200
    assert agentry.client.get("/central").status_code == 200
    refused = agentry.send("/central/conta", "/central/conta/aplicativo/remover")
    assert refused.status_code == 409
    assert "exige um segundo fator" in refused.text


def test_locks_are_changed_only_right_after_a_log_in(
    guarded: Guarded, agentry: Agentry, login: str
):
    agentry.enter(login)
    agentry.enrol(guarded.now)
    guarded.skew = timedelta(minutes=16)
    ending = ("sessoes/1/encerrar", "sessoes/encerrar")
    for path in ("aplicativo/remover", "codigos", "chaves", *ending):
        led = agentry.send("/central/conta", f"/central/conta/{path}")
        assert led.headers["location"] == "/entrar?confirmar=1&voltar=/central/conta"
    page = agentry.client.get("/entrar?confirmar=1&voltar=/central/conta")
    assert f'value="{login}"' in page.text
    assert "Confirme que é você" in page.text
    before = agentry.client.cookies["ponte_agent"]
    data = {"csrf": csrf(page), "voltar": "/central/conta", "login": login, "password": PASSWORD}
    asked = agentry.client.post("/entrar", data=data)
    done = agentry.second(asked, agentry.code(guarded.now))
    assert done.headers["location"] == "/central/conta"
    assert agentry.client.cookies["ponte_agent"] != before
    agentry.send("/central/conta", "/central/conta/aplicativo/remover")
    page = agentry.client.get("/central/conta").text
    assert "Desligado" in page
    assert "Removeu o aplicativo de códigos" in page


def test_a_log_in_ends_the_session_before(guarded: Guarded, agentry: Agentry, login: str):
    agentry.enter(login)
    old = agentry.client.cookies["ponte_agent"]
    page = agentry.client.get("/entrar?confirmar=1")
    data = {"csrf": csrf(page), "login": login, "password": PASSWORD}
    agentry.client.post("/entrar", data=data)
    assert agentry.client.cookies["ponte_agent"] != old
    with httpx.Client(base_url=guarded.url, timeout=60, cookies={"ponte_agent": old}) as other:
        assert other.get("/central").status_code == 303


def test_the_password_is_changed_with_the_present_one(
    guarded: Guarded, agentry: Agentry, login: str
):
    agentry.enter(login)
    with httpx.Client(base_url=guarded.url, timeout=60) as client:
        other = Agentry(client)
        other.enter(login)
        change = "/central/conta/senha"
        for current, password, said in (
            ("errada", NEW, "A senha atual não confere"),
            (PASSWORD, "curta demais", ""),
            (PASSWORD, "curta", "pelo menos 12 caracteres"),
            (PASSWORD, "senha12345678", "listas de senhas vazadas"),
            (PASSWORD, f"{login}{login}", "fácil de adivinhar"),
        ):
            answer = agentry.send("/central/conta", change, current=current, password=password)
            if said:
                assert answer.status_code == 422, password
                assert said in answer.text
                continue
            assert answer.headers["location"] == "/central/conta"
            agentry.send("/central/conta", change, current=password, password=PASSWORD)
            other.enter(login)
        assert client.get("/central").status_code == 200
        agentry.send("/central/conta", change, current=PASSWORD, password=NEW)
        assert agentry.client.get("/central").status_code == 200
        assert client.get("/central").status_code == 303, "the other session is over"
        assert other.enter(login).status_code == 422
        assert other.enter(login, NEW).status_code == 303
    assert "Mudou a senha" in agentry.client.get("/central/conta").text


def test_sessions_are_listed_and_ended(guarded: Guarded, agentry: Agentry, login: str):
    agentry.enter(login)
    chrome = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/143.0 Safari/537.36"
    with httpx.Client(base_url=guarded.url, timeout=60, headers={"user-agent": chrome}) as client:
        Agentry(client).enter(login)
        page = agentry.client.get("/central/conta").text
        assert "Chrome no Windows · 127.0.0.1" in page
        assert page.count("/encerrar") >= 1
        target = page.split('action="/central/conta/sessoes/')[1].split("/")[0]
        assert (
            agentry.send("/central/conta", "/central/conta/sessoes/999999/encerrar").status_code
            == 404
        )
        agentry.send("/central/conta", f"/central/conta/sessoes/{target}/encerrar")
        assert client.get("/central").status_code == 303
        Agentry(client).enter(login)
        agentry.send("/central/conta", "/central/conta/sessoes/encerrar")
        assert client.get("/central").status_code == 303
    assert agentry.client.get("/central").status_code == 200


def test_nobody_ends_somebody_elses_session(guarded: Guarded, agentry: Agentry, login: str):
    agentry.enter("ana")
    ana = agentry.client.get("/central/conta").text
    assert "Esta sessão" in ana
    with httpx.Client(base_url=guarded.url, timeout=60) as client:
        other = Agentry(client)
        other.enter(login)
        for session_id in range(1, 60):
            path = f"/central/conta/sessoes/{session_id}/encerrar"
            assert other.send("/central/conta", path).status_code in {404, 303}
            if client.get("/central").status_code == 303:
                break
    assert agentry.client.get("/central").status_code == 200


def test_refused_log_ins_are_seen_by_the_owner(guarded: Guarded, agentry: Agentry, login: str):
    with httpx.Client(base_url=guarded.url, timeout=60) as stranger:
        Agentry(stranger).enter(login, "errada de propósito")
    agentry.enter(login)
    page = agentry.client.get("/central/conta").text
    assert "Tentativa de entrada recusada" in page
    agentry.send("/central/conta", "/central/sair")
    agentry.enter(login)
    assert ">Saiu</b>" in agentry.client.get("/central/conta").text


def test_a_victim_is_not_kept_out_of_a_browser_it_uses(
    guarded: Guarded, agentry: Agentry, login: str
):
    agentry.enter(login)
    agentry.send("/central/conta", "/central/sair")
    with httpx.Client(base_url=guarded.url, timeout=60) as stranger:
        attacker = Agentry(stranger)
        tries = [attacker.enter(login, "errada").status_code for _ in range(throttles.TRIES + 1)]
        assert tries[-1] == 429
        assert attacker.enter(login).status_code == 429
    assert agentry.enter(login).status_code == 303


def test_a_forgotten_password_is_renewed_by_mail(guarded: Guarded, agentry: Agentry, login: str):
    address = f"{login}@op.example"
    pages = [
        agentry.send("/entrar/esqueci", "/entrar/esqueci", login=name).text.replace(name, "?")
        for name in (login, "ninguem-daqui")
    ]
    assert pages[0] == pages[1]
    (notice,) = guarded.notices("password_reset", address)
    link = str(notice.data["link"])
    path = link.removeprefix(guarded.url)
    assert path.startswith("/entrar/nova-senha/")
    for _ in range(2):
        assert login in agentry.client.get(path).text, "looking uses nothing up"
    weak = agentry.client.post(path, data={"csrf": csrf(agentry.client.get(path)), "password": "x"})
    assert weak.status_code == 422
    data = {"csrf": csrf(agentry.client.get(path)), "password": NEW}
    assert agentry.client.post(path, data=data).headers["location"] == "/central"
    assert agentry.client.get("/central").status_code == 200
    assert agentry.client.get(path).status_code == 410
    assert agentry.client.post(path, data=data).status_code == 410
    assert agentry.enter(login, NEW).status_code == 303


def test_three_links_an_hour_for_anybody(guarded: Guarded, agentry: Agentry, login: str):
    for name in (login, "ninguem-" + login):
        answers = [
            agentry.send("/entrar/esqueci", "/entrar/esqueci", login=name).status_code
            for _ in range(4)
        ]
        assert answers == [200, 200, 200, 429]


def test_a_mailbox_is_no_second_factor(guarded: Guarded, agentry: Agentry, login: str):
    agentry.enter(login)
    agentry.enrol(guarded.now)
    agentry.client.cookies.clear()
    agentry.send("/entrar/esqueci", "/entrar/esqueci", login=f"{login}@op.example")
    link = str(guarded.notices("password_reset", f"{login}@op.example")[0].data["link"])
    path = link.removeprefix(guarded.url)
    data = {"csrf": csrf(agentry.client.get(path)), "password": NEW}
    answer = agentry.client.post(path, data=data)
    assert answer.status_code == 200
    assert "Entre com a senha nova" in answer.text
    assert "ponte_agent" not in agentry.client.cookies


def test_who_ended_is_let_in_again_over_the_page(guarded: Guarded, agentry: Agentry, login: str):
    agentry.enter(login)
    guarded.skew = timedelta(hours=5)
    page = agentry.client.get("/entrar/aqui")
    assert f'value="{login}"' in page.text
    assert "<html" not in page.text
    data = {"csrf": csrf(page), "aqui": "1", "login": login, "password": "errada"}
    wrong = agentry.client.post("/entrar", data=data)
    assert wrong.status_code == 422
    assert "<dialog" in wrong.text
    right = agentry.client.post("/entrar", data=data | {"password": PASSWORD})
    assert right.status_code == 204
    assert right.headers["hx-trigger"] == "ponte-entered"
    assert agentry.client.get("/central").status_code == 200


def test_the_closed_may_not_come_back_by_any_door(guarded: Guarded, agentry: Agentry):
    login = next(names)
    agent_id = guarded.agent(login)
    agentry.enter(login)
    guarded.set(Agent, agent_id, active=False)
    assert agentry.client.get("/central/conta").status_code == 303
    assert agentry.enter(login).status_code == 422
    agentry.send("/entrar/esqueci", "/entrar/esqueci", login=login)
    assert guarded.notices("password_reset", f"{login}@op.example") == []
