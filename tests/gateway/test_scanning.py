"""Malware is found where bytes come in: forms, API, chat, mail; and nothing passes unlooked at."""

import asyncio
import base64
from dataclasses import replace

import pytest

from channels.bot.events import FileRejected
from channels.bot.files import judge
from channels.kit import Kit
from gateway import appliers, scanning
from gateway.api import uploads
from gateway.api.bodies import Upload
from gateway.blobs import FileBlobs
from gateway.work import Work
from helpdesk import inbound
from helpdesk.arrivals import Arrival
from helpdesk.border import File, HoldReason, Inbound
from helpdesk.errors import Deferred, Invalid
from helpdesk.inbound import Stored
from helpdesk.models import Held, InboundRaw, Ticket
from helpdesk.policy import Policy
from tests.doubles.clamd import EICAR, Clamd
from tests.gateway.kits import Clock, make_kit
from tests.helpdesk.factories import CLINIC, NOW, know, mail, make_provider

NOBODY = "127.0.0.1:1"
PDF = b"%PDF-1.4 "


@pytest.fixture
def kit(work: Work, blobs: FileBlobs, policy: Policy) -> Kit:
    work.write_now(lambda session: know(session, make_provider(session), CLINIC))
    return make_kit(work, blobs, policy, Clock(NOW))


def test_it_names_what_it_finds_and_takes_nothing_for_clean_unasked():
    with Clamd() as clamd:
        scan = scanning.scanner(clamd.address)
        assert scan(PDF + EICAR) == "Eicar-Test-Signature"
        assert scan(PDF + b"x" * (3 * scanning.PIECE)) == ""
        assert scan(b"") == ""
        assert "ClamAV" in scanning.version(clamd.address)
    with pytest.raises(Deferred):
        scanning.scanner(NOBODY)(PDF)
    assert scanning.scanner(None)(EICAR) == ""


def test_a_program_is_refused_a_file_with_malware(kit: Kit):
    with Clamd() as clamd:
        scanned = replace(kit, scan=scanning.scanner(clamd.address))
        body = [Upload("a.pdf", "application/pdf", base64.b64encode(PDF + EICAR).decode())]
        with pytest.raises(Invalid) as refused:
            asyncio.run(uploads.files(scanned, body))
    (error,) = refused.value.errors
    assert error.code == "infected"
    assert list(kit.blobs.keys()) == []


def test_a_chat_is_refused_it_too(kit: Kit):
    with Clamd() as clamd:
        scanned = replace(kit, scan=scanning.scanner(clamd.address))
        bad = asyncio.run(judge(scanned, "a.pdf", None, PDF + EICAR))
        good = asyncio.run(judge(scanned, "a.pdf", None, PDF))
    later = asyncio.run(judge(replace(kit, scan=scanning.scanner(NOBODY)), "a.pdf", None, PDF))
    assert isinstance(bad, FileRejected)
    assert bad.code == "infected"
    assert isinstance(good, File)
    assert isinstance(later, FileRejected)
    assert later.code == "unavailable"


def test_a_mail_with_malware_waits_for_a_person_and_others_go_on(kit: Kit, work: Work):
    def understand(row: InboundRaw, _: bytes) -> Inbound:
        return mail(CLINIC, raw_id=row.id, content=row.arrival)

    for name, data in (("bad", PDF + EICAR), ("good", PDF)):
        stored = Stored(Arrival(f"smtp:{name}", b"", NOW), kit.blobs.put(data), len(data), name)
        work.write_now(inbound.store, [stored], NOW)
    down = replace(kit, scan=scanning.scanner(NOBODY))
    assert asyncio.run(appliers.apply_once(down, understand)) == 2
    states = [row.state for row in work.read_now(lambda s: list(s.query(InboundRaw)))]
    assert states == ["waiting", "waiting"]
    work.write_now(inbound.release)
    with Clamd() as clamd:
        scanned = replace(kit, scan=scanning.scanner(clamd.address))
        while asyncio.run(appliers.apply_once(scanned, understand)):
            pass
    (held,) = work.read_now(lambda s: list(s.query(Held)))
    assert held.reason == HoldReason.UNREADABLE
    assert held.detail == "infected: Eicar-Test-Signature"
    assert len(work.read_now(lambda s: list(s.query(Ticket)))) == 1
