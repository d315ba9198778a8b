import asyncio
import contextlib
import smtplib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from channels.mail.addresses import Addresses
from channels.mail.arrivals import Doorstep
from channels.mail.smtp_limits import Limits
from channels.mail.smtpd import serve_smtp
from gateway.blobs import FileBlobs
from gateway.work import Work
from helpdesk.models import Base
from helpdesk.reply_addresses import reply_address
from helpdesk.tokens import BOUNCE, Keyring
from tests.channels.mail.conftest import MAILBOXES, TEMPLATE, Store, clock
from tests.doubles.postgres import Postgres

RING = Keyring([b"x" * 32])
RAW = b"From: Ana <ana@clinica.example>\r\nTo: fale@ponte.example\r\nSubject: Guia\r\n\r\n.Oi\r\n..\r\n"
FALE = "fale@ponte.example"
SMALL = Limits(message_size=2000)


@asynccontextmanager
async def listening(
    store: Store, listen: str = "127.0.0.1:0", *, lmtp: bool = False, limits: Limits | None = None
) -> AsyncIterator[int]:
    bound: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(
        serve_smtp(
            listen,
            store.doorstep,
            store.ours,
            clock,
            lmtp=lmtp,
            limits=limits,
            bound=lambda sockets: bound.set_result(
                0 if listen.startswith("unix:") else sockets[0].getsockname()[1]
            ),
        )
    )
    try:
        yield await bound
    finally:
        task.cancel()
        await asyncio.wait([task])


class Client:
    """Speaks line by line, to say what smtplib never would."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def answer(self) -> str:
        lines: list[str] = []
        while True:
            line = (await self.reader.readline()).decode().rstrip("\r\n")
            lines.append(line)
            if line[3:4] != "-":
                return "\n".join(lines)

    async def say(self, line: str | bytes) -> str:
        self.writer.write((line.encode() if isinstance(line, str) else line) + b"\r\n")
        return await self.answer()

    async def begin(self, *recipients: str, hello: str = "EHLO") -> None:
        assert (await self.say(f"{hello} mta.example")).startswith("250")
        assert (await self.say("MAIL FROM:<ana@clinica.example>")).startswith("250")
        for recipient in recipients:
            assert (await self.say(f"RCPT TO:<{recipient}>")).startswith("250")

    async def hung_up(self) -> bool:
        return await self.reader.read() == b""


@asynccontextmanager
async def talking(port: int) -> AsyncIterator[Client]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    client = Client(reader, writer)
    try:
        yield client
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


@asynccontextmanager
async def greeted(port: int) -> AsyncIterator[Client]:
    async with talking(port) as client:
        assert (await client.answer()).startswith("220")
        yield client


def submit(port: int, raw: bytes = RAW, to: str = FALE, sender: str = "ana@clinica.example"):
    with smtplib.SMTP("127.0.0.1", port) as smtp:
        return smtp.sendmail(sender, [to], raw)


async def test_a_message_is_stored_before_its_250(store: Store):
    async with listening(store) as port:
        await asyncio.to_thread(submit, port)
    (row,) = store.rows()
    assert store.raws() == [RAW]
    assert row.arrival.startswith("smtp:")
    assert (row.mailbox, row.envelope_from, row.recipients) == (FALE, "ana@clinica.example", [FALE])


@pytest.mark.parametrize(
    "address",
    [
        "FALE@PONTE.EXAMPLE",
        "central@ponte.example",
        reply_address(FALE, RING.reply_token(1, 2)),
        reply_address(FALE, BOUNCE + RING.bounce_token(3)),
    ],
)
async def test_our_addresses_are_taken(store: Store, address: str):
    async with listening(store) as port:
        await asyncio.to_thread(submit, port, RAW, address)
    assert store.rows()[0].recipients == [address]


async def test_a_report_with_the_null_sender_is_taken(store: Store):
    async with listening(store) as port:
        await asyncio.to_thread(submit, port, RAW, FALE, "")
    assert store.rows()[0].envelope_from == ""


@pytest.mark.parametrize("address", ["outra@ponte.example", "fale@alheio.example", "fale"])
async def test_other_peoples_addresses_are_refused(store: Store, address: str):
    async with listening(store) as port, greeted(port) as client:
        await client.begin()
        assert (await client.say(f"RCPT TO:<{address}>")).startswith("550 5.1.1 No such mailbox")
        assert (await client.say("DATA")).startswith("503")


async def test_addresses_in_utf8_are_taken_and_bytes_that_are_none_refused(store: Store):
    async with listening(store) as port, greeted(port) as client:
        await client.say("EHLO x")
        answer = await client.say("MAIL FROM:<josé@clinica.example> SMTPUTF8".encode())
        assert answer.startswith("250")
        assert (await client.say(f"RCPT TO:<{FALE}>")).startswith("250")
        assert (await client.say("DATA")).startswith("354")
        assert (await client.say(b"Subject: x\r\n\r\nx\r\n.")).startswith("250")
        assert (await client.say(b"MAIL FROM:<jos\xe9@clinica.example>")).startswith("553")
    assert store.rows()[0].envelope_from == "josé@clinica.example"


async def test_too_many_recipients_are_put_off(store: Store):
    async with listening(store) as port, greeted(port) as client:
        await client.begin(*[FALE] * 100)
        assert (await client.say(f"RCPT TO:<{FALE}>")).startswith("452 4.5.3")


async def test_when_storing_fails_the_sender_is_told_to_try_again(store: Store, tmp_path: Path):
    async with listening(store) as port, greeted(port) as client:
        (tmp_path / "blobs" / "tmp").rename(tmp_path / "gone")
        await client.begin(FALE)
        await client.say("DATA")
        assert (await client.say(RAW + b".")).startswith("451 4.3.0")
        (tmp_path / "gone").rename(tmp_path / "blobs" / "tmp")
        await client.begin(FALE)
        await client.say("DATA")
        assert (await client.say(RAW + b".")).startswith("250 2.0.0")
    assert len(store.rows()) == 1


async def test_what_is_too_large_is_refused_announced_or_not(store: Store):
    async with listening(store, limits=SMALL) as port, greeted(port) as client:
        assert "SIZE 2000" in await client.say("EHLO x")
        assert (await client.say("MAIL FROM:<a@b.example> SIZE=2001")).startswith("552")
        await client.begin(FALE)
        await client.say("DATA")
        assert (await client.say(b"x" * 70_000 + b"\r\n" + b"y" * 200_000 + b"\r\n.")).startswith(
            "552 5.3.4"
        )
        await client.begin(FALE)
        await client.say("DATA")
        assert (await client.say(b"x" * 1998 + b"\r\n.")).startswith("250")
        await client.begin(FALE)
        await client.say("DATA")
        assert (await client.say(b"x" * 1999 + b"\r\n.")).startswith("552 5.3.4")
    assert store.raws() == [b"x" * 1998 + b"\r\n"]


async def test_memory_for_what_is_arriving_is_bounded(store: Store):
    tight = Limits(buffered=100_000)
    async with listening(store, limits=tight) as port, greeted(port) as client:
        await client.begin(FALE)
        await client.say("DATA")
        assert (await client.say(b"x" * 300_000 + b"\r\n.")).startswith("452 4.3.1")
        await client.begin(FALE)
        await client.say("DATA")
        assert (await client.say(RAW + b".")).startswith("250")


async def test_a_line_of_100_kb_is_taken_as_it_is(store: Store):
    raw = b"Subject: x\r\n\r\n" + b"y" * 100_000 + b"\r\n"
    async with listening(store) as port, greeted(port) as client:
        await client.begin(FALE)
        await client.say("DATA")
        assert (await client.say(raw + b".")).startswith("250")
    assert store.raws() == [raw]


async def test_an_empty_message_is_taken(store: Store):
    async with listening(store) as port, greeted(port) as client:
        await client.begin(FALE)
        await client.say("DATA")
        assert (await client.say(b".")).startswith("250")
    assert store.raws() == [b""]


LINE_ENDS = [
    b"",
    b"\r\n",
    b"\n",
    b"\r",
    b"\n\r",
    b"\r\r\n",
    b"\0\r\n",
    b"\r\0\n",
    b"\r\n\0",
    b"\n\0",
]
SMUGGLING = [
    before + b"." + after
    for before in LINE_ENDS[1:]
    for after in LINE_ENDS[1:]
    if b"\r\n.\r\n" not in before + b"." + after
]
STOLEN = (
    b"MAIL FROM:<falso@x.example>\r\nRCPT TO:<fale@ponte.example>\r\nDATA\r\nSubject: falso\r\n"
)


@pytest.mark.parametrize("end", SMUGGLING)
async def test_what_another_server_reads_as_the_end_is_none_here_and_is_refused(
    store: Store, end: bytes
):
    """SMTP smuggling: the message behind it never becomes one."""
    async with listening(store) as port, greeted(port) as client:
        await client.begin(FALE)
        await client.say("DATA")
        answer = await client.say(b"Subject: a\r\n\r\na" + end + STOLEN + b".")
        assert answer.startswith("550 5.6.0")
        assert (await client.say("NOOP")).startswith("250")
    assert store.rows() == []


@pytest.mark.parametrize("start", [b".\n", b".\r", b".\0\r\n"])
async def test_nor_does_a_message_begin_with_such_an_end(store: Store, start: bytes):
    async with listening(store) as port, greeted(port) as client:
        await client.begin(FALE)
        await client.say("DATA")
        assert (await client.say(start + STOLEN + b".")).startswith("550 5.6.0")
    assert store.rows() == []


@pytest.mark.parametrize("text", [b" .\r\nb", b"a.\nb", b"\r\n..\nb", b"\n.b\n", b"\0a\r\nb"])
async def test_dots_and_odd_bytes_that_end_nothing_are_kept(store: Store, text: bytes):
    async with listening(store) as port, greeted(port) as client:
        await client.begin(FALE)
        await client.say("DATA")
        assert (await client.say(b"a" + text + b"\r\n.")).startswith("250")
    assert store.raws() == [b"a" + text.replace(b"\r\n.", b"\r\n") + b"\r\n"]


async def test_dots_doubled_for_transport_are_undone(store: Store):
    async with listening(store) as port, greeted(port) as client:
        await client.begin(FALE)
        await client.say("DATA")
        assert (await client.say(b"..a\r\n...\r\nb.\r\n..\r\n.")).startswith("250")
    assert store.raws() == [b".a\r\n..\r\nb.\r\n.\r\n"]


async def test_lmtp_answers_for_each_recipient(store: Store):
    async with listening(store, lmtp=True, limits=SMALL) as port, greeted(port) as client:
        assert (await client.say("EHLO x")).startswith("500")
        await client.begin(FALE, "central@ponte.example", hello="LHLO")
        await client.say("DATA")
        assert (await client.say(RAW + b".")).startswith("250")
        assert (await client.answer()).startswith("250")
        await client.begin(FALE, "central@ponte.example", hello="LHLO")
        await client.say("DATA")
        assert (await client.say(b"x" * 9000 + b"\r\n.")).startswith("552")
        assert (await client.answer()).startswith("552")
    assert store.rows()[0].recipients == [FALE, "central@ponte.example"]


async def test_lmtp_listens_on_a_unix_socket(store: Store, tmp_path: Path):
    path = tmp_path / "lmtp.sock"
    path.touch()  # as a process that was killed leaves it
    async with listening(store, f"unix:{path}", lmtp=True):

        def deliver():
            with smtplib.LMTP(str(path)) as lmtp:
                return lmtp.sendmail("ana@clinica.example", [FALE], RAW)

        assert await asyncio.to_thread(deliver) == {}
    assert store.raws() == [RAW]


#: nobody is trusted for being on this machine
WARY: Any = {"trusted": ()}


async def test_one_connection_too_many_is_asked_to_come_back(store: Store):
    async with listening(store, limits=Limits(connections=1)) as port, greeted(port) as first:
        async with talking(port) as second:
            assert (await second.answer()).startswith("421 4.7.0")
            assert await second.hung_up()
        assert (await first.say("NOOP")).startswith("250")
    async with listening(store, limits=Limits(connections=1)) as port:
        async with greeted(port):
            pass
        async with greeted(port) as again:
            assert (await again.say("NOOP")).startswith("250")


async def test_one_client_may_not_take_all_connections(store: Store):
    wary = Limits(connections_each=1, **WARY)
    async with listening(store, limits=wary) as port, greeted(port), talking(port) as second:
        assert (await second.answer()).startswith("421 4.7.0 Too many connections")
    trusting = Limits(connections_each=1)
    async with listening(store, limits=trusting) as port, greeted(port), greeted(port):
        pass


async def test_a_client_that_sends_too_much_in_a_minute_is_put_off(store: Store):
    wary = Limits(messages_a_minute=2, **WARY)
    async with listening(store, limits=wary) as port, greeted(port) as client:
        for _ in range(2):
            await client.begin(FALE)
            await client.say("DATA")
            assert (await client.say(RAW + b".")).startswith("250")
        assert (await client.say("MAIL FROM:<ana@clinica.example>")).startswith("450 4.7.1")
    assert len(store.rows()) == 2


async def test_who_is_refused_too_often_is_hung_up_on(store: Store):
    async with listening(store, limits=Limits(errors=3, **WARY)) as port, greeted(port) as client:
        await client.begin()
        for n in range(3):
            assert (await client.say(f"RCPT TO:<alguem{n}@ponte.example>")).startswith("550")
        assert (await client.answer()).startswith("421 4.7.0 Too many errors")
        assert await client.hung_up()


async def test_a_message_that_drips_in_is_ended(store: Store):
    slow = Limits(longest=0.3)
    async with listening(store, limits=slow) as port, greeted(port) as client:
        await client.begin(FALE)
        assert (await client.say("DATA")).startswith("354")
        client.writer.write(b"Subject: devagar\r\n")
        assert (await client.answer()).startswith("421 4.4.2")
        assert await client.hung_up()
    assert store.rows() == []


async def test_a_full_disk_puts_mail_off_announced_or_not(store: Store):
    free = [1_000_000]

    def has_room(octets: int) -> bool:
        return free[0] >= octets

    narrow = Doorstep(store.work, store.blobs, store.ours, clock, has_room)
    tight = replace(store, doorstep=narrow)
    async with listening(tight) as port, greeted(port) as client:
        await client.say("EHLO x")
        answer = await client.say("MAIL FROM:<ana@clinica.example> SIZE=2000000")
        assert answer.startswith("452 4.3.1")
        await client.begin(FALE)
        await client.say("DATA")
        free[0] = 10
        assert (await client.say(RAW + b".")).startswith("452 4.3.1")
        free[0] = 1_000_000
        await client.begin(FALE)
        await client.say("DATA")
        assert (await client.say(RAW + b".")).startswith("250")
    assert len(store.rows()) == 1


async def test_commands_that_come_together_are_answered_one_by_one(store: Store):
    async with listening(store) as port, greeted(port) as client:
        assert "PIPELINING" in await client.say("EHLO x")
        together = (
            b"MAIL FROM:<ana@clinica.example> BODY=8BITMIME\r\n"
            b"RCPT TO:<estranha@ponte.example>\r\nRCPT TO:<fale@ponte.example>\r\nDATA"
        )
        answers = [await client.say(together), *[await client.answer() for _ in range(3)]]
        assert [answer[:3] for answer in answers] == ["250", "550", "250", "354"]
        assert (await client.say("Subject: ação\r\n\r\nção\r\n.")).startswith("250")
    assert store.raws() == ["Subject: ação\r\n\r\nção\r\n".encode()]


async def test_what_helps_only_spies_is_not_offered(store: Store):
    async with listening(store) as port, talking(port) as client:
        greeting = await client.answer()
        assert greeting.endswith(" Ponte")
        assert "aiosmtpd" not in greeting.lower()
        offers = await client.say("EHLO x")
        for name in ("VRFY", "EXPN", "XCLIENT", "AUTH", "STARTTLS", "ETRN"):
            assert name not in offers
        for command in ("VRFY fale", "VRFY", "EXPN lista", "XCLIENT ADDR=1.2.3.4"):
            assert (await client.say(command))[:3] in {"500", "502"}


async def test_lmtp_keeps_who_is_known_beside_who_is_not(store: Store):
    async with listening(store, lmtp=True) as port, greeted(port) as client:
        await client.begin(FALE, hello="LHLO")
        assert (await client.say("RCPT TO:<ninguem@ponte.example>")).startswith("550 5.1.1")
        assert (await client.say("RCPT TO:<central@ponte.example>")).startswith("250")
        await client.say("DATA")
        assert (await client.say(RAW + b".")).startswith("250")
        assert (await client.answer()).startswith("250")
        assert (await client.say("NOOP")).startswith("250")
    assert store.rows()[0].recipients == [FALE, "central@ponte.example"]


async def test_a_message_without_a_sender_or_with_nul_is_taken(store: Store):
    raw = b"Subject: \0 nada\r\n\r\n\0\r\n"
    async with listening(store) as port, greeted(port) as client:
        await client.begin(FALE)
        await client.say("DATA")
        assert (await client.say(raw + b".")).startswith("250")
    assert store.raws() == [raw]


@pytest.mark.slow
async def test_a_database_that_is_away_keeps_the_message_with_the_sender(tmp_path: Path):
    cluster = Postgres()
    cluster.start()
    work = Work(cluster.create())
    try:
        Base.metadata.create_all(work.engine)
        blobs, ours = FileBlobs(tmp_path / "blobs"), Addresses(MAILBOXES, TEMPLATE)
        store = Store(work, blobs, ours, Doorstep(work, blobs, ours, clock))
        async with listening(store) as port, greeted(port) as client:
            await asyncio.to_thread(cluster.stop)
            await client.begin(FALE)
            await client.say("DATA")
            assert (await client.say(RAW + b".")).startswith("451 4.3.0")
            await asyncio.to_thread(cluster.start)
            await client.begin(FALE)
            await client.say("DATA")
            assert (await client.say(RAW + b".")).startswith("250")
        assert len(store.rows()) == 1
    finally:
        work.close()
        cluster.stop()
        cluster.remove()


async def test_silence_is_hung_up_on(store: Store):
    async with listening(store, limits=Limits(idle=0.2)) as port, greeted(port) as client:
        assert await client.hung_up()


async def test_stopping_finishes_what_has_begun_and_dismisses_the_rest(store: Store):
    async with contextlib.AsyncExitStack() as stack:
        bound: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(
            serve_smtp(
                "127.0.0.1:0",
                store.doorstep,
                store.ours,
                clock,
                bound=lambda sockets: bound.set_result(sockets[0].getsockname()[1]),
            )
        )
        port = await bound
        idle = await stack.enter_async_context(greeted(port))
        busy = await stack.enter_async_context(greeted(port))
        await busy.begin(FALE)
        await busy.say("DATA")
        task.cancel()
        assert (await idle.answer()).startswith("421 4.3.2")
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port))
        assert (await busy.say(b"Subject: x\r\n\r\nx\r\n.")).startswith("250")
        assert (await busy.answer()).startswith("421 4.3.2")
        await asyncio.wait([task])
    assert store.raws() == [b"Subject: x\r\n\r\nx\r\n"]


async def test_a_client_that_leaves_in_the_middle_stores_nothing(store: Store):
    async with listening(store) as port:
        async with greeted(port) as client:
            await client.begin(FALE)
            await client.say("DATA")
            client.writer.write(b"Subject: metade\r\n")
        await asyncio.to_thread(submit, port)
    assert store.raws() == [RAW]


async def test_data_takes_no_argument_and_needs_a_greeting(store: Store):
    async with listening(store) as port, greeted(port) as client:
        assert (await client.say("DATA")).startswith("503")
        await client.begin(FALE)
        assert (await client.say("DATA agora")).startswith("501")
