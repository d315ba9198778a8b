"""Behind a proxy: whose address a session keeps, and whom the server believes about it."""

import httpx
import pytest

from tests.flows.conftest import Launch
from tests.flows.instance import ANA, PASSWORD
from tests.gateway.console.served import enter

VISITOR, FORGED = "203.0.113.9", "198.51.100.66"


@pytest.mark.parametrize(
    ("proxies", "kept"),
    [
        pytest.param("127.0.0.1", VISITOR, id="named"),
        pytest.param("10.0.0.0/8", "127.0.0.1", id="another"),
        pytest.param("", "127.0.0.1", id="none"),
    ],
)
def test_only_a_named_proxy_tells_who_asks(launch: Launch, proxies: str, kept: str):
    """The nearest address counts: what a visitor writes in front of it is a visitor's word."""
    settings = {"PONTE_WEB__TRUSTED_PROXIES": proxies} if proxies else {}
    instance = launch(**settings)
    told = {"X-Forwarded-For": f"{FORGED}, {VISITOR}"}
    with httpx.Client(base_url=instance.url, headers=told, timeout=60) as client:
        assert enter(client, ANA, PASSWORD).status_code == 303
        page = client.get("/central/conta").text
    shown = {address for address in (VISITOR, FORGED, "127.0.0.1") if address in page}
    assert shown == {kept}
