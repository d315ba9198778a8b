"""What the operadora asked for, item by item, as the provider brings it."""

import json
from datetime import timedelta

import pytest

from helpdesk import closing, merging, pendency, tickets
from helpdesk.intake.checking import MOST_TEXT
from helpdesk.models import AskedItem, Attachment, Draft, Message, Status, Ticket
from tests.channels.web.conftest import AURORA, BRUNO, LUCIANA, Portal, Visit

PDF = b"%PDF-1.4 " + b"x" * 1000
ASKED = ("Guia assinada", "Relatório médico")
HERE = "/fale-conosco/n1"
SEND = f"{HERE}/complementar"

Files = list[tuple[str, tuple[str, bytes, str]]]


def slot(*files: tuple[str, str, bytes]) -> Files:
    return [(field, (name, data, "application/octet-stream")) for field, name, data in files]


def answered(portal: Portal) -> list[int | None]:
    items = sorted(portal.all(AskedItem), key=lambda item: item.id)
    return [item.answered_by for item in items]


def texts(portal: Portal, number: int = 1) -> list[str]:
    wanted = (Message.number == number, Message.kind == "complement")
    return [message.text for message in portal.all(Message, *wanted)]


@pytest.fixture
def luciana(portal: Portal, visit: Visit) -> Visit:
    """Asked for two items, and on the page."""
    portal.open()
    portal.do(tickets.pending, 1, body="Faltam dois.", ask=ASKED)
    visit.enter()
    visit.get(HERE)
    return visit


def test_files_in_their_places_need_no_text(portal: Portal, luciana: Visit) -> None:
    answer = luciana.post(SEND, files=slot(("item-1", "guia.pdf", PDF)))
    assert answer.status_code == 303
    assert texts(portal) == ["1. Guia assinada: guia.pdf"]
    message = max(each.id for each in portal.all(Message))
    assert answered(portal) == [message, None]
    page = luciana.follow().text
    assert "Recebido em 24/11/2026" in page
    assert 'name="item-1"' not in page
    assert 'name="item-2"' in page
    assert portal.all(Ticket)[0].waiting_on == "agent"


def test_a_tick_says_that_it_is_there(portal: Portal, luciana: Visit) -> None:
    answer = luciana.post(SEND, {"there": ["2"], "text": "Foi por e-mail."})
    assert answer.status_code == 303
    assert texts(portal) == [
        "Foi por e-mail.\n\n1. Relatório médico: já enviado ou respondido na mensagem"
    ]
    assert [by is None for by in answered(portal)] == [True, False]


def test_nothing_at_all_is_refused(portal: Portal, luciana: Visit) -> None:
    answer = luciana.post(SEND, {"text": " "})
    assert answer.status_code == 422
    assert "Escreva a mensagem" in answer.text
    assert answered(portal) == [None, None]


def test_a_refused_form_keeps_each_file_in_its_place(portal: Portal, luciana: Visit) -> None:
    files = slot(
        ("item-1", "guia.pdf", PDF), ("item-2", "x.exe", b"MZ"), ("attachments", "nota.pdf", PDF)
    )
    answer = luciana.post(SEND, {"there": "2"}, files=files)
    assert answer.status_code == 422
    assert 'href="#item-2"' in answer.text
    assert 'id="item-2-e"' in answer.text
    assert 'id="item-1-e"' not in answer.text
    assert 'id="anexos-e"' not in answer.text
    place, _, rest = answer.text.partition('id="item-2"')
    assert "guia.pdf" in place
    assert "nota.pdf" not in place
    assert "nota.pdf" in rest
    assert 'value="2" checked' in rest
    assert luciana.post(SEND, {"there": "2"}).status_code == 303
    assert texts(portal) == [
        "1. Guia assinada: guia.pdf\n2. Relatório médico: já enviado ou respondido na mensagem"
    ]
    assert {a.filename for a in portal.all(Attachment)} == {"guia.pdf", "nota.pdf"}


def test_one_file_in_two_places_is_taken_out_of_one(portal: Portal, luciana: Visit) -> None:
    files = slot(("item-1", "a.pdf", PDF), ("item-2", "a.pdf", PDF))
    luciana.post(SEND, {"text": "x" * 4001}, files=files)
    token = luciana.hidden()["kept_file"][0]
    luciana.post(SEND, {"remove": token})
    assert len(luciana.hidden()["kept_file"]) == 1
    assert luciana.post(SEND).status_code == 303
    assert [by is None for by in answered(portal)] == [True, False]


def test_sent_twice_it_is_one_message(portal: Portal, luciana: Visit) -> None:
    luciana.post(SEND, {"text": "x" * 4001}, files=slot(("item-1", "guia.pdf", PDF)))
    form = luciana.hidden()
    places = [luciana.post(SEND, form).headers["location"] for _ in range(2)]
    assert places[0] == places[1]
    assert len(texts(portal)) == 1


def test_what_came_meanwhile_is_not_lost(portal: Portal, luciana: Visit) -> None:
    portal.do(pendency.settle, 1, 1, there=True)
    assert luciana.post(SEND, files=slot(("item-1", "guia.pdf", PDF))).status_code == 303
    assert texts(portal) == ["1. Guia assinada: guia.pdf"]
    assert answered(portal) == [None, None]
    assert [a.filename for a in portal.all(Attachment)] == ["guia.pdf"]


@pytest.mark.parametrize("foreign", ["3", "999", "999999999999999999", "x", "-1", "1' OR 1"])
def test_an_item_of_somebody_else_is_none(portal: Portal, luciana: Visit, foreign: str) -> None:
    portal.open(BRUNO, AURORA)
    portal.do(tickets.pending, 2, ask=["Contrato"])
    luciana.get(HERE)
    files = slot((f"item-{foreign}", "guia.pdf", PDF))
    answer = luciana.post(SEND, {"there": foreign}, files=files)
    assert answer.status_code == 422
    assert "Contrato" not in answer.text
    assert luciana.post(SEND, {"there": foreign, "text": "Segue."}, files=files).status_code == 303
    assert texts(portal) == ["Segue."]
    assert answered(portal) == [None, None, None]


def test_a_wrong_file_for_an_unknown_item_is_said_at_the_attachments(
    portal: Portal, luciana: Visit
) -> None:
    answer = luciana.post(SEND, files=slot(("item-77", "x.exe", b"MZ")))
    assert 'href="#anexos"' in answer.text
    assert 'id="anexos-e"' in answer.text


def test_the_list_counts_what_is_missing(portal: Portal, luciana: Visit) -> None:
    assert "faltam 2 itens" in luciana.get("/fale-conosco").text
    portal.do(pendency.settle, 1, 2, there=True)
    assert "falta 1 item<" in luciana.get("/fale-conosco").text
    portal.do(closing.close, 1, status="EPR", body="Pago em 30/11.")
    assert "falta" not in luciana.get("/fale-conosco?situacao=todos").text
    assert "item-1" not in luciana.get(HERE).text


def test_a_draft_keeps_what_is_for_which_item(portal: Portal, luciana: Visit) -> None:
    luciana.post(SEND, {"text": "x" * 4001}, files=slot(("item-2", "laudo.pdf", PDF)))
    saved = luciana.client.post(
        "/fale-conosco/rascunho",
        data=luciana.hidden() | {"ref": "n1", "there": "1", "csrf": luciana.csrf},
    )
    assert saved.status_code == 204
    page = luciana.get(HERE).text
    assert "Recuperamos o que você tinha escrito" in page
    before, _, after = page.partition('id="item-2"')
    assert 'value="1" checked' in before
    assert "laudo.pdf" in after.partition('id="anexos"')[0]
    luciana.post(SEND, {"there": "1"})
    assert [by is None for by in answered(portal)] == [False, False]
    assert portal.all(Draft) == []


def test_a_session_that_ended_keeps_them_too(portal: Portal, luciana: Visit) -> None:
    portal.now += timedelta(hours=12)
    answer = luciana.post(
        SEND,
        {"there": "1"},
        files=slot(("item-2", "laudo.pdf", PDF), ("attachments", "b.pdf", PDF + b"%")),
    )
    assert answer.status_code == 303
    luciana.enter(back=HERE)
    page = luciana.follow().text
    assert "laudo.pdf" in page.partition('id="item-2"')[2].partition('id="anexos"')[0]
    luciana.post(SEND, {"there": "1"})
    assert [by is None for by in answered(portal)] == [False, False]


def test_the_same_bytes_for_two_items_go_back_to_each(portal: Portal, luciana: Visit) -> None:
    portal.now += timedelta(hours=12)
    files = slot(
        ("attachments", "solta.pdf", PDF),
        ("item-1", "guia.pdf", PDF),
        ("item-2", "laudo.pdf", PDF),
        ("item-1", "guia-2.pdf", PDF),
    )
    assert luciana.post(SEND, {"text": "Seguem."}, files=files).status_code == 303
    luciana.enter(back=HERE)
    page = luciana.follow().text
    first, _, rest = page.partition('id="item-1"')[2].partition('id="item-2"')
    second, _, others = rest.partition('id="anexos"')
    assert [name in first for name in ("guia.pdf", "guia-2.pdf", "laudo", "solta")] == [1, 1, 0, 0]
    assert [name in second for name in ("guia", "laudo.pdf", "solta")] == [0, 1, 0]
    assert "solta.pdf" in others


def test_a_stranger_browser_keeps_its_places_through_the_door(
    portal: Portal, luciana: Visit, other: Visit
) -> None:
    luciana.post(SEND, {"text": "x" * 4001}, files=slot(("item-2", "laudo.pdf", PDF)))
    form = luciana.hidden()
    other.get("/")
    sent = {"kept_file": form["kept_file"], "there": "1", "text": ""}
    assert other.post(SEND, sent).status_code == 401
    other.post("/", {"email": LUCIANA, "com": "senha"})
    other.post("/", {"email": LUCIANA, "password": "uma senha comprida"})
    (draft,) = portal.all(Draft)
    assert draft.fields["there"] == "1"
    assert json.dumps(draft.fields).count("item-2") == 1


@pytest.mark.parametrize("most", [1, 20])
def test_many_long_items_still_fit_a_message(portal: Portal, luciana: Visit, most: int) -> None:
    for n in range(2):
        ask = [f"{n}.{k} ".ljust(200, "x") for k in range(most)]
        portal.do(tickets.pending, 1, ask=ask)
    luciana.get(HERE)
    ids = [str(item.id) for item in portal.all(AskedItem)]
    assert luciana.post(SEND, {"there": ids}).status_code == 303
    (said,) = texts(portal)
    assert 0 < len(said) <= MOST_TEXT
    assert None not in answered(portal)
    assert luciana.post(SEND, {"there": ids, "text": "y" * MOST_TEXT}).status_code == 303
    assert texts(portal)[-1] == "y" * MOST_TEXT


def test_what_a_merged_contact_was_asked_is_asked_where_it_goes_on(
    portal: Portal, luciana: Visit
) -> None:
    portal.open(title="Outra")
    portal.do(merging.merge, 1, into=2)
    page = luciana.page
    assert page is not None
    # the page that was open before the two were joined
    assert luciana.post(SEND, files=slot(("item-1", "guia.pdf", PDF))).status_code == 303
    assert texts(portal, 2) == ["1. Guia assinada: guia.pdf"]
    there = luciana.follow().text
    assert "Recebido em" in there
    assert 'name="item-2"' in there
    assert luciana.post("/fale-conosco/n2/complementar", {"there": "2"}).status_code == 303
    assert None not in answered(portal)
    assert "A conversa continua em outro contato" in luciana.get(HERE).text


def test_a_paused_deadline_is_said(portal: Portal, luciana: Visit) -> None:
    assert "parado" not in luciana.get(HERE).text
    (status,) = portal.all(Status, Status.code == "AGP")
    portal.set(Status, status.id, pauses=True)
    portal.do(tickets.pending, 1, body="Ainda falta.")
    page = luciana.get(HERE).text
    assert "Prazo da operadora parado desde 24/11/2026, enquanto esperamos você." in page
