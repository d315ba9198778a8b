"""What other systems tell: a guide was issued."""

from litestar import Litestar
from litestar.testing import AsyncTestClient

from gateway.runtime import Runtime
from helpdesk import parameters
from helpdesk.border import SYSTEM
from tests.gateway.api.conftest import V1

Api = AsyncTestClient[Litestar]
PATH = f"{V1}/events/guide-issued"
CONTACT = {"name": "Central da clínica", "phone": "(31) 3222-0101", "email": "c@clinica.example"}


def crm(runtime: Runtime, *, used: bool) -> None:
    runtime.work.write_now(parameters.change, SYSTEM, "use_crm", used, now=runtime.kit.clock())


async def test_a_guide_opens_a_ticket_where_a_crm_is_used(api: Api, runtime: Runtime):
    body = {"provider": "P1", "guide": "45871", "contact": CONTACT}
    plain = await api.post(PATH, json=body)
    assert (plain.status_code, plain.json()["opened"]) == (200, False)
    crm(runtime, used=True)
    first = (await api.post(PATH, json=body)).json()
    assert first["opened"]
    ticket = (await api.get(f"{V1}/tickets/{first['number']}")).json()
    assert ticket["title"] == "Guia 45871 emitida"
    assert (ticket["channel"], ticket["classification"]["code"]) == ("api", "TRI")
    again = (await api.post(PATH, json=body)).json()
    assert again["number"] == first["number"]
    other = (await api.post(PATH, json=body | {"guide": "45872", "classification": "AUT"})).json()
    assert other["number"] != first["number"]


async def test_what_is_wrong_is_named(api: Api, runtime: Runtime):
    crm(runtime, used=True)
    for body, field in (
        ({"provider": "NADA", "guide": "1"}, "provider"),
        ({"provider": "P1", "guide": " "}, "guide"),
        ({"provider": "P1", "guide": "1" * 21}, "guide"),
        (
            {"provider": "P1", "guide": "1", "classification": "NADA", "contact": CONTACT},
            "classification",
        ),
    ):
        refused = await api.post(PATH, json=body)
        assert refused.status_code == 422
        assert [e["field"] for e in refused.json()["errors"]] == [field]
