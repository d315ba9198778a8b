"""Two Pontes, each the other's provider: whatever one answers, the talk between them ends."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.doubles.processes import free_port, wait_until
from tests.doubles.relay import Relay
from tests.flows import mails
from tests.flows.instance import ADDRESS, LUCIANA, Instance

THEIRS = "central@outra.example"


@pytest.fixture
def pontes(database_url: str, tmp_path: Path) -> Iterator[tuple[Instance, Instance]]:
    """Each hands its mail to the other's door."""
    doors = free_port(), free_port()
    found: list[Instance] = []
    try:
        for n, address in enumerate((ADDRESS, THEIRS)):
            folder = tmp_path / str(n)
            folder.mkdir()
            database = database_url if n == 0 else f"sqlite:///{folder}/ponte.db"
            settings = {
                "PONTE_MAIL__ADDRESS": address,
                "PONTE_MAIL__RELAY_URL": f"smtp://127.0.0.1:{doors[1 - n]}",
                "PONTE_SECRET_KEY": f"key of instance {n} " + "k" * 32,
            }
            ponte = Instance(folder, database, settings, smtp_port=doors[n])
            if n:
                assert ponte.command("migrate").returncode == 0
            ponte.seed()
            found.append(ponte)
            ponte.start()
        ours, theirs = found
        ours.call("PUT", "/providers/P1", {"email": THEIRS})
        theirs.call("PUT", "/providers/P1", {"email": ADDRESS})
        yield ours, theirs
    finally:
        for ponte in found:
            if ponte.is_running:
                ponte.stop()
    for ponte in found:
        assert "Traceback" not in ponte.log, ponte.log


def quiet(*pontes: Instance) -> bool:
    """Nothing waits to be read or to leave. What is on its way stands in one of the two: it is
    stored here before it counts as sent there."""
    return all(ponte.under_way() == 0 for ponte in pontes)


def log_of(*pontes: Instance) -> str:
    return "\n".join(ponte.log for ponte in pontes)


@pytest.mark.slow
def test_they_fall_silent_by_themselves(pontes: tuple[Instance, Instance]):
    ours, theirs = pontes
    mails.send(ours.smtp_port, mails.letter(THEIRS, "Glosa", "Por quê?", message_id="d-1"))
    (ticket,) = ours.wait_tickets(1)
    # Their side gets our acknowledgement, and leaves it
    wait_until(lambda: theirs.settled() == 1 and quiet(*pontes), lambda: log_of(*pontes))
    assert theirs.tickets() == []

    # A person's answer opens a protocol there; that it did is noted here, and is the end of it
    number = ticket["number"]
    ours.call("POST", f"/tickets/{number}/messages", {"kind": "reply", "text": "Segue a análise."})
    (there,) = theirs.wait_tickets(1)
    ours.wait_messages(number, 3)
    wait_until(lambda: quiet(*pontes), lambda: log_of(*pontes))
    assert [m["direction"] for m in ours.ticket(number)["messages"]] == [
        "inbound",
        "outbound",
        "inbound",
    ]
    noted = ours.ticket(number)
    assert (noted["messages"][-1]["audience"], noted["waiting_on"]) == ("internal", "provider")
    assert len(theirs.ticket(there["number"])["messages"]) == 1

    # And back: answered from there, it is a complement here, which nobody acknowledges
    theirs.call(
        "POST", f"/tickets/{there['number']}/messages", {"kind": "reply", "text": "Recebido."}
    )
    ours.wait_messages(number, 4)
    wait_until(lambda: quiet(*pontes), lambda: log_of(*pontes))
    assert (len(ours.tickets()), len(theirs.tickets())) == (1, 1)


@pytest.mark.slow
def test_a_program_that_does_not_say_what_it_is_falls_silent(
    database_url: str, relay: Relay, tmp_path: Path
):
    """It answers each of our mails from a provider's address, without any mark, to our From."""
    ponte = Instance(tmp_path, database_url, {"PONTE_MAIL__RELAY_URL": relay.url})
    ponte.seed()
    ponte.start()
    try:
        mails.send(ponte.smtp_port, mails.letter(LUCIANA, "Glosa", "Por quê?", message_id="e-0"))
        answered = 0
        while ponte.call("GET", "/quarantine")["items"] == []:
            relay.wait(answered + 1, LUCIANA)
            wait_until(lambda: ponte.under_way() == 0, lambda: ponte.log)
            answered += 1
            assert answered < 10
            mails.send(
                ponte.smtp_port,
                mails.letter(
                    LUCIANA,
                    "Recebemos sua mensagem",
                    "Obrigado pelo contato. Responderemos em breve.",
                    message_id=f"e-{answered}",
                ),
            )
            wait_until(lambda: ponte.under_way() == 0, lambda: ponte.log)
        wait_until(lambda: ponte.under_way() == 0, lambda: ponte.log)
        (held,) = ponte.call("GET", "/quarantine")["items"]
        assert (held["reason"], held["from"]) == ("limit", LUCIANA)
        assert len(ponte.tickets()) == len(relay.handed) == answered
    finally:
        assert ponte.stop() == 0, ponte.log
