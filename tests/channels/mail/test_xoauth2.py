"""Logging in with access tokens: a real Dovecot by IMAP, a relay by SMTP, an issuer on loopback."""

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from channels.mail import imap, oauth
from channels.mail.config import Mailbox, Server
from channels.mail.grants import OAuthConfig
from channels.mail.imap import MailboxWatch
from channels.mail.imap_client import Refused, check
from channels.mail.oauth import Account, InThread, Vault
from channels.mail.relay import Relay
from channels.mail.relay import check as check_relay
from gateway.blobs import FileBlobs
from gateway.work import Work
from helpdesk.errors import Deferred
from tests.channels.mail.conftest import Store, clock
from tests.channels.mail.letters import RING, SHEET, outbound
from tests.doubles.dovecot import Dovecot
from tests.doubles.oauth import Issuer, issuing
from tests.doubles.processes import PATIENCE
from tests.gateway.kits import Clock
from tests.helpdesk.factories import NOW

USER = "central"


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with issuing(Issuer(user=USER)) as issuer:
        yield issuer


@pytest.fixture
def account(issuer: Issuer, sqlite_url: str) -> Iterator[Account]:
    work = Work(sqlite_url)
    config = OAuthConfig.model_validate(issuer.settings())
    yield Account(config, USER, Vault(work, RING, Clock(NOW)))
    work.close()


async def look(server: Server, account: Account) -> str:
    beside = InThread(account, asyncio.get_running_loop())
    return await asyncio.to_thread(check, server, beside)


@pytest.mark.slow
async def test_dovecot_takes_a_token_and_one_that_it_refuses_is_replaced_once(
    issuer: Issuer, account: Account
):
    with Dovecot(introspection=issuer.introspection) as dovecot:
        server = Server("127.0.0.1", dovecot.imap_port, "none", USER)
        assert (await look(server, account)).startswith("INBOX: 0 messages")
        # revoked before its time: the kept one is refused, the next one is good
        issuer.good.clear()
        assert (await look(server, account)).startswith("INBOX")
        assert len(issuer.asked) == 2
        # a user the issuer does not vouch for
        issuer.user = "outra"
        with pytest.raises(Refused, match=f"127.0.0.1 refuses the access token of {USER}"):
            await look(server, account)
        assert len(issuer.asked) == 3
        # and everything is well again once the account has its rights
        issuer.user = USER
        assert (await look(server, account)).startswith("INBOX")


@pytest.mark.slow
async def test_a_mailbox_is_followed_while_its_tokens_come_and_go(
    issuer: Issuer, account: Account, store: Store, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(imap, "FIRST_WAIT", 0.05)
    with Dovecot(introspection=issuer.introspection) as dovecot:
        url = f"imap://{USER}@127.0.0.1:{dovecot.imap_port}/INBOX"
        box = Mailbox.model_validate({"address": "fale@ponte.example", "imap_url": url})
        server = box.imap
        assert server is not None
        watch = MailboxWatch(
            box, server, store.doorstep, store.work, clock, 1_000_000, account=account
        )
        task = asyncio.create_task(watch.run())
        try:
            await until(lambda: watch.health.last_success is not None)
            dovecot.deliver(USER, b"Subject: um\r\n\r\n.\r\n")
            await until(lambda: len(store.rows()) == 1)
            # the server hangs up, the token has been revoked and the issuer says no
            issuer.good.clear()
            issuer.refuses = "invalid_grant"
            monkeypatch.setattr(oauth, "REST", timedelta(0))
            dovecot.stop()
            dovecot.start()
            await until(lambda: "gives no access token: invalid_grant" in watch.health.error)
            assert watch.health.failing_since is not None
            issuer.refuses = ""
            dovecot.deliver(USER, b"Subject: dois\r\n\r\n.\r\n")
            await until(lambda: len(store.rows()) == 2)
            await until(lambda: watch.health.error == "")
        finally:
            task.cancel()
            await asyncio.wait([task])


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.02)


@pytest.mark.slow
async def test_a_server_without_the_mechanism_is_said(issuer: Issuer, account: Account):
    with Dovecot() as dovecot:
        server = Server("127.0.0.1", dovecot.imap_port, "none", USER)
        with pytest.raises(Refused, match="refuses the access token"):
            await look(server, account)


@dataclass
class Submission:
    """A relay whose AUTH is XOAUTH2 as Google and Microsoft speak it."""

    issuer: Issuer
    mechanisms: str = "XOAUTH2 LOGIN"
    taken: list[bytes] = field(default_factory=list[bytes])
    talks: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.create_task(self._talk(reader, writer))
        self.talks.add(talk)
        await talk

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 relay\r\n")
        known = False
        while line := (await reader.readline()).rstrip(b"\r\n"):
            command = line[:4].upper()
            if command == b"EHLO":
                writer.write(f"250-relay\r\n250 AUTH {self.mechanisms}\r\n".encode())
            elif command == b"AUTH":
                known = await self._log_in(line.split(b" ")[2], reader, writer)
            elif command == b"DATA" and known:
                writer.write(b"354 go\r\n")
                self.taken.append(await reader.readuntil(b"\r\n.\r\n"))
                writer.write(b"250 ok\r\n")
            elif command == b"QUIT":
                writer.write(b"221 bye\r\n")
                break
            else:
                writer.write(b"250 ok\r\n" if known else b"530 5.7.0 log in\r\n")
        writer.close()
        with contextlib.suppress(OSError):  # the other side was faster
            await writer.wait_closed()

    async def _log_in(
        self, response: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        if self.issuer.accepts(response, USER):
            writer.write(b"235 2.7.0 Accepted\r\n")
            return True
        writer.write(b"334 " + base64.b64encode(b'{"status":"401"}') + b"\r\n")
        assert await reader.readline() == b"\r\n"
        writer.write(b"535 5.7.3 Authentication unsuccessful\r\n")
        return False


@asynccontextmanager
async def submitting(submission: Submission) -> AsyncIterator[Server]:
    server = await asyncio.start_server(submission.serve, "127.0.0.1", 0)
    async with server:
        yield Server("127.0.0.1", server.sockets[0].getsockname()[1], "none", USER)
    await asyncio.gather(*submission.talks)


async def test_the_relay_takes_a_token_and_one_that_it_refuses_is_replaced_once(
    issuer: Issuer, account: Account, blobs: FileBlobs
):
    submission = Submission(issuer)
    async with submitting(submission) as server:
        for _ in range(2):
            sender = Relay(server, SHEET, blobs, Clock(NOW), account)
            await sender.send(outbound())
            await sender.close()
            # revoked: the next session begins with a token that is not good any more
            issuer.good.clear()
        assert len(submission.taken) == 2
        assert len(issuer.asked) == 2
        assert await check_relay(server, "ponte.example", account) == (
            f"127.0.0.1:{server.port}: in the clear"
        )


async def test_a_refused_account_makes_mail_wait(
    issuer: Issuer, account: Account, blobs: FileBlobs
):
    issuer.user = "outra"
    async with submitting(Submission(issuer)) as server:
        sender = Relay(replace(server, user="outra"), SHEET, blobs, Clock(NOW), account)
        with pytest.raises(Deferred, match=r"535 5\.7\.3"):
            await sender.send(outbound())
        assert len(issuer.asked) == 2
        issuer.refuses = "invalid_client"
        with pytest.raises(Deferred, match="gives no access token: invalid_client"):
            await sender.send(outbound())


async def test_a_relay_without_the_mechanism_gets_no_token(
    issuer: Issuer, account: Account, blobs: FileBlobs
):
    submission = Submission(issuer, mechanisms="LOGIN")
    async with submitting(submission) as server:
        sender = Relay(server, SHEET, blobs, Clock(NOW), account)
        with pytest.raises(Deferred, match="XOAUTH2"):
            await sender.send(outbound())
    assert submission.taken == []
