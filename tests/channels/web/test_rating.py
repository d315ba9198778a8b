"""How was it: asked with the closing, answered by its link or in the portal, once."""

import io
from datetime import timedelta

from pypdf import PdfReader

from helpdesk import closing, letters, muting, thread
from helpdesk.models import Outbox, Person, Rating
from tests.channels.web.conftest import AURORA, BRUNO, LUCIANA, Portal, Visit


def ended(portal: Portal) -> None:
    portal.open()
    portal.do(closing.close, 1, status="EPR", body="Glosa revista, pagamento em 10/12.")


def link_of(portal: Portal) -> str:
    def write(session: object) -> str:
        rows = session.query(Outbox).filter(Outbox.notice == "closed").all()  # type: ignore[attr-defined]
        found = letters.write(session, rows, portal.runtime.policy)  # type: ignore[arg-type]
        return str(found[0].data["rate_link"])

    return "/avaliar/" + portal.read(write).rpartition("/avaliar/")[2]


def test_a_link_rates_once_without_a_log_in(portal: Portal, visit: Visit) -> None:
    ended(portal)
    path = link_of(portal)
    for _ in range(2):
        assert "Como foi o atendimento?" in visit.get(path).text
    assert portal.all(Rating) == []
    wrong = visit.post(path, {"score": "9", "comment": "x" * 2001})
    assert wrong.status_code == 422
    assert "Escolha uma nota" in wrong.text
    assert "Passou de 2000" in wrong.text
    done = visit.post(path, {"score": "4", "comment": "Rápido."})
    assert "Sua nota foi 4 de 5" in done.text
    assert "Sua nota foi 4" in visit.post(path, {"score": "1", "comment": ""}).text
    seen = portal.read(
        thread.view, portal.desk().actor, 1, policy=portal.runtime.policy, now=portal.now
    )
    assert (seen.messages[-1].score, seen.messages[-1].comment) == (4, "Rápido.")
    (row,) = portal.all(Rating)
    assert (row.number, row.score, row.comment) == (1, 4, "Rápido.")


def test_a_link_ends_and_a_forged_one_never_was(portal: Portal, visit: Visit) -> None:
    ended(portal)
    path = link_of(portal)
    assert visit.get(path[:-2] + "zz").status_code == 410
    portal.now += timedelta(days=31)
    assert visit.get(path).status_code == 410


def test_what_was_reopened_is_rated_when_it_ends_again(portal: Portal, visit: Visit) -> None:
    ended(portal)
    path = link_of(portal)
    portal.do(closing.reopen, 1, body="Faltou uma guia.")
    assert visit.get(path).status_code == 410


def test_in_the_portal_only_those_it_belongs_to_rate(portal: Portal, visit: Visit) -> None:
    ended(portal)
    visit.enter(LUCIANA)
    page = visit.get("/fale-conosco/n1").text
    assert "Como foi o atendimento?" in page
    refused = visit.post("/fale-conosco/n1/avaliar", {"score": "", "comment": "Bom"})
    assert refused.status_code == 422
    assert visit.post("/fale-conosco/n1/avaliar", {"score": "5", "comment": ""}).status_code == 303
    assert "Sua nota: 5 de 5" in visit.get("/fale-conosco/n1").text
    portal.open(BRUNO, AURORA)
    assert visit.post("/fale-conosco/n2/avaliar", {"score": "5", "comment": ""}).status_code == 404
    assert len(portal.all(Rating)) == 1


def test_a_contact_on_paper_has_all_that_was_said(portal: Portal, visit: Visit) -> None:
    portal.open(title="Glosa – “dupla” <b>", text="Olá,\nsegue. 😀 & <i>")
    visit.enter(LUCIANA)
    answer = visit.get("/fale-conosco/n1/conversa.pdf")
    assert answer.headers["content-type"] == "application/pdf"
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)
    for part in ("Protocolo", "Olá,", "segue.", "& <i>", "Luciana Reis"):
        assert part in text, text
    portal.open(BRUNO, AURORA)
    assert visit.get("/fale-conosco/n2/conversa.pdf").status_code == 404


def test_notices_somebody_does_not_want_stay_in_the_portal(portal: Portal, visit: Visit) -> None:
    visit.enter(LUCIANA)
    assert "Respostas e pedidos" in visit.get("/conta/avisos").text
    done = visit.post("/conta/avisos", {"want": "opened"})
    assert done.status_code == 303
    (person,) = portal.all(Person, Person.email == LUCIANA)
    assert person.muted == ["answers", "ends"]
    ended(portal)
    states = {row.notice: row.state for row in portal.all(Outbox, Outbox.address == LUCIANA)}
    assert states["opened"] == "queued"
    assert states["closed"] == "cancelled"
    assert set(muting.KINDS) == {"opened", "answers", "ends"}


def test_the_list_is_narrowed_to_a_period(portal: Portal, visit: Visit) -> None:
    portal.open(title="De novembro")
    portal.now += timedelta(days=20)
    portal.open(title="De dezembro")
    visit.enter(LUCIANA)
    page = visit.get("/fale-conosco?situacao=todos&de=2026-12-01&ate=2026-12-31").text
    assert "De dezembro" in page
    assert "De novembro" not in page
    page = visit.get("/fale-conosco?situacao=todos&ate=2026-11-24").text
    assert "De novembro" in page
    assert "De dezembro" not in page
    page = visit.get("/fale-conosco?de=2020-01-01&ate=2020-01-02").text
    assert "Nada aberto neste período" in page
    assert "De dezembro" in visit.get("/fale-conosco?situacao=todos&de=x&ate=").text


def test_accessibility_has_its_page(visit: Visit) -> None:
    page = visit.get("/acessibilidade")
    assert page.status_code == 200
    assert "Alt + 1" in page.text
