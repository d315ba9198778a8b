"""The door of the portal: passwords, codes, invitations, switching, leaving."""

from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from channels.web.visitors import local_path
from helpdesk import logins, throttles
from helpdesk.models import LoginCode, Person, Throttle
from helpdesk.models import Session as Login
from tests.channels.web.conftest import (
    AURORA,
    BRUNO,
    CARLA,
    LUCIANA,
    PASSWORD,
    Portal,
    Visit,
    make_portal,
    serving,
)


def test_a_password_opens_the_list(portal: Portal, visit: Visit) -> None:
    answer = visit.enter()
    assert answer.headers["location"] == "/fale-conosco"
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("ponte_person=")
    for part in ("HttpOnly", "SameSite=lax", "Path=/"):
        assert part.lower() in cookie.lower()
    assert "Secure" not in cookie
    page = visit.follow()
    assert page.status_code == 200
    assert "Clínica Vila Serena" in page.text


def test_unknown_and_wrong_look_the_same(portal: Portal, visit: Visit) -> None:
    answers = []
    for email in (LUCIANA, "ninguem@lugar.example"):
        visit.get("/", com="senha")
        answer = visit.post("/", {"email": email, "password": "errada"})
        answers.append((answer.status_code, answer.text.replace(email, "")))
    assert answers[0] == answers[1]
    assert answers[0][0] == 422
    assert "não conferem" in answers[0][1]


def test_too_many_wrong_passwords_have_to_wait_and_then_not_any_more(
    portal: Portal, visit: Visit
) -> None:
    visit.get("/", com="senha")
    for _ in range(throttles.TRIES):
        visit.post("/", {"email": LUCIANA, "password": "errada"})
    answer = visit.post("/", {"email": LUCIANA, "password": PASSWORD})
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0
    assert "Espere 15 min" in answer.text
    portal.now += throttles.WINDOW + timedelta(seconds=1)
    assert visit.post("/", {"email": LUCIANA, "password": PASSWORD}).status_code == 303
    assert portal.all(Throttle) == []


def test_a_code_by_mail_opens_the_list(portal: Portal, visit: Visit) -> None:
    visit.get("/")
    answer = visit.post("/", {"email": LUCIANA})
    assert answer.status_code == 200
    (notice,) = portal.notices("login_code")
    code = str(notice.data["code"])
    wrong = visit.post("/", {"email": LUCIANA, "code": "00000000"})
    assert wrong.status_code == 422
    assert "Restam 4 tentativas" in wrong.text
    answer = visit.post("/", {"email": LUCIANA, "code": f"{code[:4]} {code[4:]}"})
    assert answer.status_code == 303
    again = visit.post("/", {"email": LUCIANA, "code": code})
    assert "não vale mais" in again.text


def test_an_unknown_address_gets_the_same_page_and_no_code(portal: Portal, visit: Visit) -> None:
    pages = []
    for email in (LUCIANA, "ninguem@lugar.example"):
        visit.get("/")
        pages.append(visit.post("/", {"email": email}).text.replace(email, ""))
    assert pages[0] == pages[1]
    assert len(portal.notices("login_code")) == 1
    for _ in range(2):
        visit.post("/", {"email": LUCIANA, "again": "1"})
    assert visit.post("/", {"email": LUCIANA, "again": "1"}).status_code == 429


@pytest.mark.parametrize("email", ["", "  ", "sem-arroba", "a@b", "x" * 300 + "@a.example"])
def test_an_address_that_is_none_is_said_so(portal: Portal, visit: Visit, email: str) -> None:
    visit.get("/")
    answer = visit.post("/", {"email": email})
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert portal.all(LoginCode) == []


def test_an_empty_code_or_password_is_said_so(portal: Portal, visit: Visit) -> None:
    visit.get("/")
    for data, said in (
        ({"code": " "}, "Escreva o código"),
        ({"password": ""}, "Escreva sua senha"),
    ):
        answer = visit.post("/", {"email": LUCIANA, **data})
        assert answer.status_code == 422
        assert said in answer.text
    assert portal.all(LoginCode) == []


def test_the_way_back_keeps_its_query(portal: Portal, visit: Visit) -> None:
    answer = visit.get("/fale-conosco", situacao="todos")
    assert answer.headers["location"] == "/?voltar=/fale-conosco%3Fsituacao%3Dtodos"
    visit.follow()
    answer = visit.post("/", {"email": LUCIANA, "password": PASSWORD})
    assert answer.headers["location"] == "/fale-conosco?situacao=todos"


@pytest.mark.parametrize(
    "wanted",
    ["https://mal.example/", "//mal.example", "/\\mal.example", "javascript:x", "/a b", "", "x"],
)
def test_the_way_back_stays_on_this_site(wanted: str) -> None:
    assert local_path(wanted) == "/fale-conosco"


def test_the_way_back_is_kept(portal: Portal, visit: Visit) -> None:
    answer = visit.get("/fale-conosco/novo")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/?voltar=/fale-conosco/novo"
    visit.follow()
    answer = visit.post("/", {"email": LUCIANA, "password": PASSWORD})
    assert answer.headers["location"] == "/fale-conosco/novo"
    assert visit.get("/").headers["location"] == "/fale-conosco"
    assert visit.client.get("/sair").status_code == 405


def test_leaving_ends_the_session_everywhere(portal: Portal, visit: Visit) -> None:
    visit.enter()
    visit.follow()
    token = visit.client.cookies["ponte_person"]
    assert visit.post("/sair").headers["location"] == "/"
    assert "ponte_person" not in visit.client.cookies
    visit.client.cookies["ponte_person"] = token
    assert visit.get("/fale-conosco").status_code == 303
    assert portal.all(Login)[0].ended_at is not None


def test_an_idle_session_ends(portal: Portal, visit: Visit) -> None:
    visit.enter()
    portal.now += timedelta(hours=3)
    assert visit.get("/fale-conosco").status_code == 303


def test_people_of_several_providers_switch(portal: Portal, visit: Visit) -> None:
    portal.open(CARLA, AURORA, title="Da Aurora")
    visit.enter(CARLA)
    assert "Da Aurora" not in visit.follow().text
    visit.post("/prestador", {"provider": str(AURORA)})
    page = visit.follow()
    assert "Da Aurora" in page.text
    assert "Laboratório Aurora" in page.text


@pytest.mark.parametrize("wanted", ["1", "99", "", "x"])
def test_nobody_switches_to_a_foreign_provider(portal: Portal, visit: Visit, wanted: str) -> None:
    visit.enter(BRUNO)
    visit.follow()
    assert visit.post("/prestador", {"provider": wanted}).status_code == 404


def test_whoever_speaks_for_nobody_is_told(portal: Portal, visit: Visit) -> None:
    from helpdesk.models import Membership

    visit.enter()
    portal.set(Membership, 1, active=False)
    for path in ("/fale-conosco", "/fale-conosco/novo", "/fale-conosco/n1"):
        answer = visit.get(path)
        assert answer.status_code == 403
        assert "não está ligado a um prestador" in answer.text


def test_an_invitation_is_used_by_its_button_alone(portal: Portal, visit: Visit) -> None:
    def invite(session: object) -> None:
        person = Person(name="Nova Pessoa", email="nova@vilaserena.example")
        session.add(person)  # type: ignore[attr-defined]
        session.flush()  # type: ignore[attr-defined]
        link = portal.runtime.policy.link("/convite/")
        logins.invite(session, person, portal.runtime.policy.keyring, link, now=portal.now)  # type: ignore[arg-type]

    portal.write(invite)
    (notice,) = portal.notices("invitation")
    path = "/convite/" + str(notice.data["link"]).rpartition("/convite/")[2]
    for _ in range(3):
        assert "Nova Pessoa" in visit.get(path).text
    assert visit.post(path, {"password": "curta"}).status_code == 422
    assert visit.post(path, {"password": ""}).status_code == 422
    answer = visit.post(path, {"password": "frase bem comprida"})
    assert answer.status_code == 303
    assert visit.get(path).status_code == 410
    assert visit.post(path, {"password": "outra bem comprida"}).status_code == 410


def test_over_https_cookies_stay_there_and_no_other_host_plants_one(
    sqlite_url: str, tmp_path: Path
) -> None:
    public = {"PONTE_WEB__PUBLIC_URL": "https://portal.example"}
    for portal in make_portal(sqlite_url, tmp_path, **public):
        with serving(portal.app) as address, httpx.Client(base_url=address, timeout=60) as client:
            visit = Visit(client)
            visit.page = client.get("/")
            introduced = visit.page.headers["set-cookie"]
            browser = introduced.partition(";")[0]
            form = {"csrf": visit.hidden()["csrf"], "email": LUCIANA, "password": PASSWORD}
            answer = client.post("/", data=form, headers={"cookie": browser})
            assert answer.status_code == 303
            cookies = answer.headers.get_list("set-cookie")
            for cookie in (introduced, *cookies):
                # RFC 6265bis §4.1.3.2: without these a browser takes no such name
                name, *rest = (part.strip().lower() for part in cookie.split(";"))
                assert name.startswith("__host-ponte_")
                assert {"secure", "path=/"} <= {*rest}
                assert not any(part.startswith("domain") for part in rest)
            kept = cookies[0].partition(";")[0]
            assert kept.startswith("__Host-ponte_person=")
            theme = "ponte_theme=dark"
            page = client.get("/fale-conosco", headers={"cookie": f"{browser}; {kept}; {theme}"})
            assert page.status_code == 200
            assert 'data-theme="dark"' in page.text
            planted = f"{browser}; {kept.removeprefix('__Host-')}"
            door = client.get("/fale-conosco", headers={"cookie": planted})
            assert door.status_code == 303


def test_only_a_page_introduces_a_browser(portal: Portal, visit: Visit) -> None:
    """A script of the page that was left would put its name over the next page's."""
    for by_script in ("empty", "image", "style"):
        answer = visit.client.get("/", headers={"sec-fetch-dest": by_script})
        assert "set-cookie" not in answer.headers
    assert (
        "ponte_browser="
        in visit.client.get("/", headers={"sec-fetch-dest": "document"}).headers["set-cookie"]
    )


def test_a_form_of_somebody_else_is_refused(portal: Portal, visit: Visit) -> None:
    visit.get("/")
    answer = visit.client.post("/", data={"email": LUCIANA, "password": PASSWORD})
    assert answer.status_code == 403
    assert "Esta página ficou velha" in answer.text
