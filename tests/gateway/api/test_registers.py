"""Registers over the API, and providers put into them."""

from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from tests.gateway.api.conftest import ONE_DATABASE, V1

Api = AsyncTestClient[Litestar]


async def items(api: Api, path: str) -> list[dict[str, Any]]:
    answer = await api.get(f"{V1}/{path}")
    assert answer.status_code == 200
    assert answer.json().keys() == {"items", "next"}
    return answer.json()["items"]


async def test_classifications_hold_what_is_below_them(api: Api):
    found = {item["code"]: item for item in await items(api, "classifications")}
    assert len(found) == 21
    assert found["TRI"]["web"] is False
    assert (found["TRI"]["days"], found["TRI"]["unit"]) == (3, "business")
    below = found["GLO"]["subclassifications"]
    assert [sub["code"] for sub in below][:2] == ["GLO.1", "GLO.2"]
    assert below[0]["reasons"][0]["code"] == "GLO.1.1"


async def test_statuses_sectors_and_agents_are_listed(api: Api):
    statuses = {item["code"]: item["situation"] for item in await items(api, "statuses")}
    assert (statuses["ABE"], statuses["AGP"], statuses["EPR"]) == ("open", "pending", "closed")
    assert {"code", "name", "active"} == (await items(api, "sectors"))[0].keys()
    assert [agent["code"] for agent in await items(api, "agents")] == ["ana", "rui"]


async def test_providers_are_paged_by_code(api: Api):
    first = (await api.get(f"{V1}/providers?limit=1")).json()
    assert [item["code"] for item in first["items"]] == ["P1"]
    second = (await api.get(f"{V1}/providers", params={"limit": 1, "cursor": first["next"]})).json()
    assert [item["code"] for item in second["items"]] == ["P2"]
    assert second["items"][0]["document"] == "11444777000161"
    assert second["next"] is None


async def test_a_provider_is_created_then_changed(api: Api):
    body = {"name": "Lab Sul", "type": "Laboratório móvel", "email": "lab@sul.example"}
    first = await api.put(f"{V1}/providers/L7", json=body)
    assert first.status_code == 200
    assert first.json()["type"] == "Laboratório móvel"
    second = await api.put(f"{V1}/providers/L7", json={"city": "Betim", "state": "mg"})
    assert (second.json()["name"], second.json()["city"]) == ("Lab Sul", "Betim")
    assert second.json()["state"] == "MG"
    closed = await api.put(f"{V1}/providers/L7", json={"active": False})
    assert closed.json()["active"] is False


@ONE_DATABASE
@pytest.mark.parametrize(
    ("code", "body", "field"),
    [
        ("N1", {}, "name"),
        ("P1", {"document": "11444777000162"}, "document"),
        ("P1", {"email": "nobody"}, "email"),
        ("P1", {"state": "Minas"}, "state"),
        ("P1", {"color": "blue"}, "color"),
    ],
)
async def test_a_wrong_provider_is_refused(api: Api, code: str, body: dict[str, Any], field: str):
    answer = await api.put(f"{V1}/providers/{code}", json=body)
    assert answer.status_code == 422
    assert field in {e["field"] for e in answer.json()["errors"]}


@ONE_DATABASE
async def test_a_code_has_an_end(api: Api):
    answer = await api.put(f"{V1}/providers/{'x' * 41}", json={"name": "Nome"})
    assert answer.status_code == 404


async def test_a_domain_is_asked_and_shown_once_it_is_proved(api: Api):
    path = f"{V1}/providers/P1/domains"
    body = {"domain": "grupo.example", "address": "ti@grupo.example"}
    answer = await api.post(path, json=body)
    assert answer.status_code == 201, answer.text
    assert answer.json() | {"asked_at": ""} == {
        "domain": "grupo.example", "asked": "ti@grupo.example", "asked_at": "", "verified_at": None,
    }  # fmt: skip
    assert (await items(api, "providers"))[0]["domains"] == []
    refused = await api.post(path, json={"domain": "gmail.com", "address": "ti@gmail.com"})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["code"] == "shared"
    missing = await api.post(f"{V1}/providers/P99/domains", json=body)
    assert missing.status_code == 404
