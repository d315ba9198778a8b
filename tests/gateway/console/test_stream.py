import json
from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import update

from gateway.console import stream
from helpdesk import events, sessions
from helpdesk.models import Event, Ticket
from tests.gateway.console.served import Instance


def told(client: httpx.Client, path: str, last: str = "") -> Iterator[tuple[str, str, dict]]:
    """id, kind and data of each event, until the caller has seen enough."""
    headers = {"last-event-id": last} if last else {}
    with client.stream("GET", path, headers=headers) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert "content-encoding" not in answer.headers
        event: dict[str, str] = {}
        for line in answer.iter_lines():
            if line:
                name, _, value = line.partition(": ")
                event[name] = value
            else:
                if "event" in event:
                    yield event.get("id", ""), event["event"], json.loads(event["data"])
                event = {}


def test_a_stream_begins_where_the_page_was_read_and_resumes(instance: Instance):
    before = instance.read(events.latest)
    first, second = instance.opened(), instance.opened()
    with instance.client() as client:
        seen: list[tuple[str, str, dict]] = []
        for event in told(client, f"/central/eventos?depois={before}"):
            if event[1] == "opened":
                seen.append(event)
            if len(seen) == 2:
                break
        assert [data["number"] for _, _, data in seen] == [first, second]
        assert all(set(data) == {"number", "kind", "version"} for _, _, data in seen)
        resumed = next(e for e in told(client, "/central/eventos", seen[0][0]) if e[1] == "opened")
    assert resumed[2]["number"] == second


def test_what_is_no_longer_kept_resets(instance: Instance):
    instance.opened()
    old = instance.read(events.oldest)
    instance.write(lambda s: s.execute(Event.__table__.delete().where(Event.id <= old.id + 1)))
    with instance.client() as client:
        kinds = (kind for _, kind, _ in told(client, "/central/eventos", str(old)))
        assert next(kinds) == "reset"


def test_nobody_hears_of_a_secret_ticket_outside_its_group(instance: Instance):
    before = instance.read(events.latest)
    hidden = instance.opened()
    instance.write(
        lambda s: s.execute(
            update(Ticket).where(Ticket.number == hidden).values(secret_group="sigilo")
        )
    )
    shown = instance.opened()
    path = f"/central/eventos?depois={before}"
    with instance.client("ana") as client:
        first = next(e for e in told(client, path) if e[1] == "opened")
    with instance.client("sara") as client:
        theirs = next(e for e in told(client, path) if e[1] == "opened")
    assert first[2]["number"] == shown
    assert theirs[2]["number"] == hidden


def test_an_ended_session_hears_no_more(instance: Instance, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(stream, "SESSION_SECONDS", 0)
    with instance.client() as client:
        heard = told(client, f"/central/eventos?depois={instance.read(events.latest)}")
        first = instance.opened()
        assert next(e for e in heard if e[1] == "opened")[2]["number"] == first
        instance.write(sessions.end, client.cookies["ponte_agent"], now=instance.now)
        instance.opened()
        assert [e for e in heard if e[1] == "opened"] == []


def test_others_hear_who_comes(instance: Instance):
    with instance.client("ana") as ana, instance.client("rafael") as rafael:
        heard = told(ana, "/central/eventos")
        instance.opened()
        next(heard)
        theirs = told(rafael, f"/central/eventos?depois={instance.read(events.latest)}")
        instance.opened()
        next(theirs)
        assert next(e for e in heard if e[1] == "presence" and e[2]["online"] == 2)
