"""What every call has in common: tokens, sizes, types, rates, the document."""

from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient
from sqlalchemy.orm import Session

from gateway import surfaces
from gateway.api.routes import router
from gateway.app import create_app
from gateway.runtime import Runtime
from helpdesk import registers
from helpdesk.models import Profile, Ticket
from tests.gateway.api.conftest import ONE_DATABASE, V1, bearer, build, ticket, token_of

Api = AsyncTestClient[Litestar]


@ONE_DATABASE
@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x", "Basic YTpi", "ponte_x"])
async def test_without_a_valid_token_nothing_is_told(bare: Api, header: str):
    for path in ("tickets", "tickets/1", "providers"):
        answer = await bare.get(f"{V1}/{path}", headers={"Authorization": header})
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.json()["status"] == 401


async def test_a_profile_without_the_permission_is_refused(runtime: Runtime, api: Api):
    def add(session: Session):
        session.add(Profile(code="leitor", name="Leitor", permissions=["ticket.read"], groups=[]))
        session.flush()
        now = runtime.kit.clock()
        email = "leo@vidaplena.example"
        registers.add_agent(session, "leo", "Léo", email, "", now=now, profile="leitor")

    runtime.work.write_now(add)
    reader = bearer(token_of(runtime, "leo"))
    assert (await api.get(f"{V1}/tickets", headers=reader)).status_code == 200
    for method, path, body in (
        ("POST", "tickets", ticket()),
        ("PUT", "providers/P9", {"name": "Nova"}),
        ("GET", "quarantine", None),
        ("GET", "tickets.csv", None),
        ("GET", "agents", None),
    ):
        answer = await api.request(method, f"{V1}/{path}", json=body, headers=reader)
        assert answer.status_code == 403, path


async def test_a_secret_ticket_is_not_there_for_whom_it_is_not(runtime: Runtime, api: Api):
    number = (await api.post(f"{V1}/tickets", json=ticket())).json()["number"]

    def hide(session: Session):
        session.get_one(Ticket, number).secret_group = "juridico"

    runtime.work.write_now(hide)
    unknown = await api.get(f"{V1}/tickets/99")
    for path in (f"tickets/{number}", f"tickets/{number}/log"):
        answer = await api.get(f"{V1}/{path}")
        assert answer.status_code == 404
        assert answer.content == unknown.content
    assert (await api.post(f"{V1}/tickets/{number}/claim")).status_code == 404
    assert (await api.get(f"{V1}/tickets")).json()["total"] == 0


@ONE_DATABASE
@pytest.mark.parametrize("body", [b"{", b"", b"[1,", b"\xff", b'{"a": NaN}', b"[" * 100_000])
async def test_a_body_that_is_no_json_is_a_bad_request(api: Api, body: bytes):
    headers = {"Content-Type": "application/json"}
    answer = await api.post(f"{V1}/tickets", content=body, headers=headers)
    assert answer.status_code == 400


@ONE_DATABASE
@pytest.mark.parametrize("body", [b"[]", b'"x"', b"5"])
async def test_a_body_that_is_no_object_is_refused(api: Api, body: bytes):
    headers = {"Content-Type": "application/json"}
    answer = await api.post(f"{V1}/tickets", content=body, headers=headers)
    assert answer.status_code == 422


@ONE_DATABASE
async def test_another_type_of_body_is_not_read(api: Api):
    answer = await api.post(f"{V1}/tickets", data={"title": "x"})
    assert answer.status_code == 415


@ONE_DATABASE
async def test_a_body_has_an_end(api: Api):
    answer = await api.post(f"{V1}/tickets", json=ticket(text="x" * 2_000_000))
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"


@ONE_DATABASE
@pytest.mark.parametrize(
    "path", ["tickets/abc", "tickets/0", f"tickets/{10**30}", "nope", "batches"]
)
async def test_what_is_not_there_is_not_found(api: Api, path: str):
    answer = await api.get(f"{V1}/{path}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


@ONE_DATABASE
async def test_what_later_versions_add_is_not_there_yet(api: Api):
    for path in ("providers/P1/batches", "providers/P1/guides"):
        assert (await api.get(f"{V1}/{path}")).status_code == 404


@ONE_DATABASE
async def test_another_method_names_the_ones_that_are(api: Api):
    answer = await api.patch(f"{V1}/tickets", json={})
    assert answer.status_code == 405
    assert {"GET", "POST"} <= set(answer.headers["allow"].split(", "))


async def test_who_calls_too_often_waits(sqlite_url: str, tmp_path: Path):
    runtime = build(sqlite_url, tmp_path, PONTE_LIMITS__REQUESTS_PER_MINUTE="3")
    ana, rui = (bearer(token_of(runtime, login)) for login in ("ana", "rui"))
    async with AsyncTestClient(create_app(runtime, [router(runtime)])) as client:
        for _ in range(3):
            assert (await client.get(f"{V1}/statuses", headers=ana)).status_code == 200
        answer = await client.get(f"{V1}/statuses", headers=ana)
        assert answer.status_code == 429
        assert 1 <= int(answer.headers["retry-after"]) <= 61
        assert (await client.get(f"{V1}/statuses", headers=rui)).status_code == 200
    runtime.close()


@ONE_DATABASE
async def test_the_document_and_its_page_need_no_token(runtime: Runtime):
    app = create_app(runtime, surfaces.routers(runtime), openapi=surfaces.openapi())
    async with AsyncTestClient(app) as client:
        await look_at_document(client)


async def look_at_document(bare: Api):
    document = await bare.get("/api/openapi.json")
    assert document.json()["openapi"].startswith("3.1")
    paths = document.json()["paths"]
    assert f"{V1}/tickets/{{number}}/messages" in paths
    assert all(path.startswith(V1) for path in paths)
    page = await bare.get("/api/docs")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert "http://" not in page.text
    assert "https://" not in page.text
    for path in paths:
        assert path in page.text
