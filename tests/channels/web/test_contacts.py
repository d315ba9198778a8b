"""The list: order, tabs, badge, search, pages, and whose it is."""

from datetime import timedelta

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from helpdesk import closing, parameters, tickets
from helpdesk.border import Actor, ActorKind
from helpdesk.models import Classification, Provider, Ticket
from tests.channels.web.conftest import AURORA, BRUNO, CARLA, LUCIANA, OWN, Portal, Visit


def test_what_waits_for_the_provider_comes_first(portal: Portal, visit: Visit) -> None:
    waiting = portal.open(title="Espera por nós")
    portal.open(title="Com a operadora")
    closed = portal.open(title="Já terminou")
    gone = portal.open(title="Por engano")
    portal.do(tickets.reply, waiting.number, "Mande o recibo.")
    portal.do(closing.close, closed.number, status="EPR", body="Pago em 30/11.")
    portal.do(tickets.delete, gone.number, justification="por engano")
    visit.enter()
    page = visit.follow().text
    assert page.index("Esperando você") < page.index("Espera por nós")
    assert page.index("Espera por nós") < page.index("Com a operadora</h2>")
    assert "Já terminou" not in page
    assert "Resposta nova" in page
    assert "Ana Souza, hoje 09:12" in page
    assert '<span class="badge">1' in page
    page = visit.get("/fale-conosco", situacao="todos").text
    for title in ("Espera por nós", "Já terminou", "Por engano"):
        assert title in page
    page = visit.get("/fale-conosco", situacao="finalizados").text
    assert "Espera por nós" not in page
    assert "Já terminou" in page
    assert "Cancelado" in page


def test_the_badge_forgets_what_was_read(portal: Portal, visit: Visit, other: Visit) -> None:
    receipt = portal.open()
    portal.do(tickets.reply, receipt.number, "Mande o recibo.")
    visit.enter()
    other.enter(CARLA)
    visit.get(f"/fale-conosco/{receipt.protocol}")
    assert 'class="badge"' in visit.get("/fale-conosco").text
    visit.post(f"/fale-conosco/{receipt.protocol}/lida")
    assert visit.page is not None
    assert visit.page.status_code == 303
    assert 'class="badge"' not in visit.get("/fale-conosco").text
    assert 'class="badge"' in other.get("/fale-conosco").text
    portal.do(tickets.reply, receipt.number, "E a guia.")
    assert 'class="badge"' in visit.get("/fale-conosco").text


def test_a_protocol_is_found_in_whatever_tab(portal: Portal, visit: Visit) -> None:
    first, second = portal.open(title="Um"), portal.open(title="Outro")
    foreign = portal.open(BRUNO, AURORA, title="Alheio")
    portal.do(closing.close, first.number, status="EPR", body="Pago em 30/11.")
    visit.enter()
    protocol = str(first.protocol)
    for wanted in (
        protocol,
        f"{protocol[:6]} {protocol[6:14]} {protocol[14:]}",
        f"n{first.number}",
    ):
        page = visit.get("/fale-conosco", protocolo=wanted).text
        assert ">Um<" in page
        assert ">Outro<" not in page
    for wanted in (
        str(foreign.protocol),
        f"n{foreign.number}",
        "9" * 40,
        "'; --",
        "%",
        "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
        "nada",
    ):
        answer = visit.get("/fale-conosco", protocolo=wanted)
        assert answer.status_code == 200
        assert "Nenhum contato com este protocolo" in answer.text
    assert visit.get("/fale-conosco", protocolo="\x00").status_code == 200
    assert second.number is not None


def test_the_list_goes_on_by_key(portal: Portal, visit: Visit) -> None:
    for number in range(45):
        receipt = portal.open(title=f"Contato {number:02}.")
        if number % 3 == 0:
            portal.do(tickets.reply, receipt.number, "Mande o recibo.")
    visit.enter()
    page = visit.follow().text
    seen: list[str] = []
    while True:
        seen += [part[:11] for part in page.split("<b>")[1:] if part.startswith("Contato")]
        following = page.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
        if not following:
            break
        page = visit.get(following).text
    assert len(seen) == len(set(seen)) == 45
    assert seen[:15] == [f"Contato {n:02}." for n in range(42, -1, -3)]
    for wrong in ("x", "1", "2.5", "1.99999999999999999999", "1.x"):
        assert visit.get("/fale-conosco", depois=wrong).status_code == 422


def test_an_empty_list_says_what_to_do(portal: Portal, visit: Visit) -> None:
    visit.enter()
    assert "Nada em aberto" in visit.follow().text
    assert "Nenhum contato finalizado" in visit.get("/fale-conosco", situacao="finalizados").text
    assert visit.get("/fale-conosco", situacao="x").status_code == 200


def test_everybody_sees_their_own_list(portal: Portal, visit: Visit, other: Visit) -> None:
    portal.open(LUCIANA, title="Da Luciana")
    portal.open(OWN, title="Da Olga")
    portal.open(BRUNO, AURORA, title="Do Bruno")
    visit.enter(OWN)
    page = visit.follow().text
    assert "Da Olga" in page
    assert "Da Luciana" not in page
    other.enter(BRUNO)
    page = other.follow().text
    assert "Do Bruno" in page
    assert "Da Luciana" not in page


def test_looking_writes_nothing(portal: Portal, visit: Visit) -> None:
    receipt = portal.open()
    portal.do(tickets.reply, receipt.number, "Mande o recibo.")
    visit.enter()
    before = _changes(portal)
    for path in (
        "/",
        "/fale-conosco",
        "/fale-conosco/novo",
        f"/fale-conosco/{receipt.protocol}",
        f"/fale-conosco/{receipt.protocol}/complementar",
        f"/fale-conosco/{receipt.protocol}/retorno.ics",
    ):
        assert visit.get(path).status_code in {200, 303}
    assert _changes(portal) == before


def test_the_menu_can_be_renamed_and_closed(portal: Portal, visit: Visit) -> None:
    admin = Actor(ActorKind.AGENT, 1, "Ana")
    portal.write(parameters.change, admin, "contact_label", "Atendimento", now=portal.now)
    portal.write(parameters.change, admin, "contact_enabled", False, now=portal.now)
    visit.enter()
    page = visit.follow().text
    assert "<h1>Atendimento</h1>" in page
    assert '<a href="/fale-conosco">Atendimento</a>' in page
    assert "Novo contato" not in page
    answer = visit.get("/fale-conosco/novo")
    assert answer.status_code == 404
    assert "Novos contatos estão fechados" in answer.text
    hidden = {"csrf": visit.csrf}
    assert visit.client.post("/fale-conosco/novo", data=hidden).status_code == 404
    assert portal.all(Ticket) == []


def test_the_menu_is_for_the_providers_it_is_for(portal: Portal, visit: Visit) -> None:
    admin = Actor(ActorKind.AGENT, 1, "Ana")
    portal.write(parameters.change, admin, "contact_audience", "listed", now=portal.now)
    visit.enter()
    assert "Novo contato" not in visit.follow().text
    assert visit.get("/fale-conosco/novo").status_code == 404
    mine = portal.all(Provider)[0].code
    portal.write(parameters.change, admin, "contact_providers", (mine,), now=portal.now)
    assert "Novo contato" in visit.get("/fale-conosco").text
    assert visit.get("/fale-conosco/novo").status_code == 200


def test_a_classification_says_what_it_needs(portal: Portal, visit: Visit) -> None:
    def say(session: Session) -> None:
        kind = session.scalars(select(Classification).where(Classification.code == "GLO")).one()
        kind.default_message = "Informe o número da guia e do lote."

    portal.write(say)
    visit.enter()
    page = visit.get("/fale-conosco/novo").text
    assert "Informe o número da guia e do lote." in page


def _changes(portal: Portal) -> object:
    """On SQLite what the connection counts, on PostgreSQL the transactions that wrote."""

    def count(session: object) -> object:
        counts = [
            session.execute(text(f"SELECT count(*) FROM {table}")).scalar()  # type: ignore[attr-defined]
            for table in ("log", "reading", "event", "draft", "blob", "outbox", "session")
        ]
        seen = session.execute(text("SELECT max(seen_at) FROM session")).scalar()  # type: ignore[attr-defined]
        return counts, seen

    return portal.read(count)


def test_an_old_answer_does_not_wait_for_ever(portal: Portal, visit: Visit) -> None:
    receipt = portal.open()
    portal.do(tickets.reply, receipt.number, "Mande o recibo.")
    portal.now += timedelta(days=400)
    visit.enter()
    assert "24/11/2026 09:12" in visit.follow().text
