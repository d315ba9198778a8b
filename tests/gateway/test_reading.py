"""Reading attachments for the search: what is read, what is refused, and that nobody is harmed."""

import asyncio
import io
import sys
import zlib

import pytest
from fpdf import FPDF
from pypdf import PdfReader, PdfWriter
from sqlalchemy import select
from sqlalchemy.orm import Session

from channels.kit import Kit
from gateway import extracting, reading
from gateway.blobs import FileBlobs
from gateway.extracting import UnreadableError
from gateway.reading import Answer
from gateway.work import Work
from helpdesk import attachment_texts, search
from helpdesk.border import SYSTEM, File
from helpdesk.models import Attachment
from helpdesk.policy import Policy
from tests.gateway.kits import Clock, make_kit
from tests.helpdesk.factories import NOW, make_agent, make_provider, make_ticket


def pdf(*pages: str) -> bytes:
    made = FPDF()
    made.set_font("helvetica", size=12)
    for said in pages:
        made.add_page()
        if said:
            made.cell(text=said)
    return bytes(made.output())


def encrypted(data: bytes, password: str) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(data)))
    writer.encrypt(password, algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def bomb() -> bytes:
    """A page whose content is four hundred megabytes of blanks, in four hundred kilobytes."""
    stream = zlib.compress(b" " * 400_000_000, 9)
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /Contents 4 0 R /MediaBox [0 0 9 9] >>",
        b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(stream), stream),
    )
    out = b"%PDF-1.4\n"
    places: list[int] = []
    for n, content in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (n, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer << /Root 1 0 R /Size 5 >>\nstartxref\n%d\n%%%%EOF" % len(out)
    return out + b"xref\n0 5\n0000000000 65535 f \n" + table + end


def laughs() -> bytes:
    """Entities of entities: a thousand million words, should anybody expand them."""
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return f'<!DOCTYPE a [<!ENTITY l0 "ha">{levels}]><a>palavra &l9;</a>'.encode()


LOOP = (
    b"%PDF-1.4\n1 0 obj << /Type /Catalog /Pages 1 0 R /Kids [1 0 R] /Count 1 >> endobj"
    b" trailer << /Root 1 0 R >>"
)
SAID = {
    "pdf": (pdf("Glosa da guia 4711", "Autorização"), "Glosa da guia 4711 Autorização"),
    "locked without a password": (encrypted(pdf("Glosa 4711"), ""), "Glosa 4711"),
    "xml": (
        '<?xml version="1.0" encoding="iso-8859-1"?><guia numero="0099"><t>Á B</t></guia>'.encode(
            "latin-1"
        ),
        "0099 Á B",
    ),
    "broken xml": ("<a><b>Olá <i>mundo</b>".encode(), "Olá mundo"),
    "html": (b"<html><style>x { y }</style><p>oi<script>z()</script></p>", "oi"),
    "entities": (laughs(), "]> palavra &l9;"),
    "a file elsewhere": (
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>corpo &x;</a>',
        "]> corpo &x;",
    ),
    "text": ("ação".encode("cp1252"), "ação"),
    "text with a mark": ("\ufeffação".encode(), "ação"),
    "sixteen bits": ("ação".encode("utf-16"), "ação"),
    "nothing": (b"", ""),
}
REFUSED = {
    "a password": (encrypted(pdf("Glosa"), "segredo"), "encrypted"),
    "cut off": (pdf("Glosa")[:200], "broken"),
    "its own page": (LOOP, "broken"),
    "pictures only": (pdf(""), "no_text"),
    "no text": (b"PK\x03\x04\0\0\0\0", "not_text"),
}


@pytest.mark.parametrize("name", SAID)
def test_what_is_read(name: str):
    data, said = SAID[name]
    assert " ".join(extracting.text_of(data).split()) == said


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name: str):
    data, why = REFUSED[name]
    answer = asyncio.run(reading.extract(data))
    assert answer == Answer(error=why)


def test_a_text_ends_somewhere(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(extracting, "MOST_TEXT", 20)
    for data in (pdf("uma glosa", "outra glosa", "mais uma"), b"a" * 50, b"<a>" + b"b " * 50):
        assert 0 < len(extracting.text_of(data)) <= 20


def test_a_picture_of_a_page_has_no_words():
    with pytest.raises(UnreadableError):
        extracting.text_of(pdf(""))


@pytest.mark.slow
def test_a_bomb_harms_nobody():
    answer = asyncio.run(reading.extract(bomb()))
    assert answer.text == ""
    assert answer.error in {"no_text", "too_big", "too_long", "broken"}


def child(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


ENDS = {
    "takes long": (child("while True: pass"), 1.0, Answer(error="too_long")),
    "is killed": (
        child("import os; os.kill(os.getpid(), 9)"),
        60.0,
        Answer(error="too_long", chance=True),
    ),
    "spends its processor time": (
        child("import os, signal; os.kill(os.getpid(), signal.SIGXCPU)"),
        60.0,
        Answer(error="too_long"),
    ),
    "breaks down": (child("raise SystemExit(1)"), 60.0, Answer(error="crashed", chance=True)),
    "says nonsense": (child("print('[]')"), 60.0, Answer(error="crashed", chance=True)),
    "says too much": (
        child("print('a' * 30_000_000)"),
        60.0,
        Answer(error="too_long", chance=True),
    ),
    "knows no secrets": (
        child("import json, os; print(json.dumps({'text': ' '.join(os.environ)}))"),
        60.0,
        Answer(text="LC_CTYPE"),
    ),
}


@pytest.mark.parametrize("name", ENDS)
def test_a_child_that(name: str):
    command, seconds, expected = ENDS[name]
    # more than a pipe holds: the child need not read it
    assert asyncio.run(reading.extract(b"x" * 1_000_000, command, seconds)) == expected


@pytest.fixture
def kit(work: Work, blobs: FileBlobs, policy: Policy) -> Kit:
    return make_kit(work, blobs, policy, Clock(NOW))


def attach(kit: Kit, *files: tuple[str, bytes]) -> None:
    def write(session: Session) -> None:
        make_agent(session)
        stored = [
            File(name, "application/pdf", len(data), kit.blobs.put(data)) for name, data in files
        ]
        make_ticket(session, kit.policy, make_provider(session), files=tuple(stored))

    kit.work.write_now(write)


def states(kit: Kit) -> dict[str, tuple[str, str]]:
    columns = select(Attachment.filename, Attachment.text_state, Attachment.text_error)
    rows = kit.work.read_now(lambda session: session.execute(columns).all())
    return {name: (state, why) for name, state, why in rows}


async def test_attachments_are_read_one_after_the_other(kit: Kit):
    attach(kit, ("bom.pdf", pdf("Carambolas")), ("ruim.pdf", LOOP), ("nada.txt", b"glosa"))
    for _ in range(3):
        assert await reading.read_once(kit)
    assert not await reading.read_once(kit)
    assert states(kit) == {
        "bom.pdf": ("read", ""),
        "ruim.pdf": ("unread", "broken"),
        "nada.txt": ("read", ""),
    }
    assert kit.work.read_now(search.hits, SYSTEM, "carambola") == search.Hits([1], complete=True)


async def test_what_may_be_chance_is_tried_again_and_then_given_up(kit: Kit):
    attach(kit, ("fatal.pdf", pdf("x")))
    dies = child("import os; os.kill(os.getpid(), 9)")
    assert isinstance(kit.clock, Clock)
    for n in range(attachment_texts.MOST_ATTEMPTS):
        assert states(kit)["fatal.pdf"][0] == "waiting"
        assert await reading.read_once(kit, dies)
        assert not await reading.read_once(kit, dies), n
        kit.clock.advance(attachment_texts.PAUSE * 2)
    assert states(kit) == {"fatal.pdf": ("unread", "too_long")}


async def test_bytes_that_are_missing_or_too_many_are_said(
    kit: Kit, monkeypatch: pytest.MonkeyPatch
):
    attach(kit, ("some.pdf", pdf("x")))
    some = kit.work.read_now(lambda session: session.scalar(select(Attachment.sha256)))
    assert isinstance(kit.blobs, FileBlobs)
    kit.blobs.delete(some)
    assert await reading.read_once(kit)
    assert states(kit) == {"some.pdf": ("waiting", "missing")}
    attach_more = File("grande.pdf", "application/pdf", reading.MOST_READ + 1, "f" * 64)

    def write(session: Session) -> None:
        make_ticket(session, kit.policy, 1, files=(attach_more,))

    kit.work.write_now(write)
    assert await reading.read_once(kit)
    assert states(kit)["grande.pdf"] == ("unread", "too_big")


async def test_it_goes_on_until_it_is_stopped(kit: Kit):
    attach(kit, ("um.pdf", pdf("Carambolas")))
    idle = asyncio.Event()

    async def wait() -> None:
        idle.set()
        await asyncio.sleep(0)

    running = asyncio.create_task(reading.run(kit, wait))
    async with asyncio.timeout(60):
        await idle.wait()
    running.cancel()
    assert states(kit) == {"um.pdf": ("read", "")}
