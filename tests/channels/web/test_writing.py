"""Opening a contact and adding to one: every field, every wrong field, and nothing lost."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from helpdesk import closing, tickets
from helpdesk.models import Attachment, Content, Draft, Endpoint, Message, Ticket
from tests.channels.web.conftest import AURORA, BRUNO, CARLA, LUCIANA, OWN, PASSWORD, Portal, Visit

NEW = "/fale-conosco/novo"
PDF = b"%PDF-1.4 " + b"x" * 1000
GOOD = {
    "title": "Glosa nas guias 45871 e 45872",
    "classification": "GLO",
    "subclassification": "GLO.2",
    "name": "Luciana Reis",
    "phone": "(31) 3222-0101",
    "email": LUCIANA,
    "text": "Bom dia.\nSegue o recurso.",
}


def attached(*files: tuple[str, bytes]) -> list[tuple[str, tuple[str, bytes, str]]]:
    return [("attachments", (name, data, "application/octet-stream")) for name, data in files]


@pytest.fixture
def luciana(portal: Portal, visit: Visit) -> Visit:
    visit.enter()
    visit.get(NEW)
    return visit


def test_the_form_knows_its_writer(luciana: Visit) -> None:
    assert luciana.page is not None
    text = luciana.page.text
    order = [text.index(f'name="{name}"') for name in (*GOOD, "attachments")]
    assert order == sorted(order)
    assert luciana.value("name") == "Luciana Reis"
    assert luciana.value("phone") == "(31) 3222-0101"
    assert luciana.value("email") == LUCIANA
    assert "Não envie dados clínicos além do necessário" in text


def test_a_contact_is_opened_under_a_protocol(portal: Portal, luciana: Visit) -> None:
    answer = luciana.post(
        NEW, GOOD, files=attached(("ficha.pdf", PDF), ("lote.xml", b"<?xml version='1.0'?><a/>"))
    )
    assert answer.status_code == 303
    assert answer.headers["location"] == "/fale-conosco/99999720261124000001?confirmado=1"
    page = luciana.follow().text
    assert "999997" in page
    assert "quinta, 24/12/2026, 18 h" in page
    assert "2 anexos recebidos" in page
    assert f"Em {LUCIANA} e aqui no portal" in page
    (ticket,) = portal.all(Ticket)
    assert (ticket.title, ticket.provider_id, ticket.channel) == (GOOD["title"], 1, "web")
    assert (ticket.contact_name, ticket.contact_phone) == ("Luciana Reis", "(31) 3222-0101")
    (message,) = portal.all(Message)
    assert message.text == GOOD["text"]
    assert {f.filename: f.content_type for f in portal.all(Attachment)} == {
        "ficha.pdf": "application/pdf",
        "lote.xml": "application/xml",
    }
    (notice,) = portal.notices("opened")
    assert notice.address == LUCIANA


def test_a_missing_field_is_said_beside_it_and_nothing_is_lost(
    portal: Portal, luciana: Visit
) -> None:
    files = attached(("ficha.pdf", PDF))
    for name in GOOD:
        answer = luciana.post(NEW, GOOD | {name: "  "}, files=files)
        files = None
        assert answer.status_code == 422
        assert f'href="#{name}"' in answer.text
        assert f'id="{name}-e"' in answer.text
        assert "data-error-summary" in answer.text
        for field, value in GOOD.items():
            if field not in {name, "subclassification"}:
                assert luciana.value(field) == value
        assert "ficha.pdf" in answer.text
    assert portal.all(Ticket) == []
    assert luciana.post(NEW, GOOD).status_code == 303
    assert [f.filename for f in portal.all(Attachment)] == ["ficha.pdf"]


WRONG = [
    ("title", "x" * 101, "Passou de 100 caracteres"),
    ("name", "x" * 101, "Passou de 100 caracteres"),
    ("phone", "9" * 101, "Passou de 100 caracteres"),
    ("phone", "3222-0101", "Faltou o DDD"),
    ("phone", "abc", "O telefone não parece certo"),
    ("email", "sem-arroba", "O e-mail não parece certo"),
    ("email", "a@b.example, c@d.example", "O e-mail não parece certo"),
    ("email", "x" * 101 + "@a.example", "Passou de 100 caracteres"),
    ("classification", "XXX", "Esta classificação não pode ser usada"),
    ("classification", "TRI", "Esta classificação não pode ser usada"),
    ("subclassification", "XML.1", "não é da classificação escolhida"),
    ("subclassification", "nada", "não é da classificação escolhida"),
    ("text", "x" * 4001, "Passou de 4.000 caracteres"),
    ("text", "\r\n" * 4000 + "x", "Passou de 4.000 caracteres"),
    ("text", "😀" * 4001, "Corte 1"),
    ("text", " \r\n\t ", "Escreva a mensagem"),
]


def test_a_wrong_field_is_refused(portal: Portal, luciana: Visit) -> None:
    for name, value, said in WRONG:
        answer = luciana.post(NEW, GOOD | {name: value})
        assert answer.status_code == 422, (name, value)
        assert said in answer.text, (name, value)
        if name not in {"classification", "subclassification"}:
            assert luciana.value(name) == value.replace("\r\n", "\n")
    assert portal.all(Ticket) == []


def test_four_thousand_letters_fit_however_they_are_sent(portal: Portal, luciana: Visit) -> None:
    for text in ("😀" * 4000, "é" * 4000, "\r\n" * 3999 + "x", "e\u0301" * 4000):
        luciana.get(NEW)
        assert luciana.post(NEW, GOOD | {"text": text}).status_code == 303
    assert {len(m.text) for m in portal.all(Message)} <= {3999, 4000}


def test_markup_stays_text_and_controls_go(portal: Portal, luciana: Visit) -> None:
    answer = luciana.post(NEW, GOOD | {"title": "<script>x</script>\x00", "text": "a\x00b<b>"})
    assert answer.status_code == 303
    page = luciana.get("/fale-conosco/n1").text
    assert "<script>x" not in page
    assert "&lt;script&gt;" in page
    assert "ab&lt;b&gt;" in page


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([("vazio.pdf", b"")], "O arquivo vazio.pdf está vazio"),
        ([("laudo.exe", b"MZ\x00\x01")], "O arquivo laudo.exe não foi aceito"),
        ([("laudo.pdf", b"MZ\x00\x01")], "O arquivo laudo.pdf não foi aceito"),
        ([("grande.pdf", PDF + b"x" * 100_000)], "O arquivo grande.pdf não foi aceito. O limite"),
        ([(f"{i}.pdf", PDF + bytes([i])) for i in range(4)], "São no máximo 3 arquivos e há 4"),
    ],
)
def test_a_file_that_is_not_taken_is_named(
    portal: Portal, luciana: Visit, files: list[tuple[str, bytes]], said: str
) -> None:
    answer = luciana.post(NEW, GOOD, files=attached(("boa.pdf", PDF), *files)[-4:])
    assert answer.status_code == 422
    assert said in answer.text
    assert 'href="#anexos"' in answer.text
    assert luciana.value("text") == GOOD["text"]
    assert portal.all(Ticket) == []


@pytest.mark.parametrize("name", ["../../etc/ficha.pdf", "..\\..\\ficha.pdf", "/ficha.pdf"])
def test_a_path_in_a_name_is_cut(portal: Portal, luciana: Visit, name: str) -> None:
    assert luciana.post(NEW, GOOD, files=attached((name, PDF))).status_code == 303
    assert [f.filename for f in portal.all(Attachment)] == ["ficha.pdf"]


def test_more_than_everything_is_a_page_too(portal: Portal, luciana: Visit) -> None:
    answer = luciana.post(NEW, GOOD, files=attached(("enorme.pdf", b"x" * 3_000_000)))
    assert answer.status_code == 413
    assert "grande demais" in answer.text
    assert portal.all(Ticket) == []


def test_a_kept_file_can_be_taken_out_and_is_nobody_elses(
    portal: Portal, luciana: Visit, other: Visit
) -> None:
    luciana.post(
        NEW, GOOD | {"title": ""}, files=attached(("um.pdf", PDF), ("dois.pdf", PDF + b"2"))
    )
    tokens = luciana.hidden()["kept_file"]
    assert len(tokens) == 2
    other.enter(BRUNO)
    other.get(NEW)
    answer = other.post(NEW, GOOD | {"kept_file": tokens})
    assert answer.status_code == 422
    assert "precisa ser escolhido de novo" in answer.text
    answer = luciana.post(NEW, GOOD | {"remove": tokens[0]})
    assert answer.status_code == 200
    assert "um.pdf" not in answer.text
    assert luciana.value("title") == GOOD["title"]
    luciana.post(NEW, GOOD)
    assert [f.filename for f in portal.all(Attachment)] == ["dois.pdf"]


def test_a_forged_kept_file_is_none(portal: Portal, luciana: Visit) -> None:
    for token in ("x", "AAAA", "ação", "../x"):
        assert luciana.post(NEW, GOOD | {"kept_file": token}).status_code == 422
    assert portal.all(Ticket) == []


def test_without_a_script_the_subclassifications_are_asked_for(
    portal: Portal, luciana: Visit
) -> None:
    some = GOOD | {"classification": "XML", "subclassification": ""}
    answer = luciana.post(NEW, some | {"show": "1"}, files=attached(("ficha.pdf", PDF)))
    assert answer.status_code == 200
    assert 'data-parent="XML"' in answer.text
    assert 'data-parent="GLO"' not in answer.text
    assert "data-error-summary" not in answer.text
    assert luciana.value("text") == GOOD["text"]
    code = answer.text.partition('data-parent="XML"')[2].partition('value="')[2].partition('"')[0]
    assert luciana.post(NEW, some | {"subclassification": code}).status_code == 303
    assert [f.filename for f in portal.all(Attachment)] == ["ficha.pdf"]


def test_a_double_submit_gives_one_protocol(portal: Portal, luciana: Visit) -> None:
    sent = {**luciana.hidden(), **GOOD}
    first = luciana.client.post(NEW, data=sent, follow_redirects=False)
    second = luciana.client.post(NEW, data=sent, follow_redirects=False)
    assert first.headers["location"] == second.headers["location"]
    assert len(portal.all(Ticket)) == 1
    # the same form with other words is another message, not a lost one
    third = luciana.client.post(NEW, data=sent | {"text": "Outro"}, follow_redirects=False)
    assert third.headers["location"] != first.headers["location"]


def test_submits_at_the_same_moment_give_one_protocol(portal: Portal, luciana: Visit) -> None:
    sent = {**luciana.hidden(), **GOOD}

    def submit(_: int) -> str:
        answer = luciana.client.post(NEW, data=sent, follow_redirects=False)
        return str(answer.headers["location"])

    with ThreadPoolExecutor(6) as pool:
        places = set(pool.map(submit, range(6)))
    assert len(places) == 1
    assert len(portal.all(Ticket)) == 1
    assert len(portal.all(Message)) == 1
    assert portal.all(Content)[0].repeats == 5


def test_a_form_without_its_token_is_refused(portal: Portal, luciana: Visit) -> None:
    answer = luciana.client.post(NEW, data=GOOD)
    assert answer.status_code == 403
    assert portal.all(Ticket) == []


def test_an_address_that_nobody_registered_is_asked_to_confirm(
    portal: Portal, luciana: Visit
) -> None:
    luciana.post(NEW, GOOD | {"email": "Outra@Clinica.example"})
    page = luciana.follow().text
    assert "outra@clinica.example não está no cadastro" in page
    assert portal.notices("opened") == []
    assert len(portal.notices("confirm_address")) == 1
    states = {e.address: e.state for e in portal.all(Endpoint)}
    assert states["outra@clinica.example"] == "unconfirmed"


def test_an_expired_session_loses_nothing(portal: Portal, luciana: Visit) -> None:
    portal.now += timedelta(hours=3)
    answer = luciana.post(NEW, GOOD, files=attached(("ficha.pdf", PDF)))
    assert answer.status_code == 303
    assert answer.headers["location"] == "/?voltar=/fale-conosco/novo&guardado=1"
    assert portal.all(Ticket) == []
    assert "O que você escreveu está guardado" in luciana.follow().text
    luciana.post("/", {"email": LUCIANA, "password": PASSWORD})
    page = luciana.follow()
    assert "Recuperamos o que você tinha escrito" in page.text
    for name in set(GOOD) - {"subclassification"}:
        assert luciana.value(name) == GOOD[name]
    assert 'value="GLO.2" selected' in page.text
    assert luciana.post(NEW, GOOD).status_code == 303
    assert [f.filename for f in portal.all(Attachment)] == ["ficha.pdf"]
    assert portal.all(Draft) == []


def test_a_draft_can_be_thrown_away(portal: Portal, luciana: Visit) -> None:
    portal.now += timedelta(hours=3)
    luciana.post(NEW, GOOD)
    luciana.follow()
    luciana.post("/", {"email": LUCIANA, "password": PASSWORD})
    luciana.follow()
    luciana.post(NEW, GOOD | {"discard": "1"})
    assert luciana.follow().status_code == 200
    assert luciana.value("title") == ""
    assert portal.all(Draft) == []


def test_a_form_without_any_session_waits_in_the_log_in(portal: Portal, luciana: Visit) -> None:
    luciana.post(NEW, GOOD | {"title": ""}, files=attached(("ficha.pdf", PDF)))
    sent = {**luciana.hidden(), **GOOD}
    del sent["writer"]  # as of a page that somebody made
    del luciana.client.cookies["ponte_person"]
    answer = luciana._see(
        luciana.client.post(NEW, data=sent, files=attached(("nova.pdf", PDF + b"2")))
    )
    assert answer.status_code == 401
    assert "O que você escreveu está guardado" in answer.text
    assert "Só falta anexar de novo: nova.pdf" in answer.text
    assert portal.all(Draft) == []
    answer = luciana.post("/", {"email": LUCIANA, "com": "senha"})
    answer = luciana.post("/", {"email": LUCIANA, "password": "errada"})
    assert answer.status_code == 422
    answer = luciana.post("/", {"email": LUCIANA, "password": PASSWORD})
    assert answer.headers["location"] == NEW
    page = luciana.follow()
    assert luciana.value("text") == GOOD["text"]
    assert "ficha.pdf" in page.text
    assert luciana.post(NEW, GOOD).status_code == 303
    assert [f.filename for f in portal.all(Attachment)] == ["ficha.pdf"]


def test_a_forged_waiting_form_is_ignored(portal: Portal, visit: Visit) -> None:
    visit.get("/")
    answer = visit.post("/", {"email": LUCIANA, "password": PASSWORD, "kept": "forjado"})
    assert answer.status_code == 303
    assert portal.all(Draft) == []


def test_a_form_is_sent_for_the_provider_it_was_opened_for(portal: Portal, visit: Visit) -> None:
    visit.enter(CARLA)
    visit.get(NEW)
    hidden = visit.hidden()
    visit.post("/prestador", {"provider": str(AURORA)})
    answer = visit.client.post(NEW, data={**hidden, **GOOD}, follow_redirects=False)
    assert answer.status_code == 303
    assert [t.provider_id for t in portal.all(Ticket)] == [1]


def test_nobody_writes_for_a_foreign_provider(portal: Portal, luciana: Visit) -> None:
    for wanted in (str(AURORA), "99", "x"):
        assert luciana.post(NEW, GOOD | {"provider": wanted}).status_code == 404
    assert portal.all(Ticket) == []


def test_what_is_typed_is_kept_until_it_is_sent(portal: Portal, luciana: Visit) -> None:
    hidden = luciana.hidden()
    draft = "/fale-conosco/rascunho"
    assert luciana.client.post(draft, data={**hidden, **GOOD}).status_code == 204
    assert "Há um contato começado" in luciana.get("/fale-conosco").text
    luciana.get(NEW)
    assert luciana.value("text") == GOOD["text"]
    empty = {**hidden, **GOOD, "title": " ", "text": ""}
    assert luciana.client.post(draft, data=empty).status_code == 204
    assert portal.all(Draft) == []
    luciana.client.post(draft, data={**hidden, **GOOD})
    luciana.client.post(NEW, data={**hidden, **GOOD})
    assert portal.all(Draft) == []
    # it was on its way when the form was sent
    luciana.client.post(draft, data={**hidden, **GOOD})
    assert portal.all(Draft) == []


def test_what_is_typed_in_a_conversation_is_kept_there(
    portal: Portal, luciana: Visit, other: Visit
) -> None:
    receipt, foreign = portal.open(), portal.open(BRUNO, AURORA)
    reply_form(luciana, str(receipt.protocol))
    draft, hidden = "/fale-conosco/rascunho", luciana.hidden()
    said = {**hidden, "ref": str(receipt.protocol), "text": "Segue"}
    assert luciana.client.post(draft, data=said).status_code == 204
    said["ref"] = str(foreign.protocol)
    assert luciana.client.post(draft, data=said).status_code == 404
    luciana.get(f"/fale-conosco/n{receipt.number}")
    assert luciana.value("text") == "Segue"
    other.enter(CARLA)
    other.get(f"/fale-conosco/n{receipt.number}")
    assert other.value("text") == ""
    luciana.post(f"/fale-conosco/{receipt.protocol}/complementar", {"discard": "1"})
    assert luciana.follow().status_code == 200
    assert luciana.value("text") == ""
    other.get("/")
    other.client.cookies.delete("ponte_person")
    answer = other.client.post(draft, data={"csrf": other.csrf, "text": "x"})
    assert answer.status_code == 401


def reply_form(visit: Visit, ref: str) -> str:
    visit.get(f"/fale-conosco/{ref}")
    return f"/fale-conosco/{ref}/complementar"


def test_a_complement_joins_the_conversation(portal: Portal, luciana: Visit) -> None:
    receipt = portal.open()
    portal.do(tickets.reply, receipt.number, "Mande o recibo.")
    path = reply_form(luciana, str(receipt.protocol))
    answer = luciana.post(path, {"text": "Segue."}, files=attached(("recibo.pdf", PDF)))
    assert answer.status_code == 303
    page = luciana.follow().text
    assert "Segue." in page
    assert "recibo.pdf" in page
    messages = portal.all(Message)
    assert [m.kind for m in messages] == ["opening", "reply", "complement"]
    (ticket,) = portal.all(Ticket)
    assert ticket.waiting_on == "agent"
    assert "badge" not in luciana.get("/fale-conosco").text


def test_a_double_complement_is_one(portal: Portal, luciana: Visit) -> None:
    receipt = portal.open()
    path = reply_form(luciana, f"n{receipt.number}")
    sent = {**luciana.hidden(), "text": "Segue."}
    for _ in range(2):
        answer = luciana.client.post(path, data=sent, follow_redirects=False)
        assert answer.status_code == 303
    assert len(portal.all(Message)) == 2


@pytest.mark.parametrize(
    ("data", "files", "said"),
    [
        ({"text": ""}, [], "Escreva a mensagem"),
        ({"text": "x" * 4001}, [], "Passou de 4.000 caracteres"),
        ({"text": "Segue."}, [("a.exe", b"MZ\x00")], "a.exe não foi aceito"),
    ],
)
def test_a_wrong_complement_is_said_and_kept(
    portal: Portal,
    luciana: Visit,
    data: dict[str, str],
    files: list[tuple[str, bytes]],
    said: str,
) -> None:
    receipt = portal.open()
    path = reply_form(luciana, str(receipt.protocol))
    answer = luciana.post(path, data, files=attached(("boa.pdf", PDF), *files))
    assert answer.status_code == 422
    assert said in answer.text
    assert luciana.value("text") == data["text"]
    assert "boa.pdf" in answer.text
    assert len(portal.all(Message)) == 1
    token = luciana.hidden()["kept_file"][0]
    answer = luciana.post(path, {"text": "Segue.", "remove": token})
    assert answer.status_code == 200
    assert "boa.pdf" not in answer.text


def test_an_expired_session_keeps_a_complement(portal: Portal, luciana: Visit) -> None:
    receipt = portal.open()
    path = reply_form(luciana, str(receipt.protocol))
    portal.now += timedelta(hours=3)
    answer = luciana.post(path, {"text": "Segue."}, files=attached(("boa.pdf", PDF)))
    assert answer.status_code == 303
    luciana.follow()
    answer = luciana.post("/", {"email": LUCIANA, "password": PASSWORD})
    assert answer.headers["location"] == f"/fale-conosco/{receipt.protocol}"
    page = luciana.follow()
    assert luciana.value("text") == "Segue."
    assert "boa.pdf" in page.text
    assert luciana.post(path, {"text": "Segue."}).status_code == 303
    assert [f.filename for f in portal.all(Attachment)] == ["boa.pdf"]
    assert portal.all(Draft) == []


@pytest.mark.parametrize("owner", [BRUNO, LUCIANA])
def test_a_complement_without_session_says_nothing_of_the_contact(
    portal: Portal, luciana: Visit, owner: str
) -> None:
    receipt = portal.open(owner, AURORA if owner == BRUNO else 1)
    portal.now += timedelta(hours=3)
    answer = luciana.post(f"/fale-conosco/{receipt.protocol}/complementar", {"text": "x"})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/?voltar=")
    assert len(portal.all(Draft)) == (0 if owner == BRUNO else 1)


def test_a_complement_reopens_what_was_closed_not_long_ago(portal: Portal, luciana: Visit) -> None:
    receipt = portal.open()
    portal.do(closing.close, receipt.number, status="EPR", body="Pago em 30/11.")
    page = luciana.get(f"/fale-conosco/{receipt.protocol}").text
    assert "Encerrado – procedente" in page
    assert "Complemente até 24/12/2026" in page
    path = reply_form(luciana, str(receipt.protocol))
    assert luciana.post(path, {"text": "Ainda falta."}).status_code == 303
    (ticket,) = portal.all(Ticket)
    assert (ticket.situation, ticket.closed_at) == ("open", None)


def test_a_complement_after_that_opens_another(portal: Portal, visit: Visit) -> None:
    receipt = portal.open()
    portal.do(closing.close, receipt.number, status="EPR", body="Pago em 30/11.")
    portal.now += timedelta(days=31)
    visit.enter()
    path = reply_form(visit, str(receipt.protocol))
    assert visit.page is not None
    assert "abrimos um novo contato ligado a este" in visit.page.text
    answer = visit.post(path, {"text": "Ainda falta."})
    assert "confirmado=1" in answer.headers["location"]
    assert visit.follow().status_code == 200
    assert portal.all(Ticket, Ticket.follows == receipt.number)[0].situation == "open"


def test_a_cancelled_contact_takes_nothing_more(portal: Portal, luciana: Visit) -> None:
    receipt = portal.open()
    path = reply_form(luciana, str(receipt.protocol))
    hidden = luciana.hidden()
    portal.do(tickets.delete, receipt.number, justification="aberto por engano")
    answer = luciana.client.post(path, data={**hidden, "text": "Segue."})
    assert answer.status_code == 409
    page = luciana.get(f"/fale-conosco/{receipt.protocol}").text
    assert "Este contato foi cancelado" in page
    assert "aberto por engano" not in page.replace("Cancelado (aberto por engano)", "")
    assert "<textarea" not in page


def test_who_sees_only_their_own_may_write_only_there(portal: Portal, visit: Visit) -> None:
    theirs, others = portal.open(OWN), portal.open(LUCIANA)
    visit.enter(OWN)
    path = reply_form(visit, str(theirs.protocol))
    hidden = visit.hidden()
    assert visit.post(path, {"text": "Segue."}).status_code == 303
    answer = visit.client.post(
        f"/fale-conosco/{others.protocol}/complementar", data={**hidden, "text": "x"}
    )
    assert answer.status_code == 404
    assert [m.number for m in portal.all(Message, Message.kind == "complement")] == [theirs.number]
