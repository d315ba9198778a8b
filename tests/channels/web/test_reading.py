"""One contact: what its provider sees, and that nobody else sees anything."""

import pytest

from channels.web import agenda
from helpdesk import tickets
from helpdesk.border import File
from helpdesk.models import Attachment, Message, Ticket
from tests.channels.web.conftest import BRUNO, LUCIANA, OWN, Portal, Visit

PDF = b"%PDF-1.4 recibo"


def test_the_conversation_shows_who_said_what(portal: Portal, visit: Visit) -> None:
    files: tuple[File, ...] = (portal.store("recibo.pdf", PDF),)
    receipt = portal.open(title="Glosa <b>", files=files)
    portal.do(tickets.reply, receipt.number, "Veja https://op.example/x.")
    portal.do(tickets.note, receipt.number, "segredo da casa")
    visit.enter()
    for ref in (str(receipt.protocol), f"n{receipt.number}"):
        page = visit.get(f"/fale-conosco/{ref}").text
        assert "Glosa &lt;b&gt;" in page
        assert "<b>Você</b>" in page
        assert "<b>Ana Souza</b>" in page
        assert "recibo.pdf" in page
        assert "segredo da casa" not in page
        assert "Respondido ao prestador, esperando você" in page
        assert f"/fale-conosco/{receipt.protocol}/complementar" in page


def test_a_download_is_saved_and_never_shown(portal: Portal, visit: Visit) -> None:
    portal.open(files=(portal.store("laudo ção.pdf", PDF),))
    (attachment,) = portal.all(Attachment)
    visit.enter()
    answer = visit.get(f"/fale-conosco/anexos/{attachment.public_id}")
    assert answer.content == PDF
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert "laudo%20%C3%A7%C3%A3o.pdf" in answer.headers["content-disposition"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    portal.set(Attachment, attachment.id, content_type="text/html")
    answer = visit.get(f"/fale-conosco/anexos/{attachment.public_id}")
    assert answer.headers["content-type"] == "application/octet-stream"


@pytest.mark.parametrize("internal", [Attachment, Message])
def test_what_is_not_for_the_provider_is_not_there(
    portal: Portal, visit: Visit, internal: type[Attachment] | type[Message]
) -> None:
    receipt = portal.open(files=(portal.store("recibo.pdf", PDF),))
    (attachment,), (row,) = portal.all(Attachment), portal.all(internal)
    portal.set(internal, row.id, audience="internal")
    visit.enter()
    page = visit.get(f"/fale-conosco/{receipt.protocol}")
    assert page.status_code == 200
    assert "recibo.pdf" not in page.text
    assert visit.get(f"/fale-conosco/anexos/{attachment.public_id}").status_code == 404


def test_a_secret_keeps_out_agents_not_the_provider_who_wrote_it(
    portal: Portal, visit: Visit
) -> None:
    receipt = portal.open(files=(portal.store("recibo.pdf", PDF),))
    (message,) = portal.all(Message)
    portal.set(Message, message.id, secret_group="juridico")
    visit.enter()
    assert "recibo.pdf" in visit.get(f"/fale-conosco/{receipt.protocol}").text


@pytest.mark.parametrize("stranger", [BRUNO, OWN])
def test_to_a_stranger_nothing_exists(portal: Portal, visit: Visit, stranger: str) -> None:
    """Every route of a contact answers a stranger as it answers for a number nobody was given."""
    receipt = portal.open(LUCIANA, files=(portal.store("recibo.pdf", PDF),))
    portal.do(tickets.reply, receipt.number, "Mande o recibo.")
    (attachment,) = portal.all(Attachment)
    visit.enter(stranger)
    visit.get("/fale-conosco/novo")
    hidden = visit.hidden()
    for ref, nobody in ((str(receipt.protocol), "9" * 20), (f"n{receipt.number}", "n999")):
        for path, query in (("", ""), ("", "?confirmado=1"), ("/retorno.ics", "")):
            there = visit.get(f"/fale-conosco/{ref}{path}{query}")
            nowhere = visit.get(f"/fale-conosco/{nobody}{path}{query}")
            assert there.status_code == nowhere.status_code == 404
            assert there.content == nowhere.content
        for path in ("/complementar", "/lida"):
            there = visit.post(f"/fale-conosco/{ref}{path}", {**hidden, "text": "oi"})
            nowhere = visit.post(f"/fale-conosco/{nobody}{path}", {**hidden, "text": "oi"})
            assert there.status_code == nowhere.status_code == 404
            assert there.content == nowhere.content
    there = visit.get(f"/fale-conosco/anexos/{attachment.public_id}")
    nowhere = visit.get(f"/fale-conosco/anexos/{'0' * 32}")
    assert there.status_code == nowhere.status_code == 404
    assert there.content == nowhere.content
    assert len(portal.all(Message, Message.kind == "complement")) == 0


def test_without_a_log_in_every_page_is_the_door(portal: Portal, visit: Visit) -> None:
    receipt = portal.open(files=(portal.store("recibo.pdf", PDF),))
    (attachment,) = portal.all(Attachment)
    for path in (
        "",
        "/novo",
        f"/{receipt.protocol}",
        f"/{receipt.protocol}/retorno.ics",
        f"/anexos/{attachment.public_id}",
    ):
        answer = visit.get(f"/fale-conosco{path}")
        assert answer.status_code == 303
        assert answer.headers["location"] == f"/?voltar=/fale-conosco{path}"
    visit.get("/")
    assert visit.post(f"/fale-conosco/{receipt.protocol}/lida").status_code == 303
    assert visit.post("/prestador", {"provider": "1"}).status_code == 303


@pytest.mark.parametrize(
    "ref", ["n", "n0", "nx", "n99999999999999999999", "%00", "ação", "x" * 300]
)
def test_a_reference_that_is_none_is_not_found(portal: Portal, visit: Visit, ref: str) -> None:
    visit.enter()
    assert visit.get(f"/fale-conosco/{ref}").status_code == 404
    assert visit.get(f"/fale-conosco/anexos/{ref}").status_code == 404


def test_a_joined_contact_says_where_it_goes_on(portal: Portal, visit: Visit, other: Visit) -> None:
    joined, target = portal.open(OWN), portal.open(LUCIANA)
    portal.set(Ticket, joined.number, merged_into=target.number)
    visit.enter(LUCIANA)
    page = visit.get(f"/fale-conosco/{joined.protocol}").text
    assert f'href="/fale-conosco/{target.protocol}"' in page
    assert "<textarea" not in page
    other.enter(OWN)
    page = other.get(f"/fale-conosco/{joined.protocol}").text
    assert "continua em outro contato" in page
    assert str(target.protocol) not in page


def test_a_contact_without_protocol_has_its_number(portal: Portal, visit: Visit) -> None:
    receipt = portal.open()
    portal.set(Ticket, receipt.number, protocol=None)
    visit.enter()
    page = visit.get(f"/fale-conosco/n{receipt.number}", confirmado="1").text
    assert "Número do seu contato" in page
    page = visit.get("/fale-conosco").text
    assert f'href="/fale-conosco/n{receipt.number}"' in page
    assert f"Chamado {receipt.number}" in page


def test_the_calendar_entry_names_the_protocol_alone(portal: Portal, visit: Visit) -> None:
    receipt = portal.open(title="Laudo da paciente Maria")
    visit.enter()
    answer = visit.get(f"/fale-conosco/{receipt.protocol}/retorno.ics")
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    text = answer.text.replace("\r\n ", "")
    assert "Maria" not in text
    assert f"SUMMARY:Retorno do protocolo {receipt.protocol}\r\n" in text
    assert "DTSTART:20261224T210000Z\r\n" in text
    assert text.startswith("BEGIN:VCALENDAR\r\n")
    assert text.endswith("END:VCALENDAR\r\n")


def test_long_calendar_lines_are_folded_between_letters() -> None:
    lines = agenda.folded("SUMMARY:" + "ção" * 60 + "\nEND:X").split(b"\r\n")
    assert all(len(line) <= 75 for line in lines)
    assert b"".join(lines).decode().replace(" ", "") == "SUMMARY:" + "ção" * 60 + "END:X"
