import asyncio
import contextlib
import smtplib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from channels.mail.smtpd import Limits, serve_smtp
from helpdesk.tokens import BOUNCE, Keyring, reply_address
from tests.channels.mail.conftest import Store, clock

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


@pytest.mark.parametrize(
    "end", [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n\0.\r\n", b"\r.\r\n", b" .\r\n"]
)
async def test_only_a_dot_between_whole_line_ends_ends_a_message(store: Store, end: bytes):
    """SMTP smuggling: what another server reads as the end must not be one here."""
    smuggled = b"a" + end + b"MAIL FROM:<falso@x.example>\r\n"
    async with listening(store) as port, greeted(port) as client:
        await client.begin(FALE)
        await client.say("DATA")
        assert (await client.say(smuggled + b".")).startswith("250")
    # A dot that begins a line is transport's, whatever follows it.
    assert store.raws() == [smuggled.replace(b"\r\n.", b"\r\n")]


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
