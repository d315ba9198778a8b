import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP
from aiosmtplib import SMTPException

from channels.mail import relay as module
from channels.mail.config import Server, parse_server
from channels.mail.relay import Relay, check
from gateway.blobs import FileBlobs
from helpdesk.border import Channel, File
from helpdesk.errors import Deferred, Undeliverable
from tests.channels.mail.conftest import clock
from tests.channels.mail.letters import SHEET, outbound, to
from tests.doubles import relay as double

ANA = "ana@clinica.example"


@pytest.fixture
def peer() -> Iterator[double.Relay]:
    peer = double.Relay()
    peer.start()
    yield peer
    peer.close()


@pytest.fixture
def blobs(tmp_path: Path) -> FileBlobs:
    return FileBlobs(tmp_path / "blobs")


@asynccontextmanager
async def sending(server: Server, blobs: FileBlobs) -> AsyncIterator[Relay]:
    sender = Relay(server, SHEET, blobs, clock)
    try:
        yield sender
    finally:
        await sender.close()


@asynccontextmanager
async def to_peer(peer: double.Relay, blobs: FileBlobs) -> AsyncIterator[Relay]:
    async with sending(parse_server(peer.url), blobs) as sender:
        yield sender


async def test_a_notice_is_handed_over_and_its_message_id_returned(
    peer: double.Relay, blobs: FileBlobs
):
    async with to_peer(peer, blobs) as sender:
        message_id = await sender.send(outbound())
    (handed,) = peer.handed
    assert handed.message["Message-ID"] == message_id
    assert handed.recipients == (ANA,)
    assert handed.sender.startswith("central+b-")
    assert sender.channels == {Channel.MAIL}


async def test_files_come_out_of_the_blob_store(peer: double.Relay, blobs: FileBlobs):
    file = File("laudo.pdf", "application/pdf", 4, blobs.put(b"%PDF"))
    async with to_peer(peer, blobs) as sender:
        await sender.send(replace(outbound("replied", text="Segue."), files=(file,)))
    (found,) = peer.handed[0].message.iter_attachments()
    assert found.get_payload(decode=True) == b"%PDF"


async def test_missing_bytes_of_a_file_keep_the_notice_waiting(
    peer: double.Relay, blobs: FileBlobs
):
    file = File("laudo.pdf", "application/pdf", 4, "0" * 64)
    async with to_peer(peer, blobs) as sender:
        with pytest.raises(Deferred, match="missing"):
            await sender.send(replace(outbound("replied", text="Segue."), files=(file,)))


async def test_the_connection_is_kept_for_the_next(
    peer: double.Relay, blobs: FileBlobs, monkeypatch: pytest.MonkeyPatch
):
    greeted = _count_greetings(monkeypatch)
    async with to_peer(peer, blobs) as sender:
        for _ in range(5):
            await sender.send(outbound())
        peer.answer(ANA, "450 4.2.1 Full")
        with pytest.raises(Deferred):
            await sender.send(outbound())
        await sender.send(outbound())
    assert len(peer.handed) == 6
    assert len(greeted) == 1


async def test_many_at_once_share_a_few_connections(
    peer: double.Relay, blobs: FileBlobs, monkeypatch: pytest.MonkeyPatch
):
    greeted = _count_greetings(monkeypatch)
    async with to_peer(peer, blobs) as sender:
        await asyncio.gather(*(sender.send(outbound()) for _ in range(40)))
    assert len(peer.handed) == 40
    assert len(greeted) <= module.MOST_CONNECTIONS


async def test_an_idle_connection_is_given_up(
    peer: double.Relay, blobs: FileBlobs, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "IDLE_SECONDS", 0.05)
    greeted = _count_greetings(monkeypatch)
    async with to_peer(peer, blobs) as sender:
        await sender.send(outbound())
        await asyncio.sleep(0.3)
        await sender.send(outbound())
    assert len(greeted) == 2


async def test_a_connection_the_relay_closed_meanwhile_is_replaced(
    peer: double.Relay, blobs: FileBlobs
):
    async with to_peer(peer, blobs) as sender:
        await sender.send(outbound())
        peer.answer("x@y.example", double.DROP)
        with pytest.raises(Deferred):
            await sender.send(to("x@y.example", outbound()))
        await sender.send(outbound())
    assert len(peer.handed) == 2


async def test_a_relay_that_restarted_is_found_again(peer: double.Relay, blobs: FileBlobs):
    async with to_peer(peer, blobs) as sender:
        await sender.send(outbound())
        peer.stop()
        with pytest.raises(Deferred):
            async with to_peer(peer, blobs) as other:
                await other.send(outbound())
        peer.start()
        await sender.send(outbound())
    assert len(peer.handed) == 2


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("550 5.1.1 No such user", Undeliverable),
        ("553 5.1.3 Bad address", Undeliverable),
        ("450 4.2.1 Mailbox busy", Deferred),
        ("421 4.3.2 Closing", Deferred),
        (double.DROP, Deferred),
    ],
)
async def test_what_the_relay_says_of_a_recipient_decides(
    peer: double.Relay, blobs: FileBlobs, answer: str, error: type[Exception]
):
    peer.answer(ANA, answer)
    async with to_peer(peer, blobs) as sender:
        with pytest.raises(error, match=answer or "."):
            await sender.send(outbound())
        # and the next one goes through, on a connection that is in order
        await sender.send(outbound())
    assert len(peer.handed) == 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("554 5.7.1 Refused as spam", Undeliverable),
        ("451 4.3.0 Try later", Deferred),
        ("421 4.3.2 Closing", Deferred),
        (double.DROP, Deferred),
    ],
)
async def test_what_it_says_of_the_content_decides_too(
    peer: double.Relay, blobs: FileBlobs, answer: str, error: type[Exception]
):
    peer.answer_data(answer)
    async with to_peer(peer, blobs) as sender:
        with pytest.raises(error, match=answer or "."):
            await sender.send(outbound())


async def test_a_refused_sender_is_our_fault_and_waits(
    peer: double.Relay, blobs: FileBlobs, monkeypatch: pytest.MonkeyPatch
):
    _answer_mail(monkeypatch, "550 5.7.1 Not allowed to send as this")
    async with to_peer(peer, blobs) as sender:
        with pytest.raises(Deferred, match="550"):
            await sender.send(outbound())


async def test_a_mail_too_large_for_the_relay_is_undeliverable(
    peer: double.Relay, blobs: FileBlobs, monkeypatch: pytest.MonkeyPatch
):
    _answer_mail(monkeypatch, "552 5.3.4 Too large")
    async with to_peer(peer, blobs) as sender:
        with pytest.raises(Undeliverable, match="552"):
            await sender.send(outbound())


async def test_no_relay_at_all_is_a_reason_to_wait(peer: double.Relay, blobs: FileBlobs):
    peer.stop()
    async with to_peer(peer, blobs) as sender:
        with pytest.raises(Deferred, match="connecting"):
            await sender.send(outbound())
    peer.start()


async def test_an_address_in_utf8_needs_a_relay_that_takes_it(peer: double.Relay, blobs: FileBlobs):
    async with to_peer(peer, blobs) as sender:
        await sender.send(to("josé@clinica.example", outbound()))
    assert peer.handed[0].recipients == ("josé@clinica.example",)


async def test_an_address_in_utf8_is_undeliverable_elsewhere(blobs: FileBlobs):
    async with _plain_relay() as server, sending(server, blobs) as sender:
        with pytest.raises(Undeliverable, match="SMTPUTF8"):
            await sender.send(to("josé@clinica.example", outbound()))


async def test_reports_are_asked_for_where_the_relay_offers_them(blobs: FileBlobs):
    asked: list[str] = []
    async with _plain_relay(asked, dsn=True) as server, sending(server, blobs) as sender:
        await sender.send(outbound())
    assert any(line.endswith("RET=HDRS") for line in asked)
    assert any(line.endswith("NOTIFY=FAILURE,DELAY") for line in asked)


async def test_starttls_is_used_and_the_certificate_checked(
    tmp_path: Path, blobs: FileBlobs, monkeypatch: pytest.MonkeyPatch
):
    peer = double.Relay(starttls=tmp_path)
    peer.start()
    strict = replace(parse_server(peer.url), host="localhost", protection="starttls")
    try:
        async with sending(strict, blobs) as sender:
            with pytest.raises(Deferred, match="certificate") as caught:
                await sender.send(outbound())
            assert caught.value.cause == "tls"
            monkeypatch.setenv("SSL_CERT_FILE", str(peer.certificate))
            await sender.send(outbound())
        assert peer.handed[0].encrypted
        assert await check(strict, "ponte.example") == f"localhost:{peer.port}: TLS"
    finally:
        peer.close()


async def test_starttls_is_never_fallen_back_from(peer: double.Relay, blobs: FileBlobs):
    strict = replace(parse_server(peer.url), protection="starttls")
    async with sending(strict, blobs) as sender:
        with pytest.raises(Deferred, match="STARTTLS") as caught:
            await sender.send(outbound())
    assert caught.value.cause == "no-tls"
    assert peer.handed == []


async def test_a_relay_without_login_gets_no_password(peer: double.Relay, blobs: FileBlobs):
    asked = parse_server(peer.url.replace("smtp://", "smtp://ponte:segredo@"))
    async with sending(asked, blobs) as sender:
        with pytest.raises(Deferred, match="but none") as caught:
            await sender.send(outbound())
    assert caught.value.cause == "log-in"


async def test_a_log_in_that_is_refused_is_told_from_a_relay_that_is_gone(blobs: FileBlobs):
    peer = double.Relay(guarded=True)
    peer.start()
    peer.password = "certa"
    wrong = parse_server(peer.url.replace("smtp://", "smtp://ponte:errada@"))
    right = parse_server(peer.url.replace("smtp://", "smtp://ponte:certa@"))
    try:
        async with sending(wrong, blobs) as sender:
            with pytest.raises(Deferred, match="535") as caught:
                await sender.send(outbound())
            assert caught.value.cause == "log-in"
        async with sending(right, blobs) as sender:
            await sender.send(outbound())
        assert len(peer.handed) == 1
        peer.stop()
        async with sending(right, blobs) as sender:
            with pytest.raises(Deferred) as caught:
                await sender.send(outbound())
            assert caught.value.cause == "away"
    finally:
        peer.close()


async def test_check_tells_how_the_relay_is_reached(peer: double.Relay):
    told = await check(parse_server(peer.url), "ponte.example")
    assert told == f"127.0.0.1:{peer.port}: in the clear"
    peer.stop()
    with pytest.raises(SMTPException):
        await check(parse_server(peer.url), "ponte.example")
    peer.start()


async def test_cancelling_in_the_middle_closes_the_connection(
    peer: double.Relay, blobs: FileBlobs, monkeypatch: pytest.MonkeyPatch
):
    reached = asyncio.Event()
    loop = asyncio.get_running_loop()

    async def slow(self: SMTP, arg: str | None) -> None:
        loop.call_soon_threadsafe(reached.set)
        await asyncio.sleep(0.5)
        await self.push("250 OK")

    async with to_peer(peer, blobs) as sender:
        monkeypatch.setattr(SMTP, "smtp_RCPT", slow)
        task = asyncio.create_task(sender.send(outbound()))
        await reached.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        monkeypatch.undo()
        await sender.send(outbound())
    assert len(peer.handed) == 1


def _count_greetings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    greeted: list[str] = []
    original = SMTP.smtp_EHLO

    async def counted(self: SMTP, hostname: str) -> None:
        greeted.append(hostname)
        await original(self, hostname)

    monkeypatch.setattr(SMTP, "smtp_EHLO", counted)
    return greeted


def _answer_mail(monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    async def refuse(self: SMTP, arg: str | None) -> None:
        await self.push(answer)

    monkeypatch.setattr(SMTP, "smtp_MAIL", refuse)


@asynccontextmanager
async def _plain_relay(
    asked: list[str] | None = None, *, dsn: bool = False, offers: str = "", refuses: str = "?"
):
    """A relay that says little, line by line, and keeps what it was asked."""
    lines = asked if asked is not None else []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer):
            writer.write(b"220 relay\r\n")
            receiving = False
            while line := (await reader.readline()).decode().rstrip("\r\n"):
                lines.append(line)
                command = line[:4].upper()
                if command == "DATA":
                    receiving = True
                    writer.write(b"354 go\r\n")
                    await reader.readuntil(b"\r\n.\r\n")
                    writer.write(b"250 ok\r\n")
                elif command == "EHLO":
                    lines_out = ["relay", *(["DSN"] if dsn else []), *([offers] if offers else [])]
                    dashes = ["-"] * (len(lines_out) - 1) + [" "]
                    writer.writelines(
                        f"250{dash}{each}\r\n".encode()
                        for dash, each in zip(dashes, lines_out, strict=True)
                    )
                elif command == refuses:
                    writer.write(b"454 4.7.0 not now\r\n")
                else:
                    writer.write(b"221 bye\r\n" if command == "QUIT" else b"250 ok\r\n")
                    if command == "QUIT":
                        break
        assert receiving or not dsn

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield Server("127.0.0.1", port, "none")


async def test_a_relay_that_takes_less_is_not_sent_more(blobs: FileBlobs):
    asked: list[str] = []
    async with _plain_relay(asked, offers="SIZE 100") as server, sending(server, blobs) as sender:
        with pytest.raises(Undeliverable, match="the relay takes 100") as caught:
            await sender.send(outbound())
    assert caught.value.status == "5.3.4"
    assert not any(line.startswith("MAIL") for line in asked)


@pytest.mark.parametrize("offers", ["SIZE", "SIZE 0", "SIZE 10000000", "SIZE x"])
async def test_a_relay_without_a_limit_takes_all(blobs: FileBlobs, offers: str):
    asked: list[str] = []
    async with _plain_relay(asked, offers=offers) as server, sending(server, blobs) as sender:
        await sender.send(outbound())
    assert any(line.startswith("DATA") for line in asked)


async def test_a_relay_that_takes_starttls_back_gets_nothing(blobs: FileBlobs):
    """Offered, and then refused: what somebody in between would do."""
    asked: list[str] = []
    async with _plain_relay(asked, offers="STARTTLS", refuses="STAR") as server:
        strict = replace(server, protection="starttls", user="ponte", password="segredo")
        async with sending(strict, blobs) as sender:
            with pytest.raises(Deferred) as caught:
                await sender.send(outbound())
    assert caught.value.cause == "no-tls"
    assert not any(line.startswith(("AUTH", "MAIL", "RCPT", "DATA")) for line in asked)


async def test_a_certificate_of_another_name_is_refused(
    tmp_path: Path, blobs: FileBlobs, monkeypatch: pytest.MonkeyPatch
):
    peer = double.Relay(starttls=tmp_path, name="outra.example")
    peer.start()
    monkeypatch.setenv("SSL_CERT_FILE", str(peer.certificate))
    strict = replace(parse_server(peer.url), host="localhost", protection="starttls")
    try:
        async with sending(strict, blobs) as sender:
            with pytest.raises(Deferred, match="certificate"):
                await sender.send(outbound())
        assert peer.handed == []
    finally:
        peer.close()
