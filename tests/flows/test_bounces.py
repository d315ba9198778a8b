"""What comes back: from the SMTP door to the message on the page, the bell and the next way."""

import re
import smtplib

from playwright.sync_api import expect

from tests.doubles.processes import PATIENCE, wait_until
from tests.doubles.relay import Handed, Relay
from tests.flows import hands, mails
from tests.flows.conftest import Seat
from tests.flows.instance import ADDRESS, LUCIANA, Instance

SECOND = "faturamento@vilaserena.example"


def report(
    lost: Handed,
    status: str = "5.1.1",
    *,
    action: str = "failed",
    name: str = "r",
    proof: bool = True,
    to: str = "",
) -> bytes:
    """As Postfix says it. `proof`: with the headers of what it returns."""
    words = {"5.1.1": "550 5.1.1 user unknown", "4.4.1": "connection timed out"}[status]
    headers = f"Message-ID: {lost.message['Message-ID']}" if proof else "Subject: x"
    lines = f"""From: MAILER-DAEMON@mx.vilaserena.example (Mail Delivery System)
To: {to or lost.sender}
Subject: Undelivered Mail Returned to Sender
Message-ID: <{name}@mx.vilaserena.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b

This is the mail system at host mx.vilaserena.example.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.vilaserena.example

Final-Recipient: rfc822; {lost.recipients[0]}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {words}

--b
Content-Type: text/rfc822-headers

{headers}

--b--
"""
    return lines.replace("\n", "\r\n").encode()


def come_back(instance: Instance, mail: bytes, to: str) -> None:
    with smtplib.SMTP("127.0.0.1", instance.smtp_port, timeout=PATIENCE) as smtp:
        smtp.sendmail("", [to], mail)


def applied(instance: Instance, count: int) -> None:
    """Wait until so many mails in all were understood and placed."""
    wait_until(lambda: instance.settled() >= count, lambda: instance.log)


def asked(instance: Instance) -> int:
    mails.send(instance.smtp_port, mails.letter(LUCIANA, "Glosa", "Por quê?", message_id="p-1"))
    (ticket,) = instance.wait_tickets(1)
    return ticket["number"]


def answered(instance: Instance, relay: Relay, number: int, count: int) -> Handed:
    instance.call("POST", f"/tickets/{number}/messages", {"kind": "reply", "text": "Segue."})
    return relay.wait(count, LUCIANA)[-1]


def delivery(instance: Instance, number: int) -> str:
    (found,) = instance.ticket(number)["messages"][1]["deliveries"]
    return found["state"]


def test_an_answer_that_came_back_is_seen_and_sent_another_way(
    instance: Instance, relay: Relay, seat: Seat
):
    instance.call("PUT", "/providers/P1", {"email": SECOND})
    number = asked(instance)
    ana = seat()
    hands.enter_console(ana, instance.url)
    lost = answered(instance, relay, number, 2)
    hands.open_ticket(ana, instance.url, number)
    bell = ana.get_by_role("link", name="Avisos:")
    expect(bell).to_have_accessible_name("Avisos: nenhum por ler")

    come_back(instance, report(lost), lost.sender)
    said = ana.locator("article.us footer")
    expect(said).to_contain_text("Não entregue: caixa inexistente")
    expect(said).to_contain_text(LUCIANA)
    expect(bell).to_have_accessible_name("Avisos: 1 por ler")
    bell.click()
    expect(ana.get_by_role("main")).to_contain_text("Mensagem não entregue")
    expect(ana.get_by_role("main")).to_contain_text("caixa inexistente")
    ana.get_by_role("button", name=f"Abrir o chamado {number}").click()
    expect(ana).to_have_url(re.compile(rf"/central/{number}\?mensagem=\d+#m\d+$"))
    expect(bell).to_have_accessible_name("Avisos: nenhum por ler")

    ana.get_by_role("button", name=f"Reenviar por E-mail ({SECOND})").click()
    again = relay.wait(1, SECOND)[-1]
    # Nobody has written from there: it is told where to read, not what was said
    assert "Segue." not in mails.text_of(again.message)
    expect(said).to_contain_text(SECOND)
    assert instance.ticket(number)["situation"] == "open"


def test_a_closing_text_that_came_back_rings_and_reopens_nothing(
    instance: Instance, relay: Relay, seat: Seat
):
    number = asked(instance)
    instance.call("POST", f"/tickets/{number}/close", {"status": "EPR", "text": "Pago."})
    lost = relay.wait(2, LUCIANA)[-1]
    ana = seat()
    hands.enter_console(ana, instance.url)
    hands.is_live(ana)
    come_back(instance, report(lost), lost.sender)
    expect(ana.get_by_role("link", name="Avisos:")).to_have_accessible_name("Avisos: 1 por ler")
    assert instance.ticket(number)["situation"] == "closed"


def test_what_proves_nothing_changes_nothing(instance: Instance, relay: Relay):
    """No token, a forged one, another one's, and the report of another mail's recipient."""
    number = asked(instance)
    lost = answered(instance, relay, number, 2)
    acknowledged = relay.handed[0]
    local, domain = lost.sender.split("@")
    forged = f"{local[:-4]}aaaa@{domain}"
    for n, to in enumerate((ADDRESS, forged, acknowledged.sender)):
        come_back(instance, report(lost, name=f"forged-{n}", proof=False, to=to), to)
    applied(instance, 4)
    # The acknowledgement's own token proves the acknowledgement's loss, and nothing else
    assert delivery(instance, number) == "sent"
    messages = instance.ticket(number)["messages"]
    assert [m["direction"] for m in messages] == ["inbound", "outbound", "inbound"]
    assert len(instance.tickets()) == 1


def receipt(lost: Handed) -> bytes:
    """As Outlook says that it was read (RFC 8098)."""
    lines = f"""From: {LUCIANA}
To: {lost.sender}
Subject: Lida
Message-ID: <lida@vilaserena.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=disposition-notification; boundary=b

--b

Sua mensagem foi lida.

--b
Content-Type: message/disposition-notification

Final-Recipient: rfc822; {LUCIANA}
Disposition: manual-action/MDN-sent-manually; displayed

--b--
"""
    return lines.replace("\n", "\r\n").encode()


def test_a_delay_an_absence_and_a_receipt_are_noted_quietly(
    instance: Instance, relay: Relay, seat: Seat
):
    number = asked(instance)
    lost = answered(instance, relay, number, 2)
    before = instance.ticket(number)
    come_back(instance, report(lost, "4.4.1", action="delayed"), lost.sender)
    absence = mails.letter(
        LUCIANA, "Fora do escritório", "Estou de férias até 10/12.", to=lost.sender, message_id="f"
    )
    absence["Auto-Submitted"] = "auto-replied"
    come_back(instance, bytes(absence), lost.sender)
    come_back(instance, receipt(lost), lost.sender)
    applied(instance, 4)
    ana = seat()
    hands.enter_console(ana, instance.url)
    hands.open_ticket(ana, instance.url, number)
    expect(ana.locator("article.us footer")).to_contain_text("Atrasada")
    read = ana.locator("article", has_text="Sua mensagem foi lida.")
    expect(read).to_contain_text("Confirmação de leitura")
    note = ana.locator("article", has_text="Estou de férias")
    expect(note).to_contain_text("Ausência")
    expect(note).to_contain_text("só a equipe vê")
    after = instance.ticket(number)
    assert (after["waiting_on"], after["deadline"]) == (before["waiting_on"], before["deadline"])
    assert len(relay.handed) == 2
