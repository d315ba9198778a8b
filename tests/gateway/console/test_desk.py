"""Joining, separating, keeping secret, consulting and asking, by plain forms."""

import re

from sqlalchemy import select

from helpdesk import pendency, secrecy
from helpdesk.models import Alert, Attachment, Message
from tests.gateway.console.served import Instance, send
from tests.gateway.console.test_ticket import messages, version


def test_a_ticket_is_joined_to_another_and_given_back(instance: Instance):
    first, second = instance.opened("Glosa da guia 1"), instance.opened("A mesma glosa")
    with instance.client() as client:
        form = client.get(f"/central/{second}/juntar").text
        joined = send(client, f"/central/{second}/juntar", into=first, version=version(form))
        assert joined.status_code == 303
        page = client.get(f"/central/{first}").text
        assert page.count("Enviamos o lote 0112") >= 2
        there = client.get(f"/central/{second}").text
        assert f"Juntado ao {first}" in there
        assert instance.ticket(second).merged_into == first
        back = send(client, f"/central/{second}/desjuntar")
        assert "Junção desfeita" in client.get(back.headers["location"]).text
    assert instance.ticket(second).merged_into is None
    assert instance.ticket(second).situation == "open"


def test_the_other_is_named_by_protocol_too_and_a_wrong_one_is_explained(instance: Instance):
    first, second = instance.opened(), instance.opened()
    foreign = instance.opened(provider="P2")
    with instance.client() as client:
        for wrong, words in (
            ("", "falta preencher"),
            ("999999999", "não existe"),
            (str(foreign), "outro prestador"),
            (str(second), "este mesmo chamado"),
        ):
            answer = send(client, f"/central/{second}/juntar", into=wrong)
            assert answer.status_code == 422
            assert words in answer.text.lower()
        answer = send(client, f"/central/{second}/juntar", into=instance.ticket(first).protocol)
    assert answer.status_code == 303
    assert instance.ticket(second).merged_into == first


def test_a_message_is_separated_once(instance: Instance):
    number = instance.mailed("Lote 0112", "E a senha da guia 88?")
    message = messages(instance, number)[0].id
    with instance.client() as client:
        form = client.get(f"/central/{number}/separar?message={message}")
        assert "Separar a mensagem" in form.text
        refused = send(client, f"/central/{number}/separar", message=message, title="Senha")
        assert refused.status_code == 422
        asked = {"message": message, "title": "Senha da guia 88", "classification": "AUT"}
        made = [
            send(client, f"/central/{number}/separar", **asked).headers["location"]
            for _ in range(2)
        ]
        page = client.get(made[0]).text
    assert made[0] == made[1]
    assert "Senha da guia 88" in page
    assert f"Ligado ao {number}" in page


def test_a_secret_ticket_is_for_its_group_and_opened_with_a_reason(instance: Instance):
    number = instance.opened("Assunto do jurídico")
    with instance.client("chefe") as chief, instance.client("rafael") as rafael:
        hidden = send(chief, f"/central/{number}/sigilo", group="sigilo")
        assert hidden.status_code == 303
        assert rafael.get(f"/central/{number}").status_code == 404
        assert rafael.get("/central/abrir-sigiloso").status_code == 403
        assert chief.get(f"/central/{number}").status_code == 404
        short = send(chief, "/central/abrir-sigiloso", ticket=number, reason="sim")
        assert short.status_code == 422
        assert "pelo menos 10 caracteres" in short.text
        unknown = send(
            chief, "/central/abrir-sigiloso", ticket="88888888", reason="Uma liminar chegou."
        )
        assert "não existe" in unknown.text.lower()
        opened = send(
            chief, "/central/abrir-sigiloso", ticket=number, reason="Uma liminar chegou hoje."
        )
        assert opened.status_code == 303
        page = chief.get(opened.headers["location"])
        assert "Assunto do jurídico" in page.text
        logs = chief.get(f"/central/{number}/logs")
        assert "Uma liminar chegou hoje." in logs.text
        assert send(chief, f"/central/{number}/sigilo", group="").status_code == 303
        assert rafael.get(f"/central/{number}").status_code == 200
    sara = instance.desk("sara").actor.id
    told = instance.read(
        lambda s: list(s.scalars(select(Alert.kind).where(Alert.agent_id == sara)))
    )
    assert told == ["glass-broken"]


def test_one_message_and_one_attachment_are_kept_by_themselves(instance: Instance):
    number = instance.opened()
    with instance.client("ana") as ana:
        send(
            ana,
            f"/central/{number}/responder",
            text="Segue o parecer.",
            files={"attachments": ("parecer.txt", b"texto", "text/plain")},
        )
        message = messages(instance, number)[-1].id
        public_id = instance.read(
            lambda s: s.scalar(select(Attachment.public_id).where(Attachment.number == number))
        )
        kept = send(ana, f"/central/{number}/anexos/{public_id}/quem-ve", audience="internal")
        assert kept.status_code == 303
        assert send(ana, f"/central/{number}/mensagens/{message}/sigilo", group="sigilo")
        assert "Segue o parecer." not in ana.get(f"/central/{number}").text
    found = instance.read(lambda s: s.get_one(Message, message))
    assert found.secret_group == "sigilo"
    assert instance.read(secrecy.groups) == ["sigilo"]


def test_another_sector_is_asked_and_the_ticket_stays(instance: Instance):
    number = instance.opened()
    with instance.client("rafael") as client:
        empty = send(client, f"/central/{number}/consultar", sector="CTM", note="")
        assert empty.status_code == 422
        asked = send(client, f"/central/{number}/consultar", sector="CTM", note="A tabela mudou?")
        assert asked.status_code == 303
    ticket = instance.ticket(number)
    assert (ticket.waiting_on, ticket.situation) == ("internal", "open")
    ana = instance.desk("ana").actor.id
    told = instance.read(
        lambda s: list(
            s.scalars(select(Alert.kind).where(Alert.agent_id == ana, Alert.number == number))
        )
    )
    assert told == ["consulted"]


def test_what_is_asked_item_by_item_is_ticked_off(instance: Instance):
    number = instance.opened()
    with instance.client() as client:
        form = client.get(f"/central/{number}/pendente").text
        assert 'name="ask"' in form
        sent = send(
            client,
            f"/central/{number}/pendente",
            text="Faltam documentos.",
            ask="Guia assinada\nRelatório médico",
        )
        assert sent.status_code == 303
        page = client.get(f"/central/{number}").text
        assert "Pedido ao prestador: 0 de 2" in page
        item = re.search(rf'action="/central/{number}/itens/(\d+)"', page)
        assert item
        ticked = send(client, f"/central/{number}/itens/{item[1]}", there="1")
        assert "Pedido ao prestador: 1 de 2" in client.get(ticked.headers["location"]).text
        send(client, f"/central/{number}/itens/{item[1]}", there="0")
    items = instance.read(pendency.of_ticket, number)
    assert [i.answered_at for i in items] == [None, None]
