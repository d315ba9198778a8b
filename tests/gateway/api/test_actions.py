"""What agents do to tickets over the API, and who is told that it cannot be done."""

from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from tests.gateway.api.conftest import ONE_DATABASE, V1, ticket

Api = AsyncTestClient[Litestar]


@pytest.fixture
async def path(api: Api) -> str:
    """Of a ticket that was just opened."""
    number = (await api.post(f"{V1}/tickets", json=ticket())).json()["number"]
    return f"{V1}/tickets/{number}"


async def test_who_claims_second_is_told_who_was_first(api: Api, path: str, rui: dict[str, str]):
    mine = await api.post(f"{path}/claim", json={})
    assert mine.status_code == 200
    assert mine.json()["in_progress_with"] == {"code": "ana", "name": "Ana Lima"}
    theirs = await api.post(f"{path}/claim", json={}, headers=rui)
    assert theirs.status_code == 409
    assert theirs.json()["holder"] == "Ana Lima"
    assert (await api.post(f"{path}/give-up")).json()["in_progress_with"] is None
    assert (await api.post(f"{path}/claim", headers=rui)).status_code == 200


async def test_a_ticket_goes_through_its_life(api: Api, path: str):
    async def act(action: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = await api.post(f"{path}/{action}", json=body)
        assert answer.status_code == 200, answer.text
        assert answer.headers["etag"] == f'"{answer.json()["version"]}"'
        return answer.json()

    later = "2030-01-02T08:00:00-03:00"
    pending = await act("pending", {"text": "Falta o XML.", "ask": ["XML da guia"], "until": later})
    assert (pending["situation"], pending["waiting_on"]) == ("pending", "provider")
    assert pending["messages"][-1]["text"] == "Falta o XML.\n\n1. XML da guia"
    forwarded = await act("forward", {"agent": "rui", "note": "Rui, veja."})
    assert forwarded["assignee"] == {"code": "rui", "name": "Rui Sá"}
    classified = await act("classify", {"classification": "GLO", "subclassification": "GLO.2"})
    assert classified["subclassification"]["code"] == "GLO.2"
    closed = await act("close", {"status": "EPR", "text": "Glosa revista: R$ 412,00."})
    assert closed["situation"] == "closed"
    assert closed["closed_at"] is not None
    reopened = await act("reopen", {"text": "Vamos rever o valor."})
    assert (reopened["situation"], reopened["closed_at"]) == ("open", None)


@ONE_DATABASE
@pytest.mark.parametrize(
    ("action", "body", "field"),
    [
        ("close", {"status": "ABE", "text": "Valor 1"}, "status"),
        ("close", {"status": "EPR", "text": "Encerrado."}, "text"),
        ("close", {"text": "x"}, "status"),
        ("forward", {"agent": "ninguem", "note": "x"}, "agent"),
        ("forward", {"agent": "rui", "note": ""}, "note"),
        ("classify", {"classification": "XXX"}, "classification"),
        ("pending", {"until": "2030-01-02T08:00:00"}, "until"),
        ("pending", {"until": "2020-01-02T08:00:00Z"}, "until"),
        ("pending", {"until": "9999-12-31T23:59:59-12:00"}, "until"),
        ("pending", {"ask": "XML"}, "ask"),
        ("claim", {"by": "rui"}, "by"),
    ],
)
async def test_a_wrong_field_changes_nothing(
    api: Api, path: str, action: str, body: dict[str, Any], field: str
):
    answer = await api.post(f"{path}/{action}", json=body)
    assert answer.status_code == 422
    assert field in {e["field"] for e in answer.json()["errors"]}
    assert (await api.get(path)).json()["version"] == 1


async def test_what_the_state_does_not_allow_is_a_conflict(api: Api, path: str):
    answer = await api.post(f"{path}/reopen", json={"text": "De novo."})
    assert answer.status_code == 409
    assert answer.json()["code"] == "not_allowed"


async def test_if_match_refuses_to_act_on_what_has_changed(api: Api, path: str):
    body = {"kind": "note", "text": "Nota."}
    for tag in ('"7"', 'W/"1"', "1", ""):
        answer = await api.post(f"{path}/messages", json=body, headers={"If-Match": tag})
        assert answer.status_code == 412
        assert answer.json()["version"] == 1
    for tag in ('"1"', '"9", "2"', "*"):
        answer = await api.post(f"{path}/messages", json=body, headers={"If-Match": tag})
        assert answer.status_code == 201
    gone = await api.delete(f"{path}?justification=x", headers={"If-Match": '"1"'})
    assert gone.status_code == 412
