import asyncio
import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from imapclient import IMAPClient
from sqlalchemy import update

from channels.mail import imap, imap_client
from channels.mail.config import Mailbox, parse_server
from channels.mail.imap import MailboxWatch
from helpdesk import inbound
from helpdesk.models import MailboxCursor
from tests.channels.mail.conftest import Store, clock
from tests.doubles.dovecot import PASSWORD, Dovecot
from tests.doubles.processes import PATIENCE

pytestmark = pytest.mark.slow

LIMIT = 1024 * 1024


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    with Dovecot() as running:
        yield running


@pytest.fixture
def user(request: pytest.FixtureRequest) -> str:
    """Each test has a mailbox of its own."""
    return request.node.name.replace("_", "")[-40:]


def mail(number: int, body: str = "Segue a guia.") -> bytes:
    return (
        f"From: Ana <ana@clinica.example>\r\nTo: fale@ponte.example\r\nSubject: Guia {number}\r\n"
        f"Message-ID: <{number}@clinica.example>\r\n\r\n{body}\r\n"
    ).encode()


async def until(condition: Callable[[], bool]) -> None:
    """Patience is generous: what is tested is that it happens at all."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.02)


@dataclass
class Following:
    store: Store
    watch: MailboxWatch

    async def stored(self, count: int) -> list[bytes]:
        await until(lambda: len(self.store.rows()) >= count)
        return self.store.raws()

    async def ready(self) -> None:
        await until(lambda: self.watch.health.last_success is not None)


@asynccontextmanager
async def following(store: Store, url: str, **settings: object):
    mailbox = Mailbox.model_validate({"address": "fale@ponte.example", "imap_url": url, **settings})
    watch = MailboxWatch(mailbox, parse_server(url), store.doorstep, store.work, clock, LIMIT)
    task = asyncio.create_task(watch.run())
    try:
        yield Following(store, watch)
    finally:
        task.cancel()
        await asyncio.wait([task])


def login(server: Dovecot, user: str) -> IMAPClient:
    client = IMAPClient("127.0.0.1", server.imap_port, ssl=False)
    client.login(user, PASSWORD)
    client.select_folder("INBOX")
    return client


async def test_mail_delivered_while_idling_is_stored_and_then_flagged(
    server: Dovecot, store: Store, user: str
):
    async with following(store, server.url(user)) as it:
        await it.ready()
        server.deliver(user, mail(1))
        (raw,) = await it.stored(1)
        assert raw.endswith(mail(1))
        await until(lambda: server.files(user)[0].name.endswith("S"))
    row = store.rows()[0]
    assert row.mailbox == "fale@ponte.example"
    assert row.arrival.startswith(f"imap:{user}@127.0.0.1/INBOX/")
    assert not row.quiet


async def test_history_is_left_alone_at_the_first_look(server: Dovecot, store: Store, user: str):
    server.deliver(user, mail(1), mail(2))
    async with following(store, server.url(user)) as it:
        await it.ready()
        server.deliver(user, mail(3))
        (raw,) = await it.stored(1)
        assert b"Subject: Guia 3" in raw


async def test_since_fetches_what_came_after_it(server: Dovecot, store: Store, user: str):
    with login(server, user) as client:
        client.append("INBOX", mail(1), msg_time=datetime(2026, 1, 5, 12, tzinfo=UTC))
        client.append("INBOX", mail(2), msg_time=datetime(2026, 3, 5, 12, tzinfo=UTC))
    since = datetime(2026, 2, 1, tzinfo=UTC)
    async with following(store, server.url(user), since=since) as it:
        (raw,) = await it.stored(1)
        await it.ready()
    assert b"Subject: Guia 2" in raw
    row = store.rows()[0]
    assert row.received_at == datetime(2026, 3, 5, 12, tzinfo=UTC)
    assert row.quiet


async def test_mail_somebody_else_has_read_is_fetched_all_the_same(
    server: Dovecot, store: Store, user: str
):
    async with following(store, server.url(user)) as it:
        await it.ready()
    server.deliver(user, mail(1))
    with login(server, user) as client:
        client.add_flags(client.search("ALL"), [b"\\Seen"])
    async with following(store, server.url(user)) as it:
        assert len(await it.stored(1)) == 1


async def test_a_restart_of_the_server_in_the_middle_loses_nothing(store: Store, user: str):
    with Dovecot() as server:
        async with following(store, server.url(user)) as it:
            await it.ready()
            server.deliver(user, *(mail(n) for n in range(10)))
            await it.stored(3)
            server.stop()
            await until(lambda: bool(it.watch.health.error))
            server.start()
            server.deliver(user, *(mail(n) for n in range(10, 20)))
            raws = await it.stored(20)
            await until(lambda: not it.watch.health.error)
    assert len(raws) == len(set(raws)) == 20


async def test_a_killed_session_is_replaced(server: Dovecot, store: Store, user: str):
    async with following(store, server.url(user)) as it:
        await it.ready()
        (child,) = server.pids("imap")
        os.kill(child, signal.SIGKILL)
        await until(lambda: bool(it.watch.health.error))
        server.deliver(user, mail(1))
        assert len(await it.stored(1)) == 1


async def test_a_session_that_no_longer_answers_is_replaced(
    server: Dovecot, store: Store, user: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(imap, "IDLE_SECONDS", 0.3)
    monkeypatch.setattr(imap_client, "READ_SECONDS", 0.5)
    async with following(store, server.url(user)) as it:
        await it.ready()
        (child,) = server.pids("imap")
        os.kill(child, signal.SIGSTOP)
        try:
            await until(lambda: bool(it.watch.health.error))
            assert it.watch.health.failing_since is not None
            server.deliver(user, mail(1))
            assert len(await it.stored(1)) == 1
        finally:
            os.kill(child, signal.SIGKILL)


async def test_stopping_does_not_wait_for_a_session_that_no_longer_answers(
    server: Dovecot, store: Store, user: str
):
    async with following(store, server.url(user)) as it:
        await it.ready()
        (child,) = server.pids("imap")
        os.kill(child, signal.SIGSTOP)
    os.kill(child, signal.SIGKILL)
    await asyncio.sleep(0.05)
    assert "imap " + it.watch.health.name not in {t.name for t in _threads()}


async def test_without_idle_the_folder_is_polled(
    store: Store, user: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(imap, "POLL_SECONDS", 0.1)
    with Dovecot(capability="IMAP4rev1 LITERAL+") as server:
        async with following(store, server.url(user)) as it:
            await it.ready()
            server.deliver(user, mail(1))
            assert len(await it.stored(1)) == 1


async def test_two_mailboxes_are_followed_side_by_side(server: Dovecot, store: Store, user: str):
    one, two = user + "a", user + "b"
    async with following(store, server.url(one)) as it, following(store, server.url(two)) as other:
        await it.ready()
        await other.ready()
        server.deliver(one, mail(1))
        server.deliver(two, mail(1))
        await it.stored(2)
    assert len({row.arrival for row in store.rows()}) == 2


async def test_200_messages_each_come_in_once_in_the_order_of_the_folder(
    server: Dovecot, store: Store, user: str
):
    async with following(store, server.url(user)) as it:
        await it.ready()
        await asyncio.to_thread(server.deliver, user, *(mail(n) for n in range(200)))
        raws = await it.stored(200)
        await until(lambda: it.watch.health.lag == 0)
    subjects = {raw.partition(b"Subject: Guia ")[2].split(b"\r\n")[0] for raw in raws}
    assert subjects == {str(n).encode() for n in range(200)}
    # Under load Dovecot itself numbers two deliveries the other way round now and then.
    uids = [int(row.arrival.rpartition("/")[2]) for row in store.rows()]
    assert uids == sorted(uids)


async def test_a_crash_between_commit_and_flag_makes_no_double(
    server: Dovecot, store: Store, user: str
):
    async with following(store, server.url(user)) as it:
        await it.ready()
    before = store.work.read_now(inbound.cursor, it.watch.health.name)
    assert before is not None
    server.deliver(user, mail(1), mail(2))
    async with following(store, server.url(user)) as it:
        await it.stored(2)
        await until(lambda: all(f.name.endswith("S") for f in server.files(user)))
    # As after a crash: committed, but neither flagged nor remembered.
    with login(server, user) as client:
        client.remove_flags(client.search("ALL"), [b"\\Seen"])
    store.work.write_now(
        inbound.set_cursor, before.account, before.uidvalidity, before.uid, clock()
    )
    async with following(store, server.url(user)) as it:
        await until(lambda: all(f.name.endswith("S") for f in server.files(user)))
        await it.ready()
    assert len(store.rows()) == 2


async def test_a_change_of_uidvalidity_reads_again_what_is_recent(
    server: Dovecot, store: Store, user: str
):
    async with following(store, server.url(user)) as it:
        await it.ready()
        server.deliver(user, mail(1))
        await it.stored(1)
        await until(lambda: server.files(user)[0].name.endswith("S"))
    account = it.watch.health.name
    with login(server, user) as client:
        client.append("INBOX", mail(2), msg_time=clock() - timedelta(days=40))
    store.work.write_now(lambda s: s.execute(update(MailboxCursor).values(uidvalidity=1, uid=900)))
    async with following(store, server.url(user)) as it:
        await it.stored(1)
        await it.ready()
        server.deliver(user, mail(3))
        raws = await it.stored(2)
    assert [b"Guia 1" in raws[0], b"Guia 3" in raws[-1]] == [True, True]
    assert not any(b"Guia 2" in raw for raw in raws)
    cursor = store.work.read_now(inbound.cursor, account)
    assert cursor is not None
    assert cursor.uidvalidity != 1


@pytest.mark.parametrize("time", range(4))
async def test_a_folder_made_anew_is_read_anew(
    server: Dovecot, store: Store, monkeypatch: pytest.MonkeyPatch, time: int
):
    # Four times: the session that waits may be told nothing, of a folder that is gone, or without
    # end of news that nobody can read, as it happens.
    user = f"anew{time}"
    monkeypatch.setattr(imap, "FIRST_WAIT", 0.1)
    monkeypatch.setattr(imap, "IDLE_SECONDS", 0.3)
    with login(server, user) as client:
        client.create_folder("Entrada")
    async with following(store, server.url(user, "Entrada")) as it:
        await it.ready()
        with login(server, user) as client:
            client.append("Entrada", mail(1))
        await it.stored(1)
        with login(server, user) as client:
            client.create_folder("Nova")
            client.append("Nova", mail(1))
            client.append("Nova", mail(2))
            client.delete_folder("Entrada")
            client.rename_folder("Nova", "Entrada")
        raws = await it.stored(3)
    # Two arrivals of one message: the content tells the applier that it is one.
    assert sorted(b"Guia 1" in raw for raw in raws) == [False, True, True]
    assert len({row.arrival for row in store.rows()}) == 3


async def test_a_folder_that_was_taken_away_is_said_and_followed_when_it_is_back(
    server: Dovecot, store: Store, user: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(imap, "FIRST_WAIT", 0.1)
    monkeypatch.setattr(imap, "IDLE_SECONDS", 0.3)
    with login(server, user) as client:
        client.create_folder("Entrada")
    async with following(store, server.url(user, "Entrada")) as it:
        await it.ready()
        with login(server, user) as client:
            client.rename_folder("Entrada", "Antiga")
            await until(lambda: "Entrada" in it.watch.health.error)
            assert it.watch.health.failing_since is not None
            client.append("Antiga", mail(1))
            client.rename_folder("Antiga", "Entrada")
        assert len(await it.stored(1)) == 1
        await until(lambda: not it.watch.health.error)


async def test_move_puts_what_is_stored_into_a_folder(server: Dovecot, store: Store, user: str):
    async with following(store, server.url(user), after="move") as it:
        await it.ready()
        server.deliver(user, mail(1))
        await it.stored(1)
        await until(lambda: len(server.files(user, "Ponte")) == 1)
    assert server.files(user) == []


@pytest.mark.parametrize("after", ["move", "delete"])
async def test_a_poor_server_still_moves_and_deletes(
    store: Store, user: str, after: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(imap, "POLL_SECONDS", 0.1)
    with Dovecot(capability="IMAP4rev1") as server:
        async with following(store, server.url("poor"), after=after) as it:
            await it.ready()
            server.deliver("poor", mail(1))
            await it.stored(1)
            await until(lambda: server.files("poor")[0].name.endswith("T"))
        assert len(server.files("poor", "Ponte")) == (after == "move")


async def test_delete_removes_only_what_is_stored(server: Dovecot, store: Store, user: str):
    server.deliver(user, mail(1))
    async with following(store, server.url(user), after="delete") as it:
        await it.ready()
        server.deliver(user, mail(2))
        await it.stored(1)
        await until(lambda: len(server.files(user)) == 1)
    assert b"Guia 1" in server.files(user)[0].read_bytes()


async def test_a_message_beyond_the_limit_is_stood_in_for_and_stays_on_the_server(
    server: Dovecot, store: Store, user: str
):
    async with following(store, server.url(user), after="delete") as it:
        await it.ready()
        server.deliver(user, mail(1, "x" * 900 + "\r\n" * 1 + ("y" * 900 + "\r\n") * 1500), mail(2))
        raws = await it.stored(2)
        await until(lambda: len(server.files(user)) == 1)
    assert raws[0].startswith(b"X-Ponte-Incomplete: limit ")
    assert b"Subject: Guia 1\r\n" in raws[0]
    assert len(raws[0]) < 2000
    assert raws[1].endswith(mail(2))


async def test_a_message_the_server_cannot_read_does_not_stop_the_mailbox(
    server: Dovecot, store: Store, user: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(imap, "FIRST_WAIT", 0.05)
    async with following(store, server.url(user)) as it:
        await it.ready()
    server.deliver(user, mail(1), mail(2), mail(3))
    with login(server, user) as client:
        assert len(client.search("ALL")) == 3
    (broken,) = (file for file in server.files(user) if b"Guia 2" in file.read_bytes())
    mode = broken.stat().st_mode
    broken.chmod(0)
    async with following(store, server.url(user)) as it:
        raws = await it.stored(3)
    broken.chmod(mode)
    (stand_in,) = (raw for raw in raws if raw.startswith(b"X-Ponte-Incomplete: unreadable "))
    whole = b"".join(raw for raw in raws if raw is not stand_in)
    assert [b"Guia %d\r\n" % n in whole for n in (1, 2, 3)] == [True, False, True]
    assert not broken.name.endswith("S")


async def test_nothing_is_flagged_when_it_could_not_be_stored(
    server: Dovecot, store: Store, user: str, tmp_path: Path
):
    async with following(store, server.url(user)) as it:
        await it.ready()
        (tmp_path / "blobs" / "tmp").rename(tmp_path / "elsewhere")
        server.deliver(user, mail(1))
        await until(lambda: "FileNotFoundError" in it.watch.health.error)
        assert not server.files(user)[0].name.endswith("S")
        (tmp_path / "elsewhere").rename(tmp_path / "blobs" / "tmp")
        assert len(await it.stored(1)) == 1


async def test_a_wrong_password_is_reported_and_tried_again(
    server: Dovecot,
    store: Store,
    user: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
):
    monkeypatch.setattr(imap, "FIRST_WAIT", 0.05)
    url = server.url(user).replace(PASSWORD, "errada")
    async with following(store, url) as it:
        await until(lambda: "LoginError" in it.watch.health.error)
        since = it.watch.health.failing_since
        await until(lambda: caplog.text.count("LoginError") >= 3)
        assert it.watch.health.failing_since == since
    assert store.rows() == []


def test_check_says_what_the_folder_holds(server: Dovecot, user: str):
    server.deliver(user, mail(1))
    assert imap_client.check(parse_server(server.url(user))) == "INBOX: 1 messages, IDLE"


def test_check_refuses_a_server_without_starttls_before_any_password(server: Dovecot, user: str):
    strict = replace(parse_server(server.url(user)), protection="starttls")
    with pytest.raises(imap_client.Refused, match="STARTTLS"):
        imap_client.check(strict)


def test_check_of_a_closed_port_raises():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"imap://a:b@127.0.0.1:{taken.getsockname()[1]}/"
        with pytest.raises(OSError, match="refused"):
            imap_client.check(parse_server(url))


def _threads():
    import threading

    return threading.enumerate()
