"""Webhooks by the API: made, listed, switched off; what left is looked at and sent again."""

from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient
from sqlalchemy import select

from gateway import couriers
from gateway.egress import Egress
from gateway.runtime import Runtime
from helpdesk import registers, sessions, webhooks
from helpdesk.models import Idempotency, Log, LogPrivate, Profile, Webhook, WebhookDelivery
from tests.doubles.receiver import Receiver, receiver
from tests.gateway.api.conftest import ONE_DATABASE, V1, bearer, build, ticket, token_of

Api = AsyncTestClient[Litestar]
HOOKS = f"{V1}/webhooks"
OPEN = {"PONTE_WEBHOOKS__NETWORKS": "127.0.0.0/8"}
URL = "http://127.0.0.1:9/ponte"


@pytest.fixture
def runtime(database_url: str, tmp_path: Any) -> Any:
    """This machine is a network that the settings allow."""
    made = build(database_url, tmp_path, **OPEN)
    yield made
    made.close()


async def add(api: Api, url: str = URL, **more: Any) -> Any:
    return await api.post(HOOKS, json={"url": url, **more})


def faults(answer: Any) -> list[tuple[str, str]]:
    assert answer.status_code == 422, answer.text
    return [(each["field"], each["code"]) for each in answer.json()["errors"]]


async def carry(runtime: Runtime, egress: Egress | None = None) -> int:
    """Everything that is due now; returns how much that was."""
    count = 0
    while await couriers.take_news(runtime.kit):
        pass
    while letters := await couriers.claim(runtime.kit):
        for letter in letters:
            await couriers.deliver(runtime.kit, egress or runtime.egress, letter)
            count += 1
    return count


async def test_one_is_made_listed_and_switched_off(api: Api, runtime: Runtime):
    made = await add(api, events=["message", "opened"])
    assert made.status_code == 201
    shown = made.json()
    secret = shown.pop("secret")
    assert secret.startswith("whsec_")
    assert shown["url"] == URL
    assert shown["events"] == ["opened", "message"]
    assert shown["active"] is True
    assert shown["agent"] == {"code": "ana", "name": "Ana Lima"}
    assert "+" in shown["created_at"] or "-" in shown["created_at"][10:]
    every = (await add(api)).json()
    assert every["events"] == list(webhooks.KINDS)
    listed = (await api.get(HOOKS)).json()
    assert listed == {"items": [_without(every), shown], "next": None}
    first = (await api.get(HOOKS, params={"limit": 1})).json()
    assert first["items"] == [_without(every)]
    rest = await api.get(HOOKS, params={"cursor": first["next"]})
    assert rest.json()["items"] == [shown]
    gone = await api.delete(f"{HOOKS}/{shown['id']}")
    assert (gone.status_code, gone.content) == (204, b"")
    assert (await api.delete(f"{HOOKS}/{shown['id']}")).status_code == 204
    after = (await api.get(HOOKS)).json()["items"][1]
    assert (after["active"], after["why"]) == (False, "asked")
    assert (await api.get(f"{HOOKS}/{shown['id']}/deliveries")).json()["items"] == []
    assert (await api.delete(f"{HOOKS}/999")).status_code == 404

    def kept(session: Any) -> tuple[str, list[str], str]:
        sealed = session.get(Webhook, int(every["id"])).sealed
        done = select(Log.action).where(Log.action.startswith("webhook")).order_by(Log.id)
        said = str([row.values for row in session.scalars(select(LogPrivate))])
        return sealed, list(session.scalars(done)), said

    sealed, actions, said = await runtime.kit.work.read(kept)
    assert every["secret"] not in sealed
    assert actions == ["webhook_added", "webhook_added", "webhook_ended"]
    assert URL in said
    assert secret not in said


def _without(shown: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in shown.items() if name != "secret"}


@ONE_DATABASE
async def test_an_address_that_may_not_be_called_is_refused_with_its_reason(api: Api):
    for url, code in (
        ("", "required"),
        ("erp", "invalid"),
        ("ftp://127.0.0.1/", "invalid"),
        ("https://ana:x@127.0.0.1/", "userinfo"),
        ("https://10.0.0.1/", "inside"),
        ("http://169.254.169.254/latest/meta-data/", "inside"),
        ("https://[fd00:ec2::254]/", "inside"),
        ("http://8.8.8.8/", "https"),
        ("https://nao-existe.invalid/", "unresolved"),
        (f"https://127.0.0.1/{'a' * 2_000}", "too_long"),
    ):
        assert faults(await add(api, url)) == [("url", code)], url
    assert faults(await add(api, events=[])) == [("events", "required")]
    assert faults(await add(api, events=["held"])) == [("events", "invalid")]
    assert faults(await add(api, more="x")) == [("more", "unknown")]
    assert faults(await api.post(HOOKS, json={})) == [("url", "required")]
    message = (await add(api, "https://10.0.0.1/")).json()["errors"][0]["message"]
    assert message == "leads to an address that is not on the public internet"


async def test_a_repeated_request_gets_the_same_secret_which_is_kept_like_one(
    api: Api, runtime: Runtime
):
    key = {"Idempotency-Key": "gancho-1"}
    first = await api.post(HOOKS, json={"url": URL}, headers=key)
    # By now the name may lead elsewhere.
    runtime.egress._networks.clear()
    again = await api.post(HOOKS, json={"url": URL}, headers=key)
    assert again.headers["idempotency-replayed"] == "true"
    assert (again.status_code, again.content) == (201, first.content)
    assert len((await api.get(HOOKS)).json()["items"]) == 1
    stored = await runtime.kit.work.read(lambda s: s.scalars(select(Idempotency.answer)).one())
    assert first.json()["secret"] not in stored
    assert URL not in stored


@ONE_DATABASE
async def test_there_are_so_many_and_no_more(api: Api, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(webhooks, "MOST", 2)
    ids = [(await add(api)).json()["id"] for _ in range(2)]
    assert faults(await add(api)) == [("url", "too_many")]
    await api.delete(f"{HOOKS}/{ids[0]}")
    assert (await add(api)).status_code == 201


async def test_another_agents_is_as_one_that_is_not_there(api: Api, runtime: Runtime):
    rights = ["ticket.read", "registers.webhook.write"]

    def keeper(session: Any) -> None:
        session.add(Profile(code="ti", name="TI", permissions=rights, groups=[]))
        session.flush()
        registers.add_agent(
            session, "teo", "Téo", "teo@op.example", "", now=runtime.kit.clock(), profile="ti"
        )

    await runtime.kit.work.write(keeper)
    teo = bearer(token_of(runtime, "teo"))
    anas = (await add(api)).json()["id"]
    mine = (await api.post(HOOKS, json={"url": URL}, headers=teo)).json()["id"]
    assert [each["id"] for each in (await api.get(HOOKS, headers=teo)).json()["items"]] == [mine]
    assert (await api.get(f"{HOOKS}/{anas}/deliveries", headers=teo)).status_code == 404
    assert (await api.delete(f"{HOOKS}/{anas}", headers=teo)).status_code == 404
    retry = f"{HOOKS}/{anas}/deliveries/{'0' * 32}/retry"
    assert (await api.post(retry, headers=teo)).status_code == 404
    # Who may everything sees everybody's.
    listed = [each["id"] for each in (await api.get(HOOKS)).json()["items"]]
    assert listed == [mine, anas]
    assert (await api.get(f"{HOOKS}/{mine}/deliveries")).status_code == 200

    def narrow(*permissions: str) -> dict[str, str]:
        given = runtime.work.write_now(
            sessions.add_token, "x", "ana", now=runtime.kit.clock(), permissions=permissions
        )
        return bearer(given)

    for headers in (narrow("ticket.read"), narrow("registers.webhook.write")):
        assert (await api.post(HOOKS, json={"url": URL}, headers=headers)).status_code == 403
    assert (await api.get(HOOKS, headers=narrow("ticket.read"))).status_code == 403


async def test_what_left_is_listed_and_what_failed_is_sent_again(api: Api, runtime: Runtime):
    with receiver(Receiver(lambda n: 503 if n == 1 else 200)) as other:
        made = (await add(api, f"http://127.0.0.1:{other.port}/x", events=["opened"])).json()
        number = (await api.post(f"{V1}/tickets", json=ticket())).json()["number"]
        assert await carry(runtime) == 1
        path = f"{HOOKS}/{made['id']}/deliveries"
        [told] = (await api.get(path)).json()["items"]
        assert (told["number"], told["event"], told["state"]) == (number, "opened", "waiting")
        assert (told["attempts"], told["status"], told["detail"]) == (1, 503, "answer")
        assert told["next_at"] > told["at"]
        assert told["settled_at"] is None
        again = f"{path}/{told['id']}/retry"
        refused = await api.post(again)
        assert (refused.status_code, refused.json()["code"]) == (409, "not_failed")
        runtime.work.write_now(_fail)
        sent = await api.post(again, json={})
        assert sent.status_code == 200
        assert (sent.json()["state"], sent.json()["attempts"]) == ("waiting", 0)
        assert await carry(runtime) == 1
        [told] = (await api.get(path, params={"limit": 1})).json()["items"]
        assert (told["state"], told["status"], told["detail"]) == ("delivered", 200, None)
        assert told["next_at"] is None
        ids = {hit.headers["ponte-delivery"] for hit in other.hits}
        assert ids == {told["id"]}
    assert (await api.post(f"{path}/{'0' * 32}/retry")).status_code == 404
    assert (await api.post(f"{path}/x/retry")).status_code == 404
    await api.delete(f"{HOOKS}/{made['id']}")
    off = await api.post(again)
    assert (off.status_code, off.json()["code"]) == (409, "off")


def _fail(session: Any) -> None:
    session.scalars(select(WebhookDelivery)).one().state = "failed"


async def test_deliveries_page_by_their_ids(api: Api, runtime: Runtime):
    made = (await add(api, events=["opened"])).json()
    for n in range(3):
        await api.post(f"{V1}/tickets", json=ticket(title=f"Glosa {n}"))
    while await couriers.take_news(runtime.kit):
        pass
    path = f"{HOOKS}/{made['id']}/deliveries"
    every = (await api.get(path)).json()["items"]
    assert len(every) == 3
    first = (await api.get(path, params={"limit": 2})).json()
    assert first["items"] == every[:2]
    rest = (await api.get(path, params={"limit": 2, "cursor": first["next"]})).json()
    assert rest == {"items": every[2:], "next": None}
    assert (await api.get(path, params={"cursor": "x"})).status_code == 400
