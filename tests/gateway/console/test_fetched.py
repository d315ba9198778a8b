"""Mail fetched by IMAP and handed over by LMTP, from a real server over the database to the page an
agent reads; what is wrong with a mailbox stands on the console until it is over."""

import html
import json
import os
import shutil
import signal
import smtplib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path

import httpx
import pytest
from imapclient import IMAPClient
from sqlalchemy import func, select

from channels.kit import Health
from channels.mail import imap, imap_client, oauth
from gateway import alarming
from helpdesk.models import Held, InboundRaw, Message, Ticket
from tests.conftest import MigratedCopy
from tests.doubles.dovecot import PASSWORD, Dovecot
from tests.doubles.oauth import Issuer, issuing
from tests.doubles.processes import free_port, wait_until
from tests.gateway.console.door import BOX, Mailed, mailed_instance, soon
from tests.gateway.console.served import send

pytestmark = pytest.mark.slow

MEMBER = "luciana@vila.example"
#: users of the server: one with a password, one whose folder is not INBOX, one with tokens
PLAIN, MOVING, CLOUD = "fale", "pasta", "nuvem"
FOLDER = "Entrada"
SECOND = f"{MOVING}@op.example"
#: an agent who may look into what is wrong
ADMINISTRATOR = "chefe"

_serial = count(1)


def letter(subject: str) -> bytes:
    return (
        f"From: Luciana Reis <{MEMBER}>\r\nTo: {BOX}\r\nSubject: {subject}\r\n"
        f"Message-ID: <buscada-{next(_serial)}@vila.example>\r\n\r\nVeja: {subject}.\r\n"
    ).encode()


@dataclass(frozen=True)
class Post:
    """An instance that follows three mailboxes, and the hands that reach into them."""

    instance: Mailed
    dovecot: Dovecot
    issuer: Issuer
    lmtp: int

    def health(self, user: str) -> Health:
        probes = self.instance.runtime.channels["mail"].health
        return next(each for probe in probes if (each := probe()).name.startswith(f"{user}@"))

    def is_well(self, user: str) -> bool:
        health = self.health(user)
        return health.last_success is not None and not health.error

    def wait(self, condition: Callable[[], bool]) -> None:
        wait_until(condition, lambda: str([self.health(u) for u in (PLAIN, MOVING, CLOUD)]))

    def tickets(self, subject: str) -> list[int]:
        wanted = select(Ticket.number).where(Ticket.title == subject)
        return list(self.instance.read(lambda s: s.scalars(wanted).all()))

    def page_of(self, subject: str) -> str:
        """The page of the one ticket of that name, once it is there."""
        [number] = soon(lambda: self.tickets(subject))
        return self.page(f"/central/{number}")

    def page(self, path: str, login: str = "ana") -> str:
        with self.instance.client(login) as client:
            return html.unescape(client.get(path).text)

    def count(self, *criteria: object) -> int:
        query = select(func.count()).select_from(InboundRaw).where(*criteria)  # type: ignore[arg-type]
        return self.instance.read(lambda s: s.scalar(query)) or 0

    def log_in(self, user: str) -> IMAPClient:
        client = IMAPClient("127.0.0.1", self.dovecot.imap_port, ssl=False)
        client.login(user, PASSWORD)
        return client

    def hang_up(self) -> None:
        """As when the server's machine drops every session."""
        for pid in self.dovecot.pids("imap"):
            os.kill(pid, signal.SIGKILL)

    def alarmed(self, client: httpx.Client, user: str, folder: str = "INBOX") -> bool:
        said = f"A caixa {user}@127.0.0.1/{folder} não está sendo lida."
        return said in html.unescape(client.get("/central/avisos/alarmes").text)


@pytest.fixture(scope="module")
def hurried() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(imap, "IDLE_SECONDS", 1.0)
        patch.setattr(imap, "FIRST_WAIT", 0.1)
        patch.setattr(imap, "LONGEST_WAIT", 1.0)
        patch.setattr(imap_client, "READ_SECONDS", 5.0)
        patch.setattr(oauth, "REST", timedelta(0))
        patch.setattr(alarming, "SECONDS", 0.2)
        yield


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def served(
    request: pytest.FixtureRequest,
    hurried: None,
    migrated_copy: MigratedCopy,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Post]:
    folder: Path = tmp_path_factory.mktemp("fetched")
    url = migrated_copy(request.param, folder)
    with (
        issuing(Issuer(rotates=True, user=CLOUD)) as issuer,
        Dovecot(introspection=issuer.introspection) as dovecot,
    ):
        with IMAPClient("127.0.0.1", dovecot.imap_port, ssl=False) as client:
            client.login(MOVING, PASSWORD)
            client.create_folder(FOLDER)
        lmtp = free_port()
        boxes = [
            {"address": SECOND, "imap_url": dovecot.url(MOVING, FOLDER)},
            {
                "address": f"{CLOUD}@op.example",
                "imap_url": f"imap://{CLOUD}@127.0.0.1:{dovecot.imap_port}/INBOX",
                "oauth": issuer.settings("refresh_token"),
            },
        ]
        settings = {
            "PONTE_MAIL__IMAP_URL": dovecot.url(PLAIN),
            "PONTE_MAIL__MAILBOXES": json.dumps(boxes),
            "PONTE_MAIL__LMTP_LISTEN": f"127.0.0.1:{lmtp}",
        }
        with mailed_instance(url, folder, **settings) as (instance, _):
            yield Post(instance, dovecot, issuer, lmtp)


@pytest.fixture
def post(served: Post) -> Post:
    """When all of its mailboxes are followed: each test leaves them so."""
    for user in (PLAIN, MOVING, CLOUD):
        served.wait(lambda user=user: served.is_well(user))
    return served


def test_tokens_are_renewed_and_their_refusal_stands_on_the_console(post: Post):
    post.dovecot.deliver(CLOUD, letter("Com a primeira autorização"))
    assert "Veja: Com a primeira autorização." in post.page_of("Com a primeira autorização")
    issuer, asked = post.issuer, len(post.issuer.asked)
    issuer.good.clear()
    post.hang_up()
    post.dovecot.deliver(CLOUD, letter("Com a renovada"))
    assert "Veja: Com a renovada." in post.page_of("Com a renovada")
    renewed = issuer.asked[asked:]
    assert {form["grant_type"] for form in renewed} == {"refresh_token"}
    # the consent was taken back
    issuer.refuses = "invalid_grant"
    issuer.good.clear()
    post.hang_up()
    post.wait(lambda: "invalid_grant" in post.health(CLOUD).error)
    post.dovecot.deliver(CLOUD, letter("Enquanto isso"))
    with post.instance.later(minutes=6), post.instance.client(ADMINISTRATOR) as client:
        post.wait(lambda: post.alarmed(client, CLOUD))
        page = post.page("/central/quarentena/entradas", ADMINISTRATOR)
        assert "Confira usuário, senha ou autorização (OAuth), pasta e servidor" in page
        assert "gives no access token: invalid_grant" in page
    issuer.refuses = ""
    assert "Veja: Enquanto isso." in post.page_of("Enquanto isso")
    with post.instance.client(ADMINISTRATOR) as client:
        post.wait(lambda: not post.alarmed(client, CLOUD))


def test_other_uids_lose_nothing_and_double_nothing(post: Post):
    """As when the mailboxes move to another server: the same messages under other numbers."""
    with post.log_in(MOVING) as client:
        client.append(FOLDER, letter("Antes da mudança"))
        number = soon(lambda: post.tickets("Antes da mudança"))[0]
        client.create_folder("Nova")
        client.select_folder(FOLDER)
        client.copy(client.search("ALL"), "Nova")
        client.unselect_folder()
        client.append("Nova", letter("Durante a mudança"))
        client.delete_folder(FOLDER)
        client.rename_folder("Nova", FOLDER)
    assert "Veja: Durante a mudança." in post.page_of("Durante a mudança")
    with post.log_in(MOVING) as client:
        client.append(FOLDER, letter("Depois da mudança"))
    assert "Veja: Depois da mudança." in post.page_of("Depois da mudança")
    post.wait(lambda: "recebida 2 vezes" in post.page(f"/central/{number}"))
    assert post.tickets("Antes da mudança") == [number]
    said = select(func.count()).select_from(Message).where(Message.number == number)
    assert post.instance.read(lambda s: s.scalar(said)) == 1


def test_one_that_cannot_be_read_waits_for_a_person_and_stops_no_other(post: Post):
    before = post.count()
    post.dovecot.stop()
    home = post.dovecot.root / "mail" / PLAIN / "new"
    for n, subject in enumerate(("Boa antes", "Envenenada", "Boa depois")):
        raw = letter(subject)
        file = home / f"{1_800_000_000 + n}.M{n}P1.mx,S={len(raw)},W={len(raw)}"
        file.write_bytes(raw)
        shutil.chown(file, home.owner(), home.group())
        if subject == "Envenenada":
            file.chmod(0)
            poison = file.name
    post.dovecot.start()
    assert "Veja: Boa antes." in post.page_of("Boa antes")
    assert "Veja: Boa depois." in post.page_of("Boa depois")
    unreadable = select(Held.public_id).where(Held.reason == "unreadable", Held.state == "held")
    held_id = soon(lambda: post.instance.read(lambda s: s.scalar(unreadable)))
    assert post.count() == before + 3
    page = post.page(f"/central/quarentena/{held_id}")
    assert "Retida: não foi possível ler." in page
    assert "Só parte da mensagem pôde ser lida do servidor" in page
    assert "peça a quem escreveu que mande de novo" in page
    # what nobody could read is not taken from its server
    [left] = post.dovecot.unread(PLAIN)
    assert left.name.startswith(poison)
    with post.instance.client() as client:
        assert send(client, f"/central/quarentena/{held_id}/spam").status_code == 303
        assert held_id not in client.get("/central/quarentena").text


def test_what_others_have_read_comes_in(post: Post):
    with post.log_in(MOVING) as client:
        client.append(FOLDER, letter("Lida por outros"), flags=[b"\\Seen"])
    assert "Veja: Lida por outros." in post.page_of("Lida por outros")


def test_a_folder_that_was_moved_away_is_said_until_it_is_back(post: Post):
    with post.log_in(MOVING) as client:
        client.rename_folder(FOLDER, "Antiga")
        post.wait(lambda: FOLDER in post.health(MOVING).error)
        client.append("Antiga", letter("Na pasta movida"))
        with post.instance.later(minutes=6), post.instance.client(ADMINISTRATOR) as seen:
            post.wait(lambda: post.alarmed(seen, MOVING, FOLDER))
            assert "Nada se perde" in post.page("/central/quarentena/entradas", ADMINISTRATOR)
        client.rename_folder("Antiga", FOLDER)
    assert "Veja: Na pasta movida." in post.page_of("Na pasta movida")
    with post.instance.client(ADMINISTRATOR) as seen:
        post.wait(lambda: not post.alarmed(seen, MOVING, FOLDER))


def test_a_server_that_starts_again_is_followed_again(post: Post):
    post.dovecot.stop()
    for user in (PLAIN, MOVING, CLOUD):
        post.wait(lambda user=user: bool(post.health(user).error))
    post.dovecot.start()
    for user in (PLAIN, CLOUD):
        post.dovecot.deliver(user, letter(f"Depois da queda, {user}"))
        assert f"Veja: Depois da queda, {user}." in post.page_of(f"Depois da queda, {user}")


def test_a_session_that_no_longer_answers_is_left_for_another(post: Post):
    silent = post.dovecot.pids("imap")
    for pid in silent:
        os.kill(pid, signal.SIGSTOP)
    try:
        post.wait(lambda: bool(post.health(PLAIN).error))
        post.dovecot.deliver(PLAIN, letter("Por outra sessão"))
        assert "Veja: Por outra sessão." in post.page_of("Por outra sessão")
    finally:
        for pid in silent:
            os.kill(pid, signal.SIGKILL)


def test_each_recipient_by_lmtp_gets_an_answer_of_its_own(post: Post):
    before = post.count()
    with smtplib.LMTP("127.0.0.1", post.lmtp, timeout=60) as lmtp:
        lmtp.ehlo_or_helo_if_needed()
        assert lmtp.mail(MEMBER)[0] == 250
        assert lmtp.rcpt(BOX)[0] == 250
        code, said = lmtp.rcpt("ninguem@op.example")
        assert (code, said[:5]) == (550, b"5.1.1")
        assert lmtp.rcpt(SECOND)[0] == 250
        assert lmtp.docmd("DATA")[0] == 354
        lmtp.send(letter("Por LMTP") + b".\r\n")
        assert [lmtp.getreply()[0] for _ in range(2)] == [250, 250]
        # one who is unknown everywhere leaves the session as it is
        refused = {"ninguem@op.example": (550, said)}
        with pytest.raises(smtplib.SMTPRecipientsRefused) as caught:
            lmtp.sendmail(MEMBER, list(refused), letter("A ninguém"))
        assert caught.value.recipients == refused
    page = post.page_of("Por LMTP")
    assert "Veja: Por LMTP." in page
    assert post.count() == before + 1
    assert post.tickets("A ninguém") == []
