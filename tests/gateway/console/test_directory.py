"""Entering with the company's account, against a directory on loopback."""

import itertools
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from helpdesk.models import Agent, AgentIdentity, Log
from tests.conftest import MigratedCopy
from tests.doubles.oidc import ANA, Directory, directory
from tests.gateway.console.guarded import Agentry, Guarded, guarded_instance

numbers = itertools.count(1)
GROUPS = '{"chefia": "admin", "atendimento": "atendente"}'


@pytest.fixture(scope="module")
def company() -> Iterator[Directory]:
    with directory(Directory()) as found:
        yield found


@pytest.fixture(autouse=True)
def calm(company: Directory) -> None:
    company.who, company.spoils, company.extra = dict(ANA), {}, {}
    company.skew = 0
    company.denies = company.redirects = company.announces = company.keys_at = ""
    company.methods = ["client_secret_basic"]


def serve(url: str, folder: Path, company: Directory, **more: str) -> Iterator[Guarded]:
    with guarded_instance(url, folder, **company.settings(**more)) as instance:
        yield instance


DATABASES = ["sqlite", pytest.param("postgres", marks=pytest.mark.slow)]


@pytest.fixture(scope="module", params=DATABASES)
def plain(
    request: pytest.FixtureRequest,
    migrated_copy: MigratedCopy,
    tmp_path_factory: pytest.TempPathFactory,
    company: Directory,
) -> Iterator[Guarded]:
    """Links by verified e-mail, leaves profiles alone."""
    folder = tmp_path_factory.mktemp("plain")
    yield from serve(migrated_copy(request.param, folder), folder, company)


@pytest.fixture(autouse=True)
def one_clock(request: pytest.FixtureRequest, calm: None, company: Directory) -> None:
    if "plain" in request.fixturenames:
        company.skew = request.getfixturevalue("plain").skew.total_seconds()


@pytest.fixture(scope="module")
def mapped(
    migrated_copy: MigratedCopy,
    tmp_path_factory: pytest.TempPathFactory,
    company: Directory,
) -> Iterator[Guarded]:
    """Groups choose the profile; agents are made."""
    more = {"profiles": GROUPS, "create": "true", "name": "Entrar com a rede"}
    folder = tmp_path_factory.mktemp("mapped")
    yield from serve(migrated_copy("sqlite", folder), folder, company, **more)


def travel(client: httpx.Client, back: str = "") -> httpx.Response:
    """There and back again, as a browser follows; what the way back answers."""
    left = client.get("/entrar/empresa", params={"voltar": back} if back else {})
    assert left.status_code == 303, left.text
    with httpx.Client(timeout=60) as abroad:
        home = abroad.get(left.headers["location"]).headers["location"]
    return client.get(home)


def wait(instance: Guarded, company: Directory, time: timedelta) -> None:
    instance.skew += time
    company.skew = instance.skew.total_seconds()


def browse(instance: Guarded) -> httpx.Client:
    return httpx.Client(base_url=instance.url, timeout=60)


def somebody(**more: Any) -> dict[str, Any]:
    n = next(numbers)
    return {
        "sub": f"00u-{n}",
        "email": f"rede{n}@op.example",
        "email_verified": True,
        "preferred_username": f"rede{n}",
        "name": f"Rede {n}",
        **more,
    }


def test_the_first_time_ties_the_account_to_the_agent_of_the_address(
    plain: Guarded, company: Directory
):
    with browse(plain) as client:
        assert "Conta da empresa" in client.get("/entrar").text
        arrived = travel(client, "/central/quarentena")
        assert arrived.headers["location"] == "/central/quarentena"
        assert client.get("/entrar").headers["location"] == "/central"
        asked = company.authorized[-1]
        assert {"state", "nonce", "code_challenge"} <= asked.keys()
        page = client.get("/central/conta").text
        assert "Entrou por conta da empresa" in page
    # From now on issuer and subject count, not the address.
    company.who = dict(ANA) | {"email": "outra@op.example", "email_verified": False}
    with browse(plain) as client:
        assert travel(client).headers["location"] == "/central"
        assert "usuário ana" in client.get("/central/conta").text
    tied = plain.read(lambda s: s.scalars(select(AgentIdentity)).all())
    assert [(one.issuer, one.subject) for one in tied] == [(company.issuer, ANA["sub"])]


def test_a_link_of_a_foreign_page_begins_no_session(plain: Guarded):
    abroad = {"sec-fetch-site": "cross-site"}
    with browse(plain) as client:
        page = client.get("/entrar/empresa", params={"voltar": "/central/saida"}, headers=abroad)
        assert page.status_code == 200
        assert "Conta da empresa" in page.text
        assert "/central/saida" in page.text
        assert "ponte_trip" not in client.cookies


def test_an_address_nobody_verified_ties_nothing(plain: Guarded, company: Directory):
    company.who = somebody(email="rafael@op.example", email_verified=False)
    with browse(plain) as client:
        refused = travel(client)
        assert refused.status_code == 403
        assert "não foi verificado" in refused.text
        assert client.get("/central").status_code == 303


def test_an_agent_is_not_taken_over_by_a_second_account(plain: Guarded, company: Directory):
    company.who = somebody(email="leo@op.example")
    with browse(plain) as client:
        assert travel(client).status_code == 303
    company.who = somebody(email="leo@op.example")
    with browse(plain) as client:
        assert travel(client).status_code == 403


def test_whom_nobody_knows_does_not_enter(plain: Guarded, company: Directory):
    company.who = somebody()
    with browse(plain) as client:
        refused = travel(client)
        assert refused.status_code == 403
        assert "não tem acesso à central" in refused.text
        assert 'role="alert"' in refused.text


def test_the_closed_do_not_enter(plain: Guarded, company: Directory):
    agent_id = plain.agent("fechado")
    company.who = somebody(email="fechado@op.example")
    with browse(plain) as client:
        assert travel(client).status_code == 303
        plain.set(Agent, agent_id, active=False)
        assert travel(client).status_code == 403


def test_the_way_back_is_for_the_browser_that_left(plain: Guarded, company: Directory):
    with browse(plain) as victim, browse(plain) as thief:
        left = thief.get("/entrar/empresa")
        with httpx.Client(timeout=60) as abroad:
            home = abroad.get(left.headers["location"]).headers["location"]
        assert victim.get(home).status_code == 422, "no trip was begun here"
        victim.get("/entrar/empresa")
        assert victim.get(home).status_code == 422, "another trip was"
        assert "ponte_agent" not in victim.cookies
        assert thief.get(home).status_code == 303
        thief.cookies.delete("ponte_agent")
        assert thief.get(home).status_code == 422, "a trip ends once"


@pytest.mark.parametrize(
    "spoiled",
    [
        {"nonce": "outro"},
        {"iss": "http://127.0.0.1:1/realms/op"},
        {"aud": "outro-cliente"},
        {"azp": "outro-cliente"},
        {"exp": 1_000_000_000},
        {"sub": None},
    ],
    ids=lambda spoiled: next(iter(spoiled)),
)
def test_a_token_that_does_not_hold_is_refused(
    plain: Guarded, company: Directory, spoiled: dict[str, Any]
):
    company.spoils = spoiled
    with browse(plain) as client:
        refused = travel(client)
        assert refused.status_code == 502
        assert "não respondeu" in refused.text
        assert "ponte_agent" not in client.cookies


def test_keys_are_rotated(plain: Guarded, company: Directory):
    with browse(plain) as client:
        assert travel(client).status_code == 303
        wait(plain, company, timedelta(minutes=2))
        company.rotate()
        before = company.asked.count("certs")
        assert travel(client).status_code == 303
        assert company.asked.count("certs") == before + 1
        assert travel(client).status_code == 303
        company.rotate()
        assert travel(client).status_code == 502, "keys are not fetched again at once"
        assert company.asked.count("certs") == before + 1
    wait(plain, company, timedelta(minutes=2))


def test_a_directory_that_fails_says_so(plain: Guarded, company: Directory):
    with browse(plain) as client:
        company.denies = "access_denied"
        assert travel(client).status_code == 422
        company.denies = ""
        wait(plain, company, timedelta(hours=2))
        company.announces = "http://127.0.0.1:1/outro"
        failed = client.get("/entrar/empresa")
        assert failed.status_code == 502
        assert "Usuário" in failed.text, "the other ways in stay"
        company.announces, company.redirects = "", "http://127.0.0.1:1/x"
        assert client.get("/entrar/empresa").status_code == 502
        company.redirects = ""
        assert travel(client).status_code == 303


@pytest.mark.parametrize(("networks", "fetched"), [("", 0), ("127.0.0.0/8 ::1/128", 1)])
def test_its_document_leads_inside_only_where_the_administrator_allows(
    migrated_copy: MigratedCopy, tmp_path: Path, company: Directory, networks: str, fetched: int
):
    """The keys are said to be at another name than the issuer's, which is this machine as well."""
    company.keys_at = "localhost"
    given = company.settings() | {"PONTE_WEBHOOKS__NETWORKS": networks}
    before = company.asked.count("certs")
    with (
        guarded_instance(migrated_copy("sqlite", tmp_path), tmp_path, **given) as instance,
        browse(instance) as client,
    ):
        assert travel(client).status_code == (303 if fetched else 502)
    assert company.asked.count("certs") == before + fetched


def test_secrets_go_as_the_directory_wants_them(plain: Guarded, company: Directory):
    wait(plain, company, timedelta(hours=2))
    company.methods = ["client_secret_post"]
    with browse(plain) as client:
        assert travel(client).status_code == 303
    wait(plain, company, timedelta(hours=2))


def test_groups_choose_the_profile_at_each_log_in(mapped: Guarded, company: Directory):
    agent_id = mapped.agent("grupos")
    company.who = somebody(email="grupos@op.example", groups=["/todos", "/chefia"])
    with browse(mapped) as client:
        assert "Entrar com a rede" in client.get("/entrar").text
        assert travel(client).status_code == 303
        assert mapped.profile_of(agent_id) == "admin"
        company.who["groups"] = ["atendimento"]
        assert travel(client).status_code == 303
        assert mapped.profile_of(agent_id) == "atendente"
        actions = mapped.read(lambda s: s.scalars(select(Log.action)).all())
        assert actions.count("agent_changed") == 2
        company.who["groups"] = ["todos"]
        refused = travel(client)
        assert refused.status_code == 403
        assert "não está em um grupo" in refused.text


def test_groups_may_come_by_userinfo(mapped: Guarded, company: Directory):
    company.who = somebody()
    company.extra = {"groups": "atendimento"}
    with browse(mapped) as client:
        assert travel(client).status_code == 303
        page = client.get("/central/conta").text
        assert f"usuário {company.who['preferred_username']}" in page
        assert "Criar senha" in page


def test_an_agent_made_of_an_account_keeps_to_the_rules(mapped: Guarded, company: Directory):
    company.who = somebody(groups=["atendimento"], preferred_username="rafael")
    with browse(mapped) as client:
        assert travel(client).status_code == 403, "the login is somebody's"
        company.who = somebody(groups=["atendimento"], preferred_username="com espaço")
        assert travel(client).status_code == 403


def test_a_log_in_by_the_directory_owes_no_second_factor(plain: Guarded, company: Directory):
    plain.agent("rigoroso", plain.strict_profile())
    company.who = somebody(email="rigoroso@op.example")
    with browse(plain) as client:
        assert travel(client).status_code == 303
        assert client.get("/central/conta").status_code == 200
        assert "Falta o segundo fator" not in client.get("/central/conta").text
    with browse(plain) as client:
        Agentry(client).enter("rigoroso")
        assert "Falta o segundo fator" in client.get("/central/conta").text


def test_without_a_directory_there_is_no_door(guarded: Guarded):
    with browse(guarded) as client:
        assert client.get("/entrar/empresa").status_code == 404
        assert client.get("/entrar/empresa/retorno").status_code == 404
        assert "Conta da empresa" not in client.get("/entrar").text
