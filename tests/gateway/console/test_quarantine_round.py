"""Held mail from the SMTP door to its place: decided, trusted, undone, replayed, and kept secret."""

import re
import smtplib
from email.message import EmailMessage

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gateway.commands.queues import ANYBODY
from helpdesk import events, held, sessions
from helpdesk.models import (
    Classification,
    Endpoint,
    Held,
    InboundRaw,
    KnownAddress,
    Log,
    LoginCode,
    Message,
    Outbox,
    Ticket,
)
from tests.gateway.console.door import BOX, Door, soon
from tests.gateway.console.served import Instance, send


def row(instance: Instance, public_id: str) -> Held:
    return instance.read(lambda s: s.scalar(select(Held).where(Held.public_id == public_id)))


def protocol(instance: Instance, number: int) -> str:
    return instance.ticket(number).protocol or ""


def end(instance: Instance, number: int, address: str) -> str | None:
    return instance.read(
        lambda s: s.scalar(
            select(Endpoint.state).where(Endpoint.number == number, Endpoint.address == address)
        )
    )


def texts(instance: Instance, number: int) -> list[str]:
    query = select(Message.text).where(Message.number == number).order_by(Message.id)
    return instance.read(lambda s: list(s.scalars(query)))


def test_it_is_attached_after_a_look_at_the_ticket(door: Door):
    instance = door.instance
    number = instance.opened("Lote 0112 sem recebimento")
    said = protocol(instance, number)
    held_id = door.mail("lu@pessoal.example", f"Re: {said}")
    path = f"/central/quarentena/{held_id}"
    with instance.client() as client:
        page = client.get(path).text
        assert "Retida: não participa do chamado" in page
        assert "Confira quem escreve pelo telefone do cadastro" in page
        assert f"Anexar ao {number}" in page
        file = client.get(f"{path}/anexos/0")
        assert (file.content, file.headers["content-type"]) == (
            b"%PDF-1.4",
            "application/octet-stream",
        )
        assert "attachment" in file.headers["content-disposition"]
        assert client.get(f"{path}/anexos/9").status_code == 404
        preview = client.get(f"{path}?chamado={said}").text
        assert "Lote 0112 sem recebimento" in preview
        done = send(client, f"{path}/anexar", number=said)
        assert done.status_code == 303
        assert (
            f"{number} · Mensagem anexada ao chamado" in client.get(done.headers["location"]).text
        )
    assert texts(instance, number)[-1].strip() == "Preciso de ajuda."
    assert end(instance, number, "lu@pessoal.example") == "reading"
    assert row(instance, held_id).state == "attached"


def test_answers_go_to_it_only_when_the_agent_ticks_so(door: Door):
    instance = door.instance
    number = instance.opened()
    held_id = door.mail("eu@pessoal.example", f"Re: {protocol(instance, number)}")
    with instance.client() as client:
        path = f"/central/quarentena/{held_id}/anexar"
        assert send(client, path, number=str(number), answers="1").status_code == 303
        assert send(client, path, number=str(number), answers="1").status_code == 303
    assert end(instance, number, "eu@pessoal.example") == "active"
    added = select(func.count(Log.id)).where(
        Log.number == number, Log.action == "quarantine_attached"
    )
    assert instance.read(lambda s: s.scalar(added)) == 1
    assert len(texts(instance, number)) == 2


def test_unknown_and_secret_numbers_are_told_the_same(door: Door):
    instance = door.instance
    hidden = instance.opened("Processo disciplinar")
    instance.write(hide, hidden)
    held_id = door.mail("qualquer@fora.example", "Sem protocolo")
    path = f"/central/quarentena/{held_id}"
    with instance.client() as client:
        for said in (str(hidden), "98765432", protocol(instance, hidden)):
            answer = send(client, f"{path}/anexar", number=said)
            assert answer.status_code == 422
            assert "Não existe ou não pode ser usado" in answer.text
            looked = client.get(f"{path}?chamado={said}").text
            assert "Não existe ou não pode ser usado" in looked
            assert "Processo disciplinar" not in looked


def test_a_suggestion_of_a_secret_ticket_leaves_no_trace(door: Door):
    """Every byte is the same whether the ticket exists or not."""
    instance = door.instance
    hidden = instance.opened("Auditoria sigilosa")
    instance.write(hide, hidden)
    real = protocol(instance, hidden)
    absent = f"{int(real) + 500_000}"
    ids = [
        door.mail("estranho1@fora.example", f"Re: {real}"),
        door.mail("estranho2@fora.example", f"Re: {absent}"),
    ]
    assert row(instance, ids[0]).suggestion == hidden
    token = instance.write(sessions.add_token, "api", "ana", now=instance.now)
    with instance.client() as client:
        pages = [
            client.get(f"/central/quarentena/{each}?busca=estranho{n}").text
            for n, each in enumerate(ids, start=1)
        ]
        assert plain(pages[0]) == plain(pages[1])
        assert "Remetente desconhecido" in pages[0]
        counted = client.get("/central/quarentena?motivo=not-a-participant&busca=estranho1").text
        assert "Nada com este filtro" in counted
        items = client.get(
            "/api/v1/quarantine", headers={"Authorization": f"Bearer {token}"}
        ).json()["items"]
    shown = [next(item for item in items if item["id"] == each) for each in ids]
    assert [item["suggestion"] for item in shown] == [None, None]
    assert plain(str(shown[0])) == plain(str(shown[1]))
    terminal = instance.read(held.listing, ANYBODY, held.Asked(q="estranho1"))
    assert [(each.suggestion, each.reason) for each in terminal] == [(None, "unknown-sender")]


def test_what_went_to_a_secret_ticket_is_gone_from_the_lists(door: Door):
    instance = door.instance
    number = instance.opened()
    held_id = door.mail("parte@fora.example", f"Re: {protocol(instance, number)}")
    with instance.client() as client:
        send(client, f"/central/quarentena/{held_id}/anexar", number=str(number))
        instance.write(hide, number)
        raw_id = row(instance, held_id).raw_id
        assert client.get(f"/central/quarentena/{held_id}").status_code == 404
        assert "parte@fora.example" not in client.get("/central/quarentena?estado=attached").text
        assert client.get(f"/central/quarentena/entradas/{raw_id}").status_code == 404
        assert "parte@fora.example" not in client.get("/central/quarentena/entradas").text
        for path in ("original", "html", "anexos/0"):
            answer = client.get(f"/central/quarentena/entradas/{raw_id}/{path}")
            assert answer.status_code == 404


def test_a_ticket_is_opened_for_a_provider_with_its_classification(door: Door):
    instance = door.instance
    held_id = door.mail("novo@fora.example", "Dúvida sobre glosa")
    path = f"/central/quarentena/{held_id}"
    with instance.client() as client:
        assert "Laboratório Aurora" in client.get(f"{path}?prestador=aurora").text
        assert "Nenhum prestador" in client.get(f"{path}?prestador=xyz").text
        wrong = send(client, f"{path}/abrir", provider="P2", classification="NADA")
        assert wrong.status_code == 422
        done = send(client, f"{path}/abrir", provider="P2", classification="GLO")
        assert "Chamado aberto com a mensagem" in client.get(done.headers["location"]).text
        # The same decision again is no second ticket.
        assert send(client, f"{path}/abrir", provider="P2").status_code == 303
    number = row(instance, held_id).number
    opened = instance.read(lambda s: s.scalars(select(Ticket).where(Ticket.number == number)).one())
    code = select(Classification.code).where(Classification.id == opened.classification_id)
    assert (opened.title, instance.read(lambda s: s.scalar(code))) == ("Dúvida sobre glosa", "GLO")
    query = select(func.count(Ticket.number)).where(Ticket.title == opened.title)
    assert instance.read(lambda s: s.scalar(query)) == 1


def test_who_is_trusted_for_a_provider_is_read_and_never_let_in(door: Door):
    instance = door.instance
    address = "secretaria@terceiro.example"
    ids = [door.mail(address, f"Pedido {n}") for n in range(3)]
    with instance.client() as client:
        wrong = send(
            client, f"/central/quarentena/{ids[0]}/confiar", scope="provider", provider="x"
        )
        assert wrong.status_code == 422
        done = send(
            client, f"/central/quarentena/{ids[0]}/confiar", scope="provider", provider="Serena"
        )
        page = client.get(done.headers["location"]).text
        assert "2 mensagens esperam de secretaria@terceiro.example" in page
        rest = send(client, "/central/quarentena/tentar", sender=address)
        assert "Encontraram lugar: 2" in client.get(rest.headers["location"]).text
        assert [row(instance, each).state for each in ids] == ["opened"] * 3
        assert address in client.get("/central/quarentena/confiados").text

        # Neither the portal nor the chat ever sends it a code.
        asked = client.post("/", data={"csrf": csrf_of(client, "/"), "email": address})
        assert asked.status_code == 200
        codes = select(LoginCode.person_id).where(LoginCode.address == address)
        assert instance.read(lambda s: list(s.scalars(codes))) == [None]
        sent = select(Outbox.notice).where(Outbox.address == address)
        assert "login_code" not in instance.read(lambda s: list(s.scalars(sent)))

        known = instance.read(
            lambda s: s.scalar(select(KnownAddress).where(KnownAddress.value == address))
        )
        assert (known.source, known.added_by is not None) == ("trusted", True)
        send(client, f"/central/quarentena/confiados/{known.id}/retirar")
        assert address not in client.get("/central/quarentena/confiados").text
        assert send(client, f"/central/quarentena/confiados/{known.id}/retirar").status_code == 404
    assert end(instance, row(instance, ids[0]).number or 0, address) == "removed"
    assert row(instance, door.mail(address, "Pedido 4")).reason == "unknown-sender"


def test_who_is_trusted_in_one_ticket_writes_there_alone(door: Door):
    instance = door.instance
    number, other = instance.opened(), instance.opened()
    address = "contador@fora.example"
    held_id = door.mail(address, "Sobre o lote")
    with instance.client() as client:
        path = f"/central/quarentena/{held_id}/confiar"
        assert send(client, path, scope="ticket", number="999999").status_code == 422
        assert send(client, path, scope="ticket", number=str(number)).status_code == 303
    assert end(instance, number, address) == "reading"
    door.send(address, f"Re: {protocol(instance, number)}", "De novo eu.")
    soon(lambda: any("De novo eu." in text for text in texts(instance, number)))
    again = door.mail(address, f"Re: {protocol(instance, other)}")
    assert row(instance, again).reason == "not-a-participant"
    known = select(KnownAddress.id).where(KnownAddress.value == address)
    assert instance.read(lambda s: s.scalar(known)) is None


def test_trust_does_not_answer_a_failed_check(door: Door):
    instance = door.instance
    number = instance.opened()
    held_id = door.mail("luciana@vila.example", "Mude a conta", result="fail")
    path = f"/central/quarentena/{held_id}"
    with instance.client() as client:
        page = client.get(path).text
        assert "Não se confia neste endereço pelo que esta mensagem diz" in page
        for more in (
            {"scope": "provider", "provider": "P1"},
            {"scope": "ticket", "number": number},
        ):
            refused = send(client, f"{path}/confiar", **more)
            assert refused.status_code == 409
            assert "confiar nele, ou responder a ele" in refused.text
        assert send(client, f"{path}/anexar", number=number, answers="1").status_code == 409
    assert row(instance, held_id).state == "held"
    assert end(instance, number, "luciana@vila.example") != "reading"


def test_spam_comes_back(door: Door):
    instance = door.instance
    held_id = door.mail("premio@fora.example", "Ganhe agora")
    path = f"/central/quarentena/{held_id}"
    with instance.client() as client:
        done = send(client, f"{path}/spam")
        page = client.get(done.headers["location"]).text
        assert "Mensagem marcada como spam" in page
        undo = re.search(r'action="(/central/quarentena/desfazer/\d+)"', page)
        assert undo is not None
        assert send(client, undo[1]).status_code == 303
        assert row(instance, held_id).state == "held"
        send(client, f"{path}/spam")
        assert "Não é spam" in client.get(path).text
        assert send(client, f"{path}/devolver").status_code == 303
    assert row(instance, held_id).state == "held"


def test_several_at_once_and_what_became_of_them(door: Door):
    instance = door.instance
    ids = [door.mail("onda@fora.example", f"Onda {n}") for n in range(3)]
    with instance.client() as client, instance.client("rafael") as other:
        send(other, f"/central/quarentena/{ids[2]}/spam")
        done = send(client, "/central/quarentena/spam?busca=onda", number=ids)
        assert done.headers["location"].endswith("?busca=onda")
        said = client.get(done.headers["location"]).text
        assert "Marcadas como spam: 2. 1 já tinha sido decidida por outra pessoa" in said
        back = send(client, "/central/quarentena/devolver", number=ids)
        assert "De volta à quarentena: 3" in client.get(back.headers["location"]).text
        again = send(client, "/central/quarentena/tentar", number=[*ids, "x"])
        said = client.get(again.headers["location"]).text
        assert "Encontraram lugar: 0. 3 continuam retidas" in said


def test_the_second_of_two_agents_is_told_who_was_first(door: Door):
    instance = door.instance
    number = instance.opened()
    held_id = door.mail("dois@fora.example", "Dois ao mesmo tempo")
    path = f"/central/quarentena/{held_id}"
    with instance.client() as client, instance.client("rafael") as other:
        send(client, f"{path}/anexar", number=str(number))
        late = send(other, f"{path}/abrir", provider="P2")
        assert late.status_code == 409
        assert f"Ana Souza já decidiu: anexada, chamado {number}" in late.text
        assert send(other, f"{path}/spam").status_code == 409
        assert send(other, f"{path}/tentar").status_code == 409
        assert send(other, f"{path}/devolver").status_code == 409
    assert row(instance, held_id).number == number


def test_the_list_is_filtered_and_keeps_its_place(door: Door):
    instance = door.instance
    ids = [door.mail("filtro@fora.example", f"Ação número {n}") for n in range(2)]
    with instance.client() as client:
        page = client.get("/central/quarentena?busca=acao+filtro&motivo=unknown-sender").text
        assert page.count('data-number="held-') == 2
        assert f"/central/quarentena/{ids[0]}?motivo=unknown-sender&amp;busca=acao+filtro" in page
        assert "Nada com este filtro" in client.get("/central/quarentena?busca=nada+disto").text
        assert BOX in client.get(f"/central/quarentena?caixa={BOX}").text
        first = f"/central/quarentena/{ids[1]}"
        done = send(client, f"{first}/spam?busca=filtro", following=ids[0])
        assert done.headers["location"] == f"/central/quarentena/{ids[0]}?busca=filtro"


def test_the_laboratory_shows_arrivals_and_replays_them(door: Door):
    instance = door.instance
    door.send("luciana@vila.example", "Entrada boa", "O lote chegou?")
    raw = soon(lambda: instance.read(arrival_of, "Entrada boa"))
    assert raw.number is not None
    with instance.client() as client:
        page = client.get("/central/quarentena/entradas?estado=applied&busca=vila").text
        assert "Entrada boa" in page
        assert f"Chamado {raw.number}" in page
        day = instance.now.astimezone(instance.runtime.policy.zone).date().isoformat()
        assert "Entrada boa" in client.get(f"/central/quarentena/entradas?de={day}").text
        none = client.get("/central/quarentena/entradas?ate=2001-01-01&de=x&antes=y").text
        assert "Nenhuma entrada" in none
        path = f"/central/quarentena/entradas/{raw.id}"
        shown = client.get(path).text
        assert "O lote chegou?" in shown
        assert b"Entrada boa" in client.get(f"{path}/original").content
        assert client.get(f"{path}/anexos/0").content == b"%PDF-1.4"
        assert client.get(f"{path}/html").status_code == 404
        done = send(client, f"{path}/processar")
        assert "Nada mudou" in client.get(done.headers["location"]).text
        assert client.get("/central/quarentena/entradas/98765432").status_code == 404

        # As an earlier parser had read it.
        instance.write(spoil, raw.number)
        before = instance.read(lambda s: s.scalar(select(func.count(Outbox.id))))
        message = instance.read(
            lambda s: s.scalar(select(Message.id).where(Message.raw_id == raw.id))
        )
        done = send(client, f"/central/{raw.number}/mensagens/{message}/processar")
        assert "Mensagem atualizada" in client.get(done.headers["location"]).text
        talk = client.get(f"/central/{raw.number}").text
        assert "O lote chegou?" in talk
        assert "x.pdf" in talk
        found = client.get("/central?q=chegou").text
        assert "Entrada boa" in found
    assert instance.read(lambda s: s.scalar(select(func.count(Outbox.id)))) == before
    assert [text.strip() for text in texts(instance, raw.number)] == ["O lote chegou?"]


def test_what_was_ignored_is_judged_again_in_silence_and_copies_are_not(door: Door):
    instance = door.instance
    door.send("luciana@vila.example", "Uma vez", "Só uma vez.")
    raw = soon(lambda: instance.read(arrival_of, "Uma vez"))
    instance.write(forget_place, raw.id)  # an arrival whose copy was applied
    with instance.client() as client:
        path = f"/central/quarentena/entradas/{raw.id}/processar"
        refused = send(client, path)
        assert refused.status_code == 409
        assert "É cópia de uma mensagem já entregue" in refused.text
        held_id = door.mail("calado@fora.example", "Retida e repetida")
        raw_id = row(instance, held_id).raw_id
        assert send(client, f"/central/quarentena/entradas/{raw_id}/processar").status_code == 303
        soon(lambda: instance.read(lambda s: s.get(InboundRaw, raw_id).state) == "held")
    assert instance.read(lambda s: s.get(InboundRaw, raw_id).quiet)
    assert row(instance, held_id).state == "held"


def test_what_was_ignored_says_why(door: Door):
    away = EmailMessage()
    away["From"], away["To"] = "ana@fora.example", BOX
    away["Subject"], away["Auto-Submitted"] = "Resposta automática: Guia", "auto-replied"
    away.set_content("Estou fora do escritório até segunda-feira.")
    with smtplib.SMTP("127.0.0.1", door.port, timeout=60) as smtp:
        smtp.send_message(away)
    with door.instance.client() as client:
        path = "/central/quarentena/entradas?estado=ignored&busca=ana@fora.example"
        page = soon(lambda: "Resposta automática: Guia" in (text := client.get(path).text) and text)
    assert "ausência" in page


def test_new_ones_announce_themselves(door: Door):
    instance = door.instance
    start = instance.read(events.latest)
    held_id = door.mail("aviso@fora.example", "Chegou agora")
    kinds = [each.kind for each in instance.read(events.after, start)]
    assert kinds.count("held") == 1
    with instance.client() as client:
        start = instance.read(events.latest)
        send(client, f"/central/quarentena/{held_id}/spam")
    assert [each.kind for each in instance.read(events.after, start)] == ["placed"]


def hide(session: Session, number: int) -> None:
    session.get_one(Ticket, number).secret_group = "juridico"


def arrival_of(session: Session, subject: str) -> InboundRaw | None:
    query = (
        select(InboundRaw)
        .join(Ticket, Ticket.number == InboundRaw.number)
        .where(Ticket.title == subject)
    )
    return session.scalar(query)


def spoil(session: Session, number: int) -> None:
    message = session.scalars(select(Message).where(Message.number == number)).one()
    message.text, message.quoted = "lixo =C3", "resto"


def forget_place(session: Session, raw_id: int) -> None:
    message = session.scalars(select(Message).where(Message.raw_id == raw_id)).one()
    message.raw_id = None
    session.get_one(InboundRaw, raw_id).state = "duplicate"


def plain(page: str) -> str:
    """Without what differs between any two messages: numbers, hex ids and keys."""
    return re.sub(
        r"smtp:[0-9a-f-]+|[0-9a-f]{32}|[0-9]+", "#", re.sub(r'value="[^"]{40,}"', "", page)
    )


def csrf_of(client: object, path: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', client.get(path).text)  # type: ignore[attr-defined]
    return found[1] if found else ""
