"""The server dies exactly between two steps; the next one brings everything to its end, once."""

import smtplib
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from email.message import EmailMessage
from pathlib import Path

import pytest

from gateway.work import Work
from tests.doubles.dovecot import Dovecot
from tests.doubles.processes import wait_until
from tests.doubles.relay import Relay
from tests.flows import mails
from tests.flows.dying import DEAD, POINTS
from tests.flows.instance import BRUNO, LUCIANA, Instance, accepts
from tests.flows.nursery import Fledgling
from tests.flows.test_kill import is_settled, state

ROOT = Path(__file__).parents[2]
#: where a notice may leave twice: it was handed over, and nobody wrote that down


@pytest.fixture
def server(
    database_url: str, relay: Relay, tmp_path: Path, mail_server: Dovecot, mailbox: str
) -> Iterator[Fledgling]:
    settings = {
        "PONTE_MAIL__RELAY_URL": relay.url,
        "PONTE_MAIL__IMAP_URL": mail_server.url(mailbox),
    }
    instance = Fledgling(tmp_path, database_url, settings)
    instance.seed()
    yield instance
    if instance.is_running:
        instance.stop()


def test_a_death_between_two_steps_loses_and_doubles_nothing(
    server: Fledgling, relay: Relay, mail_server: Dovecot, mailbox: str, point: str
):
    remember_the_place(server)
    by_smtp = mails.letter(LUCIANA, "Por SMTP", "Pedido um.", message_id="um")
    mail_server.deliver(mailbox, bytes(mails.letter(BRUNO, "Por IMAP", "Dois.", message_id="dois")))
    taken = live_and_die(server, point, by_smtp)

    server.start()
    if not taken:
        mails.send(server.smtp_port, by_smtp)
    work = Work(server.database)
    try:
        wait_until(lambda: work.read_now(is_settled, 1), lambda: state(work) + server.log)
    finally:
        work.close()
    tickets = [server.ticket(ticket["number"]) for ticket in server.tickets()]
    assert sorted(ticket["title"] for ticket in tickets) == ["Por IMAP", "Por SMTP"]
    assert [len(ticket["messages"]) for ticket in tickets] == [1, 1]
    assert server.call("GET", "/quarantine")["items"] == []
    for address in (LUCIANA, BRUNO):
        acknowledged = [str(handed.message["Message-ID"]) for handed in relay.sent_to(address)]
        assert len({*acknowledged}) == 1
        # Whichever of the two notices was on its way at the one death leaves again.
        assert len(acknowledged) <= 2
    assert all(file.name.endswith("S") for file in mail_server.files(mailbox))


@pytest.fixture(params=POINTS)
def point(request: pytest.FixtureRequest) -> str:
    return request.param


def remember_the_place(server: Fledgling) -> None:
    """The first look: what comes from now on is new."""
    server.start()
    server.wait_mailbox()
    server.kill()


def live_and_die(server: Instance, point: str, mail: EmailMessage) -> bool:
    """Serve until the point; returns whether the mail was taken over by a 250."""
    with (server.folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.flows.dying", point],
            cwd=server.folder,
            env=server.environ | {"PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    taken = False
    while process.poll() is None:
        time.sleep(0.05)
        if not taken and accepts(server.smtp_port):
            with suppress(smtplib.SMTPException, OSError):
                mails.send(server.smtp_port, mail)
                taken = True
    assert process.returncode == DEAD, server.log
    return taken
