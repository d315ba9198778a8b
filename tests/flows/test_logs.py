"""What a running instance says of itself: JSON lines, and in none of them what was typed or opens a
door."""

import json
import re

import httpx
import pytest

from tests.doubles.processes import wait_until
from tests.doubles.relay import Relay
from tests.flows import mails
from tests.flows.instance import ANA, BRUNO, LUCIANA, PASSWORD, Instance
from tests.gateway.console.served import csrf

SAID = "xilindro"
FIELDS = {
    "time",
    "level",
    "logger",
    "message",
    "request",
    "method",
    "route",
    "status",
    "ms",
    "actor",
}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_line_holds_a_secret_or_a_word_of_anybody(instance: Instance, relay: Relay):
    secrets = {PASSWORD, SAID, instance.token, LUCIANA, BRUNO, "senha-errada-1"}
    with httpx.Client(base_url=instance.url, timeout=60) as client:

        def post(path: str, at: str, **data: str) -> httpx.Response:
            return client.post(at, data={"csrf": csrf(client.get(path))} | data)

        # Passwords, right and wrong; a search; a text with a fault of its own.
        post("/entrar", "/entrar", login=ANA, password="senha-errada-1")
        post("/entrar", "/entrar", login=ANA, password=PASSWORD)
        assert client.get("/central", params={"busca": SAID}).status_code == 200
        post("/?com=senha", "/", email=BRUNO, password=PASSWORD)
        post("/fale-conosco/novo", "/fale-conosco/novo", title=SAID, text=f"{SAID} {LUCIANA}")
        secrets |= {value for value in client.cookies.values() if len(value) > 20}
        # Code and link by mail.
        client.cookies.clear()
        post("/", "/", email=LUCIANA)
        letter = mails.text_of(relay.wait(1, LUCIANA)[0].message)
        code, link = re.search(r"\d{8}", letter), re.search(r"/acesso/([\w-]+)", letter)
        assert code is not None
        assert link is not None
        secrets |= {code[0], link[1]}
        post("/", "/", email=LUCIANA, code=code[0])
        client.get(link[0])
        client.get(f"/nova-senha/{SAID}")
        client.get(f"/{SAID}")
    # A token, good and bad; a body the API refuses.
    for token in (instance.token, f"ponte_{SAID}"):
        headers = {"Authorization": f"Bearer {token}"}
        httpx.post(f"{instance.url}/api/v1/tickets", json={"title": SAID}, headers=headers)
    # Mail, whole and broken.
    mails.send(
        instance.smtp_port, mails.letter(LUCIANA, SAID, f"{SAID} {SAID}", message_id=f"1.{SAID}")
    )
    mails.send_raw(instance.smtp_port, f"From: {SAID}\xff\r\n\r\n{SAID}".encode("latin-1"), LUCIANA)
    wait_until(lambda: len(instance.tickets()) == 1, lambda: instance.log)
    assert instance.stop() == 0

    lines = [json.loads(line) for line in instance.log.splitlines()]
    requests = [line for line in lines if line["logger"] == "ponte.requests"]
    assert all(line.keys() == FIELDS for line in requests)
    assert all({"time", "level", "logger", "message"} <= line.keys() for line in lines)
    seen = {(line["method"], line["route"], line["status"], line["actor"]) for line in requests}
    assert ("POST", "/entrar", 422, "unknown") in seen
    assert ("GET", "/central", 200, "agent") in seen
    assert ("GET", "/acesso/{token}", 410, "person") in seen
    assert ("POST", "/api/v1/tickets", 401, "unknown") in seen
    assert ("GET", "none", 404, "unknown") in seen
    assert len({line["request"] for line in requests}) == len(requests)
    for secret in sorted(secrets):
        assert secret not in instance.log, secret
