"""The server is killed at random moments while mail arrives by two ways and an agent answers.

A moment is an amount of work done, not of time, so that a slow machine is struck in the middle
too. `KILLS=200 pytest tests/flows/test_kill.py -s` strikes so often and says what it struck.
"""

import os
import queue
import random
import smtplib
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from gateway.work import Work
from helpdesk import registers
from helpdesk.models import InboundRaw, Outbox
from helpdesk.tokens import Keyring
from tests.doubles.dovecot import Dovecot
from tests.doubles.processes import wait_until
from tests.doubles.relay import Relay
from tests.flows import mails
from tests.flows.instance import BRUNO, SECRET, Instance
from tests.flows.nursery import Fledgling

#: fewer in everyday runs
KILLS = int(os.environ.get("KILLS", "10"))
#: what is new in each life of the server, by each way in
MAILS_A_LIFE, ANSWERS_A_LIFE = 8, 2
#: what that comes to: stored, applied, acknowledged
STEPS_A_LIFE = 3 * (2 * MAILS_A_LIFE) + ANSWERS_A_LIFE
#: a step ends with a commit; what is begun after it is struck too
LONGEST_STEP = 0.1
#: a machine may be too busy to take a step for long; this long, something is broken
SILENCE = 120.0
SMTP = IMAP = KILLS * MAILS_A_LIFE
ANSWERS = KILLS * ANSWERS_A_LIFE
#: of the mails by SMTP, every so many is the reply to the acknowledgement of an earlier one
REPLIES_EVERY = 5
#: acknowledgements to one address are summed up beyond ten in ten minutes: each sender stays below
SENDERS = max(10, (SMTP + IMAP) // 8)
TALKERS = tuple(f"conversa{n}@vilaserena.example" for n in range(3))
CONNECTIONS = 4


class Storm:
    """Senders that behave as mail servers do: what got no 250 is sent again."""

    def __init__(self, instance: Instance, moments: random.Random) -> None:
        self.instance = instance
        self.moments = moments
        self.waiting: queue.Queue[Any] = queue.Queue()
        self.tries = 0
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._send) for _ in range(CONNECTIONS)]

    @contextmanager
    def blowing(self) -> Generator[None]:
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            self._stopping.set()
            for thread in self._threads:
                thread.join()

    @property
    def is_over(self) -> bool:
        """Whatever was to be sent so far got its 250."""
        return self.waiting.unfinished_tasks == 0

    def _send(self) -> None:
        while not self._stopping.is_set():
            try:
                mail = self.waiting.get(timeout=0.1)
            except queue.Empty:
                continue
            self._until_taken(mail)
            self.waiting.task_done()

    def _until_taken(self, mail: Any) -> None:
        while not self._stopping.is_set():
            self.tries += 1
            try:
                mails.send(self.instance.smtp_port, mail)
            except (smtplib.SMTPException, OSError):
                self._stopping.wait(0.05)
            else:
                return


class Answers:
    """An agent who answers one ticket over and over, and asks again when the server is gone."""

    def __init__(self, instance: Instance, number: int) -> None:
        self.instance, self.number = instance, number
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._thread.join()

    def _run(self) -> None:
        for n in range(ANSWERS):
            while not self._answered(n):
                time.sleep(0.05)

    def _answered(self, n: int) -> bool:
        instance = self.instance
        with suppress(httpx.TransportError):
            answer = httpx.post(
                f"{instance.url}/api/v1/tickets/{self.number}/messages",
                json={"kind": "reply", "text": f"Resposta {n:03}."},
                headers={
                    "Authorization": f"Bearer {instance.token}",
                    "Idempotency-Key": f"resposta-{n}",
                },
                timeout=10,
            )
            assert answer.status_code == 201, answer.text
            return True
        return False


@pytest.fixture
def stormy(
    database_url: str, relay: Relay, tmp_path: Path, mail_server: Dovecot, mailbox: str
) -> Any:
    settings = {
        "PONTE_MAIL__RELAY_URL": relay.url,
        "PONTE_MAIL__IMAP_URL": mail_server.url(mailbox),
    }
    instance = Fledgling(tmp_path, database_url, settings)
    instance.seed()
    work = Work(database_url)
    work.write_now(register_senders)
    instance.start()
    yield instance, work
    if instance.is_running:
        instance.stop()
    work.close()


def register_senders(session: Session) -> None:
    for address in [*map(sender, range(SENDERS)), *TALKERS]:
        row = registers.ProviderRow(code="P1", email=address)
        registers.upsert_provider(session, row, now=datetime.now(UTC))


def sender(n: int) -> str:
    return f"s{n % SENDERS}@vilaserena.example"


def test_killed_at_random_moments_nothing_is_lost_or_doubled(
    stormy: tuple[Instance, Work], relay: Relay, mail_server: Dovecot, mailbox: str
):
    instance, work = stormy
    moments = random.Random(20261124)
    instance.wait_mailbox()
    answered = open_by_mail(instance, relay, BRUNO, "respondido")
    talking = [
        open_by_mail(instance, relay, address, f"conversa-{n}") for n, address in enumerate(TALKERS)
    ]
    by_smtp = [smtp_mail(n, [ack for _, ack in talking]) for n in range(SMTP)]
    by_imap = [
        mails.letter(sender(n), f"Imap {n}", f"Pedido imap-{n}.", message_id=f"imap-{n}")
        for n in range(IMAP)
    ]
    storm = Storm(instance, moments)
    struck: Counter[str] = Counter()
    begun = work.read_now(steps_done)
    with storm.blowing():
        with Answers(instance, answered[0]):
            for k in range(KILLS):
                share = slice(k * MAILS_A_LIFE, (k + 1) * MAILS_A_LIFE)
                for mail in by_smtp[share]:
                    storm.waiting.put(mail)
                mail_server.deliver(mailbox, *(bytes(mail) for mail in by_imap[share]))
                done_by_then = begun + (k + 1) * STEPS_A_LIFE
                now = work.read_now(steps_done)
                steps = moments.uniform(now + 1, max(done_by_then, now + 2))
                live_until(work, steps, lambda k=share.stop: storm.is_over and idle(work, k))
                time.sleep(moments.uniform(0, LONGEST_STEP))
                instance.kill()
                flagged = len(mail_server.files(mailbox)) - len(mail_server.unread(mailbox))
                struck.update(work.read_now(in_the_middle, share.stop, flagged))
                instance.start()
        storm.waiting.join()
    wait_until(lambda: work.read_now(is_settled), lambda: state(work) + instance.log)

    print(f"killed {KILLS} times, in the middle of {dict(struck)}")
    assert storm.tries >= SMTP
    check_each_once(instance, talking, answered[0])
    check_protocols(instance)
    check_handed_over(work, relay)
    verified = instance.command("log", "verify")
    assert verified.returncode == 0, verified.stderr


def live_until(work: Work, steps: float, nothing_left: Callable[[], bool]) -> None:
    """Until so much is done, or there is nothing to be in the middle of."""
    reached = work.read_now(steps_done)
    moved = time.monotonic()
    while reached < steps and time.monotonic() - moved < SILENCE and not nothing_left():
        time.sleep(0.005)
        now = work.read_now(steps_done)
        if now != reached:
            reached, moved = now, time.monotonic()


def idle(work: Work, by_imap: int) -> bool:
    return work.read_now(is_settled, by_imap)


def steps_done(session: Session) -> int:
    stored = select(func.count()).select_from(InboundRaw)
    applied = stored.where(InboundRaw.state != "waiting")
    sent = select(func.count()).select_from(Outbox).where(Outbox.state == "sent")
    return sum(session.scalar(query) or 0 for query in (stored, applied, sent))


def smtp_mail(n: int, acks: list[Any]) -> Any:
    text = f"Pedido smtp-{n}."
    if n % REPLIES_EVERY == 0:
        ack = acks[n // REPLIES_EVERY % len(acks)]
        return mails.reply(ack, str(ack["To"]), text, message_id=f"smtp-{n}")
    return mails.letter(sender(n), f"Smtp {n}", text, message_id=f"smtp-{n}")


def open_by_mail(instance: Instance, relay: Relay, address: str, name: str) -> tuple[int, Any]:
    """A ticket and the acknowledgement its sender got."""
    mails.send(instance.smtp_port, mails.letter(address, name, "Olá.", message_id=name))
    (ack,) = relay.wait(1, address)
    (number,) = [t["number"] for t in instance.tickets() if t["title"] == name]
    return number, ack.message


def check_each_once(instance: Instance, talking: list[tuple[int, Any]], answered: int) -> None:
    # Before the texts: what is held is missing there too, and here it says why.
    assert instance.call("GET", "/quarantine")["items"] == []
    opened = [instance.ticket(t["number"]) for t in instance.tickets()]
    texts = [m["text"].strip() for t in opened for m in t["messages"]]
    sent = [f"Pedido smtp-{n}." for n in range(SMTP)] + [f"Pedido imap-{n}." for n in range(IMAP)]
    answers = [f"Resposta {n:03}." for n in range(ANSWERS)]
    assert sorted(texts) == sorted([*sent, *answers, *["Olá."] * (1 + len(talking))])
    replied = [m for t in opened if t["number"] == answered for m in t["messages"]]
    assert [m["text"] for m in replied if m["direction"] == "outbound"] == answers


def check_protocols(instance: Instance) -> None:
    """Registration, day and sequence: distinct and without a gap within a day."""
    days: defaultdict[str, list[int]] = defaultdict(list)
    for ticket in instance.tickets():
        protocol = ticket["protocol"]
        days[protocol[:14]].append(int(protocol[14:]))
    for sequence in days.values():
        assert sorted(sequence) == list(range(1, len(sequence) + 1))


def check_handed_over(work: Work, relay: Relay) -> None:
    """Everything at least once; to each recipient in the order it was written."""
    keyring = Keyring([SECRET.encode()])
    expected: defaultdict[str, list[int]] = defaultdict(list)
    for outbox_id, address in work.read_now(sent_rows):
        expected[address].append(outbox_id)
    first: defaultdict[str, list[int]] = defaultdict(list)
    for handed in relay.handed:
        issued = keyring.read_message_id(str(handed.message["Message-ID"]))
        assert issued is not None
        (recipient,) = handed.recipients
        if issued.outbox_id not in first[recipient]:
            first[recipient].append(issued.outbox_id)
    assert first == expected
    said = [mails.text_of(h.message) for h in relay.sent_to(BRUNO)[1:]]
    order = [n for text in said for n in range(ANSWERS) if f"Resposta {n:03}." in text]
    assert list(dict.fromkeys(order)) == list(range(ANSWERS))


def is_settled(session: Session, by_imap: int = IMAP) -> bool:
    """Everything that arrived is applied, and everything written has left."""
    waiting = select(func.count()).select_from(InboundRaw).where(InboundRaw.state == "waiting")
    queued = select(func.count()).select_from(Outbox).where(Outbox.state == "queued")
    imap = select(func.count(InboundRaw.id)).where(InboundRaw.arrival.startswith("imap:"))
    return (
        session.scalar(waiting) == 0
        and session.scalar(queued) == 0
        and (session.scalar(imap) or 0) >= by_imap
    )


def in_the_middle(session: Session, delivered: int, flagged: int) -> list[str]:
    """What was under way when the server was killed; `delivered` and `flagged` by IMAP."""

    def count(*criteria: ColumnElement[bool]) -> int:
        return session.scalar(select(func.count()).where(*criteria)) or 0

    stored = count(InboundRaw.arrival.startswith("imap:"))
    waiting, queued = InboundRaw.state == "waiting", Outbox.state == "queued"
    under_way = {
        "fetch": stored < delivered,
        "flag": flagged < stored,
        "apply": count(waiting),
        "apply, claimed": count(waiting, InboundRaw.lease_until.is_not(None)),
        "send": count(queued),
        "send, claimed": count(queued, Outbox.lease_until.is_not(None)),
    }
    return [name for name, is_so in under_way.items() if is_so] or ["nothing"]


def sent_rows(session: Session) -> list[tuple[int, str]]:
    query = select(Outbox.id, Outbox.address).where(Outbox.state == "sent").order_by(Outbox.id)
    rows = [(outbox_id, address) for outbox_id, address in session.execute(query)]
    others = select(Outbox.state).where(Outbox.state != "sent")
    assert session.scalars(others).all() == []
    return rows


def state(work: Work) -> str:
    def read(session: Session) -> str:
        raw = session.execute(
            select(InboundRaw.state, func.count()).group_by(InboundRaw.state)
        ).all()
        out = session.execute(select(Outbox.state, func.count()).group_by(Outbox.state)).all()
        return f"{raw} {out}\n"

    return work.read_now(read)
