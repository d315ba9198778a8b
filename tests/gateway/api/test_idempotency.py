"""A POST that comes twice happens once."""

import asyncio
from datetime import timedelta

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from gateway.runtime import Runtime
from helpdesk import idempotency
from tests.gateway.api.conftest import V1, ticket

Api = AsyncTestClient[Litestar]
KEY = {"Idempotency-Key": "pedido-1"}


async def count(api: Api) -> int:
    return (await api.get(f"{V1}/tickets")).json()["total"]


async def test_a_replay_gets_the_first_answer(api: Api):
    first = await api.post(f"{V1}/tickets", json=ticket(), headers=KEY)
    again = await api.post(f"{V1}/tickets", json=ticket(), headers=KEY)
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["etag"] == first.headers["etag"]
    assert await count(api) == 1


async def test_another_body_under_the_same_key_is_a_conflict(api: Api):
    await api.post(f"{V1}/tickets", json=ticket(), headers=KEY)
    answer = await api.post(f"{V1}/tickets", json=ticket(title="Outro"), headers=KEY)
    assert answer.status_code == 409
    assert answer.json()["code"] == "key_reused"
    assert await count(api) == 1


async def test_a_key_belongs_to_its_token_and_path(api: Api, rui: dict[str, str]):
    number = (await api.post(f"{V1}/tickets", json=ticket(), headers=KEY)).json()["number"]
    assert (await api.post(f"{V1}/tickets", json=ticket(), headers=KEY | rui)).status_code == 201
    assert await count(api) == 2
    note = {"kind": "note", "text": "Nota."}
    path = f"{V1}/tickets/{number}/messages"
    assert (await api.post(path, json=note, headers=KEY)).status_code == 201
    assert (await api.post(path, json=note, headers=KEY)).headers["idempotency-replayed"] == "true"


async def test_a_failure_leaves_the_key_free(api: Api):
    assert (await api.post(f"{V1}/tickets", json=ticket(title=""), headers=KEY)).status_code == 422
    assert (await api.post(f"{V1}/tickets", json=ticket(), headers=KEY)).status_code == 201


async def test_many_at_once_with_one_key_do_it_once(api: Api):
    calls = (api.post(f"{V1}/tickets", json=ticket(), headers=KEY) for _ in range(8))
    answers = await asyncio.gather(*calls)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert await count(api) == 1


async def test_a_key_is_kept_for_a_day(api: Api, runtime: Runtime):
    await api.post(f"{V1}/tickets", json=ticket(), headers=KEY)
    now = runtime.kit.clock()
    await runtime.work.write(idempotency.forget, now=now + timedelta(hours=23))
    assert (
        "idempotency-replayed"
        in (await api.post(f"{V1}/tickets", json=ticket(), headers=KEY)).headers
    )
    await runtime.work.write(idempotency.forget, now=now + timedelta(hours=25))
    await api.post(f"{V1}/tickets", json=ticket(), headers=KEY)
    assert await count(api) == 2


@pytest.mark.parametrize(("key", "status"), [("k" * 200, 201), ("k" * 201, 400)])
async def test_a_key_has_an_end(api: Api, key: str, status: int):
    answer = await api.post(f"{V1}/tickets", json=ticket(), headers={"Idempotency-Key": key})
    assert answer.status_code == status
