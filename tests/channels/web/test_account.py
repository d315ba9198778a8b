"""A person's own account, and the people of a provider, over HTTP on both databases."""

import re
from datetime import timedelta
from html import unescape

import httpx
import pyotp
import pytest

from helpdesk import logins, throttles
from helpdesk.models import LoginCode, Membership, Person
from tests.channels.web.conftest import (
    AURORA,
    BRUNO,
    CARLA,
    LUCIANA,
    OWN,
    PASSWORD,
    PEOPLE,
    VILA,
    Portal,
    Visit,
)

NEW = "girassol tardio 88"
MINUTE = timedelta(minutes=1)


def manage(portal: Portal, email: str = LUCIANA, provider: int = VILA) -> None:
    for row in portal.all(Membership, Membership.person_id == PEOPLE[email]):
        if row.provider_id == provider:
            portal.set(Membership, row.id, role="manager")


def enrol(portal: Portal, visit: Visit) -> tuple[str, list[str]]:
    """Set up an app; its seed and the recovery codes."""
    page = visit.get("/conta/aplicativo").text
    found = re.search(r'class="seed">([A-Z2-7 ]+)<', page)
    assert found
    seed = found[1].replace(" ", "")
    shown = visit.post("/conta/aplicativo", {"code": pyotp.TOTP(seed).at(portal.now)})
    return seed, re.findall(r"<li><code>([a-z0-9-]+)</code></li>", shown.text)


def path_of(link: object) -> str:
    return "/" + str(link).split("/", 3)[3]


def test_the_mail_of_a_code_has_a_link_that_does_the_same(portal: Portal, visit: Visit) -> None:
    visit.get("/")
    visit.post("/", {"email": LUCIANA})
    (notice,) = portal.notices("login_code")
    path = path_of(notice.data["link"])
    assert path.startswith("/acesso/")
    for _ in range(2):
        page = visit.get(path)
        assert page.status_code == 200
        assert "Entrar como Luciana Reis" in page.text
    assert portal.all(LoginCode)[0].used_at is None, "looking uses nothing up"
    assert visit.post(path).headers["location"] == "/fale-conosco"
    assert visit.get("/fale-conosco").status_code == 200
    assert visit.get(path).status_code == 410
    assert visit.client.post(path, data={"csrf": visit.csrf}).status_code == 410
    assert "Entrou</b> por link por e-mail" in visit.get("/conta").text
    visit.client.cookies.clear()
    visit.get("/")
    visit.post("/", {"email": LUCIANA})
    used = visit.post("/", {"email": LUCIANA, "code": str(notice.data["code"])})
    assert used.status_code == 422, "the code went with its link"


def test_a_link_ends_with_its_code(portal: Portal, visit: Visit) -> None:
    visit.get("/")
    visit.post("/", {"email": LUCIANA})
    (notice,) = portal.notices("login_code")
    portal.now += logins.CODE_LIFE
    assert visit.get(path_of(notice.data["link"])).status_code == 410


def test_who_uses_up_somebodys_codes_does_not_keep_them_out(
    portal: Portal, visit: Visit, other: Visit
) -> None:
    visit.enter()
    visit.post("/sair")
    other.get("/")
    for _ in range(4):
        last = other.post("/", {"email": LUCIANA, "again": "1"})
    assert last.status_code == 429
    visit.get("/")
    assert visit.post("/", {"email": LUCIANA}).status_code == 200
    code = str(portal.notices("login_code")[-1].data["code"])
    for _ in range(logins.CODE_TRIES):
        other.get("/")
        other.client.post("/", data={"csrf": other.csrf, "email": LUCIANA, "code": "00000000"})
    assert visit.post("/", {"email": LUCIANA, "code": code}).status_code == 303


def test_a_forgotten_password_is_renewed_by_mail(portal: Portal, visit: Visit) -> None:
    pages = []
    for email in (LUCIANA, "ninguem@lugar.example"):
        visit.get("/esqueci")
        pages.append(visit.post("/esqueci", {"email": email}).text.replace(email, "?"))
    assert pages[0] == pages[1]
    visit.get("/esqueci")
    assert visit.post("/esqueci", {"email": "sem arroba"}).status_code == 422
    (notice,) = portal.notices("password_reset")
    path = path_of(notice.data["link"])
    assert LUCIANA in visit.get(path).text
    assert "listas de senhas vazadas" in visit.post(path, {"password": "senha12345678"}).text
    assert visit.post(path, {"password": NEW}).headers["location"] == "/fale-conosco"
    assert visit.get(path).status_code == 410
    visit.client.cookies.clear()
    visit.get("/", com="senha")
    assert visit.post("/", {"email": LUCIANA, "password": PASSWORD}).status_code == 422
    assert visit.post("/", {"email": LUCIANA, "password": NEW}).status_code == 303
    assert portal.notices("account_changed")


def test_an_app_is_asked_after_code_and_password(portal: Portal, visit: Visit) -> None:
    visit.enter()
    seed, codes = enrol(portal, visit)
    assert len(codes) == 10
    visit.post("/sair")
    portal.now += MINUTE
    visit.get("/", com="senha", voltar="/fale-conosco?situacao=todos")
    asked = visit.post("/", {"email": LUCIANA, "password": PASSWORD})
    assert asked.status_code == 200
    assert "Confirme que é você" in asked.text
    assert visit.client.get("/fale-conosco").status_code == 303
    assert "não confere" in visit.post("/", {"second": "000000"}).text
    done = visit.post("/", {"second": pyotp.TOTP(seed).at(portal.now)})
    assert done.headers["location"] == "/fale-conosco?situacao=todos"
    visit.post("/sair")
    visit.get("/")
    visit.post("/", {"email": LUCIANA})
    code = str(portal.notices("login_code")[-1].data["code"])
    visit.post("/", {"email": LUCIANA, "code": code})
    assert visit.post("/", {"second": codes[0]}).status_code == 303
    page = visit.get("/conta").text
    assert "9 códigos de recuperação" in page
    assert "código por e-mail" in page


def test_the_second_step_waits_five_minutes_and_eight_tries(portal: Portal, visit: Visit) -> None:
    visit.enter()
    seed, _ = enrol(portal, visit)
    visit.post("/sair")
    visit.get("/", com="senha")
    visit.post("/", {"email": LUCIANA, "password": PASSWORD})
    answers = [visit.post("/", {"second": "1"}).status_code for _ in range(throttles.TRIES + 1)]
    assert answers == [422] * throttles.TRIES + [429]
    portal.now += throttles.WINDOW
    late = visit.post("/", {"second": pyotp.TOTP(seed).at(portal.now)})
    assert "Passou tempo demais" in late.text


def test_locks_are_changed_only_right_after_a_log_in(portal: Portal, visit: Visit) -> None:
    visit.enter()
    enrol(portal, visit)
    portal.now += timedelta(minutes=16)
    visit.get("/conta")
    paths = (
        "/conta/aplicativo/remover", "/conta/codigos", "/conta/aplicativo",
        "/conta/sessoes/1/encerrar", "/conta/sessoes/encerrar",
    )  # fmt: skip
    for path in paths:
        led = visit.client.post(path, data={"csrf": visit.csrf})
        assert "confirmar=1" in led.headers["location"]
    page = visit.get(visit.client.get("/conta/aplicativo").headers["location"])
    assert "entre de novo" in page.text


def test_sessions_and_password_of_a_person(portal: Portal, visit: Visit, other: Visit) -> None:
    visit.enter()
    other.enter()
    page = visit.get("/conta").text
    target = re.search(r'action="/conta/sessoes/(\d+)/encerrar"', page)
    assert target
    assert (
        visit.post(f"/conta/sessoes/{target[1]}/encerrar").headers["location"].startswith("/conta")
    )
    assert other.get("/fale-conosco").status_code == 303
    other.enter()
    visit.get("/conta")
    visit.post("/conta/sessoes/encerrar")
    assert other.get("/fale-conosco").status_code == 303
    other.enter()
    visit.get("/conta")
    wrong = visit.post("/conta/senha", {"current": "errada", "password": NEW})
    assert "A senha atual não confere" in wrong.text
    assert visit.post("/conta/senha", {"current": PASSWORD, "password": NEW}).status_code == 303
    assert visit.get("/fale-conosco").status_code == 200
    assert other.get("/fale-conosco").status_code == 303


def test_nobody_ends_a_strangers_session(portal: Portal, visit: Visit, other: Visit) -> None:
    visit.enter()
    other.enter(BRUNO)
    other.get("/conta")
    for session_id in range(1, 4):
        other.client.post(f"/conta/sessoes/{session_id}/encerrar", data={"csrf": other.csrf})
    assert visit.get("/fale-conosco").status_code == 200


def test_a_person_without_a_password_makes_one(portal: Portal, visit: Visit) -> None:
    portal.set(Person, PEOPLE[LUCIANA], password_hash="")
    visit.get("/")
    visit.post("/", {"email": LUCIANA})
    code = str(portal.notices("login_code")[-1].data["code"])
    visit.post("/", {"email": LUCIANA, "code": code})
    assert "Criar senha" in visit.get("/conta").text
    assert visit.post("/conta/senha", {"password": NEW}).status_code == 303
    portal.set(Person, PEOPLE[LUCIANA], password_hash="")
    portal.now += timedelta(minutes=20)
    visit.get("/conta")
    led = visit.post("/conta/senha", {"password": NEW})
    assert "confirmar=1" in led.headers["location"]


def test_somebody_of_no_provider_still_has_an_account(portal: Portal, visit: Visit) -> None:
    visit.enter()
    for row in portal.all(Membership, Membership.person_id == PEOPLE[LUCIANA]):
        portal.set(Membership, row.id, active=False)
    assert visit.get("/fale-conosco").status_code == 403
    assert visit.get("/conta").status_code == 200


def test_the_log_in_ends_the_session_of_before(portal: Portal, visit: Visit) -> None:
    visit.enter()
    old = visit.client.cookies["ponte_person"]
    visit.get("/", confirmar="1", com="senha")
    visit.post("/", {"email": LUCIANA, "password": PASSWORD})
    assert visit.client.cookies["ponte_person"] != old
    headers = {"cookie": f"ponte_person={old}"}
    answer = httpx.get(visit.client.base_url.join("/fale-conosco"), headers=headers)
    assert answer.status_code == 303


def test_only_a_manager_looks_after_people(portal: Portal, visit: Visit) -> None:
    visit.enter()
    assert visit.get("/conta/pessoas").status_code == 403
    visit.get("/conta")
    for path in ("/conta/pessoas", "/conta/pessoas/4", "/conta/pessoas/4/retirar"):
        data = {"csrf": visit.csrf, "name": "X", "email": "x@x.example", "role": "member"}
        answer = visit.client.post(path, data=data | {"scope": "all"})
        assert answer.status_code == 403
    assert portal.notices("invitation") == []
    assert "Pessoas do prestador" not in visit.get("/fale-conosco").text


def test_a_manager_invites_and_the_invited_come_in(
    portal: Portal, visit: Visit, other: Visit
) -> None:
    manage(portal)
    visit.enter()
    assert "Pessoas do prestador" in visit.get("/fale-conosco").text
    visit.get("/conta/pessoas")
    refused = visit.post("/conta/pessoas", {"name": "", "email": "torto", "role": "member"})
    assert refused.status_code == 422
    typed = {"name": "Nina Alves", "email": "nina@vilaserena.example", "role": "member"}
    visit.get("/conta/pessoas")
    assert visit.post("/conta/pessoas", typed | {"scope": "own"}).status_code == 303
    assert "Convite enviado" in visit.follow().text
    assert "Nina Alves" in visit.get("/conta/pessoas").text
    (notice,) = portal.notices("invitation")
    path = path_of(notice.data["link"])
    other.get(path)
    assert other.post(path, {"password": NEW}).headers["location"] == "/fale-conosco"
    receipt = portal.open(LUCIANA, title="Da Luciana")
    assert "Da Luciana" not in other.get("/fale-conosco").text, "only the own ones"
    assert other.get(f"/fale-conosco/n{receipt.number}").status_code == 404
    assert "Luciana Reis</b> · Abriu o contato" in unescape(visit.get("/conta/pessoas").text)


def test_a_manager_changes_what_somebody_sees_and_takes_them_out(
    portal: Portal, visit: Visit, other: Visit
) -> None:
    manage(portal)
    portal.open(LUCIANA, title="Da Luciana")
    visit.enter()
    other.enter(OWN)
    assert "Da Luciana" not in other.get("/fale-conosco").text
    visit.get("/conta/pessoas")
    change = f"/conta/pessoas/{PEOPLE[OWN]}"
    visit.post(change, {"role": "member", "scope": "all"})
    assert "Da Luciana" in other.get("/fale-conosco").text
    visit.get("/conta/pessoas")
    visit.post(f"{change}/retirar")
    assert other.get("/fale-conosco").status_code == 303, "the session ended with it"
    visit.get("/conta/pessoas")
    assert visit.client.post(f"{change}/retirar", data={"csrf": visit.csrf}).status_code == 404
    foreign = f"/conta/pessoas/{PEOPLE[BRUNO]}"
    for path in (f"{foreign}/retirar", f"{foreign}/convidar"):
        assert visit.client.post(path, data={"csrf": visit.csrf}).status_code == 404


def test_a_provider_keeps_a_manager(portal: Portal, visit: Visit) -> None:
    manage(portal)
    visit.enter()
    visit.get("/conta/pessoas")
    mine = f"/conta/pessoas/{PEOPLE[LUCIANA]}"
    kept = visit.post(mine, {"role": "member", "scope": "all"})
    assert kept.status_code == 409
    assert "pelo menos um gestor" in kept.text
    assert visit.post(f"{mine}/retirar").status_code == 409
    manage(portal, CARLA)
    visit.get("/conta/pessoas")
    assert visit.post(mine, {"role": "member", "scope": "own"}).status_code == 303


def test_who_serves_several_manages_where_they_are_now(portal: Portal, visit: Visit) -> None:
    manage(portal, CARLA, AURORA)
    visit.enter(CARLA)
    assert visit.get("/conta/pessoas").status_code == 403
    visit.get("/fale-conosco")
    visit.post("/prestador", {"provider": str(AURORA)})
    page = visit.get("/conta/pessoas").text
    assert "Pessoas que falam por Laboratório Aurora" in page
    assert "bruno@aurora.example" in page
    assert "luciana@vilaserena.example" not in page


def test_one_more_provider_needs_no_new_password(
    portal: Portal, visit: Visit, other: Visit
) -> None:
    manage(portal, BRUNO, AURORA)
    visit.enter(BRUNO)
    visit.get("/conta/pessoas")
    typed = {"name": "Luciana", "email": LUCIANA, "role": "member", "scope": "all"}
    visit.post("/conta/pessoas", typed)
    (notice,) = portal.notices("invitation")
    path = path_of(notice.data["link"])
    page = other.get(path)
    assert "Aceitar convite" in page.text
    assert 'name="password"' not in page.text
    assert other.post(path).headers["location"] == "/fale-conosco"
    assert "Laboratório Aurora" in other.get("/fale-conosco").text
    other.client.cookies.clear()
    other.enter(LUCIANA)
    (person,) = portal.all(Person, Person.email == LUCIANA)
    assert person.name == "Luciana Reis"


@pytest.mark.parametrize("path", ["/conta", "/conta/pessoas", "/conta/aplicativo"])
def test_the_account_is_behind_the_door(portal: Portal, visit: Visit, path: str) -> None:
    assert visit.get(path).status_code == 303
    assert visit.page is not None
    assert visit.page.headers["location"].startswith("/?voltar=/conta")
