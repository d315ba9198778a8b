"""What pages of a ticket do, by plain forms."""

import re

import httpx
import pytest
from sqlalchemy import select, update

from helpdesk import closing, outbox, tickets
from helpdesk.models import Access, Delivery, Endpoint, Message, Outbox, Ticket
from tests.gateway.console.served import Instance, csrf, send


def messages(instance: Instance, number: int) -> list[Message]:
    query = select(Message).where(Message.number == number).order_by(Message.id)
    return instance.read(lambda s: list(s.scalars(query)))


def version(page: str) -> str:
    found = re.search(r'name="version" value="(\d+)"', page)
    assert found
    return found[1]


def test_the_page_shows_the_seeds_footer_and_why_it_is_due(instance: Instance):
    number = instance.opened("Glosa por duplicidade")
    with instance.client() as client:
        page = client.get(f"/central/{number}").text
    ticket = instance.ticket(number)
    assert "Glosa por duplicidade" in page
    assert f'<b class="strong">{ticket.protocol}</b>' in page
    assert "por Web prestador" in page
    assert "0 dias em aberto" in page
    assert "Ninguém em andamento" in page
    assert "abertura, não conta" in page
    assert "Clínica Vila Serena" in page
    assert "Aguarda confirmação" not in page  # the address is the provider's own


def test_the_second_of_two_is_told_and_keeps_the_text(instance: Instance):
    number = instance.opened()
    with instance.client("ana") as ana, instance.client("rafael") as rafael:
        seen = version(ana.get(f"/central/{number}").text)
        first = send(
            rafael, f"/central/{number}/responder", text="Resposta do Rafael", version=seen
        )
        assert first.status_code == 303
        second = send(
            ana,
            f"/central/{number}/responder",
            text="Resposta da Ana",
            version=seen,
            files={"attachments": ("laudo.txt", b"texto", "text/plain")},
        )
        assert second.status_code == 409
        assert "Rafael Lima: respondeu" in second.text
        assert "Resposta da Ana</textarea>" in second.text
        assert "laudo.txt" in second.text
        assert [m.text for m in messages(instance, number)][1:] == ["Resposta do Rafael"]
        kept = re.search(r'name="kept" value="([^"]+)"', second.text)
        assert kept
        again = send(
            ana,
            f"/central/{number}/responder",
            text="Resposta da Ana",
            version=version(second.text),
            kept=kept[1],
        )
    assert again.status_code == 303
    assert messages(instance, number)[-1].text == "Resposta da Ana"
    with instance.client() as client:
        page = client.get(f"/central/{number}").text
        link = re.search(r'href="(/central/anexos/[0-9a-f]+)"', page)
        assert link
        file = client.get(link[1])
    assert file.content == b"texto"
    assert file.headers["content-disposition"] == "attachment; filename*=UTF-8''laudo.txt"
    assert file.headers["content-type"] == "application/octet-stream"


def test_a_claim_of_another_stops_the_answer_and_names_the_holder(instance: Instance):
    number = instance.opened()
    instance.write(tickets.claim, instance.desk("rafael"), number)
    with instance.client("ana") as client:
        claimed = send(client, f"/central/{number}/assumir")
        answered = send(client, f"/central/{number}/responder", text="Minha resposta")
        noted = send(client, f"/central/{number}/nota", text="Só uma nota")
    assert (claimed.status_code, answered.status_code, noted.status_code) == (409, 409, 303)
    assert "Rafael Lima está com este chamado" in claimed.text
    assert "Minha resposta</textarea>" in answered.text


def test_an_answer_can_be_taken_back_for_ten_seconds(instance: Instance):
    number = instance.mailed("Lote 0112", "Onde está o lote?")
    with instance.client() as client:
        sent = send(client, f"/central/{number}/responder", text="Está conosco.")
        page = client.get(sent.headers["location"]).text
        undo = re.search(rf'action="(/central/{number}/desfazer/\d+)"', page)
        assert undo
        assert "Desfazer" not in client.get(f"/central/{number}").text  # said once
        back = client.post(undo[1], data={"csrf": csrf(client.get("/central"))})
        assert "Está conosco.</textarea>" in client.get(back.headers["location"]).text
        late = client.post(undo[1], data={"csrf": csrf(client.get("/central"))})
        assert "não pôde ser desfeita" in client.get(late.headers["location"]).text
    states = instance.read(
        lambda s: list(
            s.scalars(
                select(Outbox.state).where(Outbox.number == number, Outbox.notice == "replied")
            )
        )
    )
    assert states == ["cancelled"]
    last = messages(instance, number)[-1]
    assert (last.direction, last.audience) == ("internal", "internal")


def test_a_failed_delivery_is_tried_again_or_sent_another_way(instance: Instance):
    number = instance.opened()
    sent = instance.write(tickets.reply, instance.desk("ana"), number, "Resposta 412")
    row = instance.read(lambda s: s.scalar(select(Outbox.id).where(Outbox.message_id == sent)))
    instance.write(outbox.failed, row, "552 5.2.2 caixa cheia", now=instance.now)
    with instance.client() as client:
        page = client.get(f"/central/{number}").text
        assert "552 5.2.2 caixa cheia" in page
        stuck = client.get("/central/saida").text
        assert "552 5.2.2 caixa cheia" in stuck
        assert send(client, f"/central/saida/{row}/tentar?de=saida").status_code == 303
    state = instance.read(
        lambda s: s.scalar(select(Delivery.state).where(Delivery.outbox_id == row))
    )
    assert state == "queued"


def test_pending_forward_classify_close_and_reopen(instance: Instance):
    number = instance.opened()
    path = f"/central/{number}"
    with instance.client() as client:
        assert send(client, f"{path}/classificar", classification="GLO").status_code == 303
        assert send(client, f"{path}/pendente", text="Mande o XML", until="").status_code == 303
        assert instance.ticket(number).situation == "pending"
        refused = send(client, f"{path}/encaminhar", note="", sector="TIS")
        assert refused.status_code == 422
        assert "falta preencher" in refused.text.lower()
        done = send(client, f"{path}/encaminhar", note="Veja o webservice", agent="rafael")
        assert done.headers["location"] == "/central"
        generic = send(client, f"{path}/encerrar", status="EPR", text="Resolvido.")
        assert generic.status_code == 422
        assert "escreva a conclusão" in generic.text
        assert "Resolvido.</textarea>" in generic.text
        closed = send(client, f"{path}/encerrar", status="EPR", text="Pago em 30/11 por TED")
        assert closed.status_code == 303
        assert instance.ticket(number).situation == "closed"
        assert "Para escrever ao prestador, reabra" in client.get(path).text
        answer = send(client, f"{path}/responder", text="Mais uma coisa")
        assert answer.status_code == 409
        assert "não permite mais isso" in answer.text
        assert send(client, f"{path}/reabrir", text="Vamos rever").status_code == 303
        page = client.get(f"{path}?aba=logs").text
    assert instance.ticket(number).situation == "open"
    for word in ("classificou", "deixou pendente", "encaminhou", "encerrou", "reabriu"):
        assert word in page
    assert "<del>Faturamento e lotes</del> → <ins>Glosa</ins>" in page


def test_only_what_nobody_started_is_deleted_and_only_with_a_reason(instance: Instance):
    number, started = instance.opened(), instance.opened()
    instance.write(tickets.claim, instance.desk("ana"), started)
    with instance.client() as client:
        assert send(client, f"/central/{number}/excluir", justification=" ").status_code == 422
        assert send(client, f"/central/{number}/excluir", justification="Duplo").status_code == 303
        refused = send(client, f"/central/{started}/excluir", justification="Duplo")
    assert refused.status_code == 409
    assert "já foi iniciado" in refused.text
    assert instance.ticket(number).deleted_at is not None
    assert instance.ticket(started).deleted_at is None


def test_several_are_forwarded_at_once_and_the_held_one_is_counted(instance: Instance):
    numbers = [instance.opened() for _ in range(3)]
    instance.write(tickets.claim, instance.desk("rafael"), numbers[1])
    with instance.client() as client:
        token = csrf(client.get("/central"))
        body = "&".join(
            [f"csrf={token}", "note=juntos", "sector=TIS", *(f"number={n}" for n in numbers)]
        )
        form = client.post(
            f"/central/{numbers[0]}/encaminhar",
            content=body,
            headers={"content-type": "application/x-www-form-urlencoded"},
        )
        assert form.status_code == 303
        assert "1 chamado ficou como estava" in client.get("/central").text
        dialog = client.get(
            f"/central/{numbers[0]}/encaminhar?number={numbers[0]}&number={numbers[2]}",
            headers={"hx-request": "true"},
        ).text
    assert dialog.lstrip().startswith("<dialog")
    assert "Encaminhar 2 chamados" in dialog


def test_a_profile_sees_no_button_it_may_not_use_and_is_refused_behind_it(instance: Instance):
    number = instance.opened()
    with instance.client("leo") as client:
        page = client.get(f"/central/{number}").text
        assert "Encaminhar" not in page
        assert "Seu perfil lê este chamado e não responde" in page
        assert "Quarentena" not in page
        for path in ("assumir", "encaminhar", "encerrar", "responder"):
            answer = send(
                client,
                f"/central/{number}/{path}",
                text="x 1",
                note="x",
                status="EPR",
                sector="TIS",
            )
            assert answer.status_code == 403
        assert client.get("/central/quarentena").status_code == 403
        assert client.get("/central/saida").status_code == 403
        assert client.get("/central/novo").status_code == 403


def test_a_secret_ticket_is_unknown_outside_its_group(instance: Instance):
    number = instance.opened("Assunto reservado")
    instance.write(
        lambda s: s.execute(
            update(Ticket).where(Ticket.number == number).values(secret_group="sigilo")
        )
    )
    unknown = 999_999
    with instance.client("ana") as client:
        for path in ("", "/conversa", "/cabeca", "/encaminhar"):
            hidden = client.get(f"/central/{number}{path}")
            missing = client.get(f"/central/{unknown}{path}")
            assert (hidden.status_code, missing.status_code) == (404, 404)
            assert hidden.text.replace(str(number), "") == missing.text.replace(str(unknown), "")
        assert client.get(f"/central/linha/{number}").text == ""
        assert "Assunto reservado" not in client.get("/central/achar?q=reservado").text
        assert "Assunto reservado" not in client.get("/central?situacao=todos").text
    with instance.client("sara") as client:
        assert "Sigiloso" in client.get(f"/central/{number}").text


@pytest.mark.parametrize("path", ["/central/99999999999999999999", "/central/0", "/central/abc"])
def test_numbers_that_are_no_ticket_are_not_found(instance: Instance, path: str):
    with instance.client() as client:
        assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("vazio.pdf", b"", "falta preencher"),
        ("laudo.exe", b"MZ\x00\x00", "não é aceito"),
        ("../../etc/senha.txt", b"texto", ""),
    ],
)
def test_files_are_checked_and_the_text_stays(
    instance: Instance, name: str, data: bytes, says: str
):
    number = instance.opened()
    with instance.client() as client:
        answer = send(
            client,
            f"/central/{number}/responder",
            text="Segue o arquivo 1",
            files={"attachments": (name, data, "application/pdf")},
        )
        if says:
            assert answer.status_code == 422
            assert says in answer.text.lower()
            assert "Segue o arquivo 1</textarea>" in answer.text
        else:
            assert answer.status_code == 303
            assert "senha.txt" in client.get(f"/central/{number}").text


def test_long_and_empty_answers_come_back(instance: Instance):
    number = instance.opened()
    with instance.client() as client:
        assert send(client, f"/central/{number}/responder", text=" \r\n ").status_code == 422
        long = send(client, f"/central/{number}/responder", text="é" * 20_001)
        assert long.status_code == 422
        assert "passou de 20.000" in long.text.lower()
        assert send(client, f"/central/{number}/responder", text="é" * 20_000).status_code == 303


def test_mail_is_shown_as_text_and_its_html_only_in_a_closed_frame(instance: Instance):
    number = instance.mailed("Glosa", "Bom dia", "<p>Bom <b>dia</b></p>")
    with instance.client() as client:
        page = client.get(f"/central/{number}").text
        frame = re.search(r'data-frame="([^"]+)"', page)
        assert frame
        assert "Mostrar texto citado, 1 linha" in page
        assert "Remetente verificado" in page
        html = client.get(frame[1])
    assert "<b>dia</b>" in html.text
    policy = html.headers["content-security-policy"]
    assert "sandbox" in policy
    assert "default-src 'none'" in policy


def test_a_draft_waits_and_is_forgotten_once_sent(instance: Instance):
    """Also when a page that was read before the sending saves once more, as a second tab does."""
    number = instance.opened()
    with instance.client() as client:
        here = f"/central/{number}"

        def turn() -> str:
            return re.findall(r'data-turn="(\d+)"', client.get(here).text)[0]

        def save(text: str, turn: str) -> httpx.Response:
            return send(client, f"{here}/rascunho", text=text, turn=turn)

        first = turn()
        assert save("Ainda escrevendo", first).status_code == 204
        assert "Ainda escrevendo</textarea>" in client.get(here).text
        # A note from its own form leaves the composer as it is.
        send(client, f"{here}/nota", text="À parte")
        assert "Ainda escrevendo</textarea>" in client.get(here).text
        send(client, f"{here}/responder", text="Pronto 1")
        late = save("Ainda escrevendo", first)
        assert (late.status_code, late.json()) == (409, {"turn": int(turn())})
        assert "Ainda escrevendo" not in client.get(here).text
        second = turn()
        assert save("Mais uma coisa", second).status_code == 204
        assert save("Ainda escrevendo", first).status_code == 409
        assert "Mais uma coisa</textarea>" in client.get(here).text
        send(client, f"{here}/nota", text="Só nossa", **{"from": "composer"})
        assert save("Mais uma coisa", second).status_code == 409
        third = turn()
        send(client, f"{here}/assumir")
        send(client, f"{here}/desistir", drop="1")
        assert save("Desisti disto", third).status_code == 409
        assert "Desisti disto" not in client.get(here).text


def test_a_page_that_stays_open_keeps_its_claim(instance: Instance):
    number = instance.opened()
    instance.write(tickets.claim, instance.desk("ana"), number)
    before = instance.ticket(number).claimed_until
    with instance.client() as client:
        assert send(client, f"/central/{number}/renovar").status_code == 204
    after = instance.ticket(number).claimed_until
    assert before is not None
    assert after is not None
    assert after > before


def test_the_queue_beside_leads_to_the_next_and_the_one_before(instance: Instance):
    numbers = [instance.opened(f"Fila {n}") for n in range(3)]
    query = "situacao=todos&ordem=chamado&q=Fila"
    with instance.client() as client:
        page = client.get(f"/central/{numbers[1]}?{query}").text
    links = re.findall(r'rel="(prev|next)" href="/central/(\d+)\?', page)
    assert links == [("prev", str(numbers[0])), ("next", str(numbers[2]))]


def test_closing_with_a_reason_of_another_subclassification_is_refused(instance: Instance):
    number = instance.opened()
    with instance.client() as client:
        answer = send(
            client,
            f"/central/{number}/encerrar",
            status="EPR",
            text="Pago em 30/11",
            reason="GLO.1.1",
        )
    assert answer.status_code == 422
    assert "Pago em 30/11</textarea>" in answer.text
    assert closing.is_generic("Resolvido")


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("nota", "Nota interna no chamado"),
        ("pendente", "Deixar pendente o chamado"),
        ("encaminhar", "Encaminhar o chamado"),
        ("classificar", "Classificar o chamado"),
        ("encerrar", "Encerrar o chamado"),
        ("reabrir", "Reabrir o chamado"),
        ("excluir", "Excluir o chamado"),
    ],
)
def test_each_form_is_a_dialog_for_the_script_and_a_page_without(
    instance: Instance, path: str, title: str
):
    number = instance.opened()
    with instance.client() as client:
        page = client.get(f"/central/{number}/{path}").text
        dialog = client.get(f"/central/{number}/{path}", headers={"hx-request": "true"}).text
    assert f"<title>{title} {number} · Ponte</title>" in page
    assert f"{title} {number}</h2>" in dialog
    for text in (page, dialog):
        assert f'action="/central/{number}/{path}"' in text
        assert f'name="version" value="{instance.ticket(number).version}"' in text


def test_the_parts_of_an_open_page_come_alone(instance: Instance):
    number = instance.opened("Partes")
    with instance.client() as client:
        talk = client.get(f"/central/{number}/conversa").text
        head = client.get(f"/central/{number}/cabeca").text
    assert talk.lstrip().startswith('<div class="talk"')
    assert "Enviamos o lote 0112" in talk
    assert head.lstrip().startswith('<div class="tk"')
    assert "Partes" in head


def test_a_failed_answer_offers_another_endpoint(instance: Instance):
    number = instance.mailed("Outro caminho", "Onde está?")
    instance.write(
        lambda s: s.add(Endpoint(number=number, channel="mail", address="lab@aurora.example"))
    )
    sent = instance.write(tickets.reply, instance.desk("ana"), number, "Está aqui 1")
    row = instance.read(lambda s: s.scalar(select(Outbox.id).where(Outbox.message_id == sent)))
    instance.write(outbox.failed, row, "550 5.1.1 não existe", now=instance.now, status="5.1.1")
    with instance.client() as client:
        page = client.get(f"/central/{number}").text
        offer = re.search(rf'action="(/central/{number}/mensagens/{sent}/por/\d+)"', page)
        assert offer
        assert "Reenviar por E-mail (" in page
        assert "Não entregue: caixa inexistente" in page
        assert send(client, offer[1]).status_code == 303
    states = instance.read(
        lambda s: dict(
            s.execute(
                select(Delivery.recipient, Delivery.state).where(Delivery.message_id == sent)
            ).all()
        )
    )
    assert states == {"luciana@vila.example": "failed", "lab@aurora.example": "queued"}


def test_answer_and_pending_in_one_breath(instance: Instance):
    number = instance.opened()
    with instance.client() as client:
        done = send(client, f"/central/{number}/responder", text="Mande o XML 1", depois="pendente")
    assert done.headers["location"] == "/central"
    ticket = instance.ticket(number)
    assert (ticket.situation, ticket.waiting_on) == ("pending", "provider")


def test_refused_notes_come_back_where_they_were_written(instance: Instance):
    number = instance.opened()
    with instance.client() as client:
        composer = send(client, f"/central/{number}/nota", text=" ", **{"from": "composer"})
        own = send(client, f"/central/{number}/nota", text=" ")
        bad = send(client, f"/central/{number}/pendente", text="x 1", until="amanhã")
        past = send(client, f"/central/{number}/pendente", text="x 1", until="2020-01-01")
        gone = send(client, f"/central/{number}/desistir")
    assert 'id="compose"' in composer.text
    assert "Nota interna no chamado" in own.text
    assert (composer.status_code, own.status_code) == (422, 422)
    assert (bad.status_code, past.status_code) == (422, 422)
    assert gone.status_code == 303


def test_an_emptied_draft_is_forgotten(instance: Instance):
    number = instance.opened()
    with instance.client() as client:
        send(client, f"/central/{number}/rascunho", text="Algo")
        send(client, f"/central/{number}/rascunho", text="  ")
        assert "Algo</textarea>" not in client.get(f"/central/{number}").text
        assert send(client, "/central/999999/rascunho", text="Algo").status_code == 404


def test_looking_at_what_is_secret_is_kept(instance: Instance):
    number = instance.mailed("Sigilo visto", "Bom dia")
    instance.write(
        lambda s: s.execute(
            update(Ticket).where(Ticket.number == number).values(secret_group="sigilo")
        )
    )
    with instance.client("sara") as client:
        assert client.get(f"/central/{number}").status_code == 200
        assert client.get(f"/central/{number}/mensagens/1/original").status_code == 404
        assert client.get(f"/central/{number}/mensagens/1/html").status_code == 404
    seen = instance.read(
        lambda s: list(s.scalars(select(Access.what).where(Access.number == number)))
    )
    assert seen == ["ticket"]
