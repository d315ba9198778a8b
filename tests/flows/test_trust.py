"""Who a mail is from, through the door: SMTP in, judged by DNS or our server's word, on the page."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from gateway.work import Work
from helpdesk.models import Outbox
from tests.doubles import dns
from tests.doubles.keys import rsa_key, signed
from tests.doubles.processes import wait_until
from tests.doubles.relay import Relay
from tests.flows import hands, mails
from tests.flows.conftest import Launch, Seat
from tests.flows.instance import ADDRESS, LUCIANA, Instance

DOMAIN = LUCIANA.rpartition("@")[2]
OURS = "mx.operadora.example"


@pytest.fixture
def zone() -> Iterator[dns.Zone]:
    records = {
        f"_dmarc.{DOMAIN}": ["v=DMARC1; p=reject"],
        f"s1._domainkey.{DOMAIN}": [rsa_key().record],
    }
    with dns.serving(dns.Zone(records)) as zone:
        yield zone


def letter(subject: str, message_id: str) -> bytes:
    mail = mails.letter(LUCIANA, subject, "Segue a guia.", message_id=message_id)
    return mail.as_bytes(policy=mail.policy.clone(linesep="\r\n"))


def held(instance: Instance, count: int) -> list[dict[str, str]]:
    wait_until(
        lambda: len(instance.call("GET", "/quarantine")["items"]) >= count, lambda: instance.log
    )
    return instance.call("GET", "/quarantine")["items"]


def test_dkim_and_dmarc_of_the_sender_by_our_own_check(
    launch: Launch, relay: Relay, seat: Seat, zone: dns.Zone
):
    instance = launch(PONTE_MAIL__RESOLVER=f"127.0.0.1:{zone.port}", PONTE_MAIL__UNVERIFIED="hold")
    ana = seat()
    hands.enter_console(ana, instance.url)
    mails.send_raw(instance.smtp_port, signed(letter("Assinada", "assinada-1"), DOMAIN))
    (ticket,) = instance.wait_tickets(1)
    hands.open_ticket(ana, instance.url, ticket["number"])
    expect(hands.talk(ana)).to_contain_text("Remetente verificado")
    expect(hands.talk(ana)).to_contain_text("a Ponte conferiu a assinatura do domínio (DKIM)")

    # somebody who only writes her name is never taken for her, whatever he knows
    forged = letter(f"Protocolo {ticket['protocol']}", "forjada-1")
    mails.send_raw(instance.smtp_port, forged)
    (one,) = held(instance, 1)
    assert (one["reason"], one["from"]) == ("authentication-failed", LUCIANA)
    assert len(instance.ticket(ticket["number"])["messages"]) == 1
    ana.goto(f"{instance.url}/central/quarentena")
    article = ana.get_by_role("article")
    expect(article).to_contain_text("o domínio exige assinatura, e ela falta ou não confere")

    # the domain has changed its mind since: what was judged once stays judged
    zone.records.clear()
    instance.stop()
    instance.start()
    instance.call("POST", f"/quarantine/{one['id']}/retry")
    (again,) = held(instance, 1)
    assert again["reason"] == "authentication-failed"


def test_a_dns_server_that_fails_lets_mail_wait_and_nobody_in(
    launch: Launch, relay: Relay, zone: dns.Zone
):
    instance = launch(PONTE_MAIL__RESOLVER=f"127.0.0.1:{zone.port}", PONTE_MAIL__UNVERIFIED="hold")
    zone.broken.add(DOMAIN)
    mails.send_raw(instance.smtp_port, signed(letter("Assinada", "assinada-2"), DOMAIN))
    (one,) = held(instance, 1)
    assert one["reason"] == "unverified"
    # asked again once DNS answers: a server that was silent has judged nothing
    zone.broken.clear()
    instance.stop()
    instance.start()
    instance.call("POST", f"/quarantine/{one['id']}/retry")
    (ticket,) = instance.wait_tickets(1)
    assert ticket["title"] == "Assinada"


def test_only_the_topmost_word_of_our_server_counts(launch: Launch, relay: Relay, seat: Seat):
    instance = launch(PONTE_MAIL__AUTHSERV_ID=OURS)
    passed = f"dmarc=pass header.from={DOMAIN}"
    for n, headers in enumerate(
        [
            [f"{OURS}; dmarc=fail header.from={DOMAIN}", f"{OURS}; {passed}"],
            [f"mx.golpe.example; {passed}", f"{OURS}; {passed}"],
            [f"{OURS}; spf=pass smtp.mailfrom=golpe.example"],
        ]
    ):
        head = "".join(f"Authentication-Results: {value}\r\n" for value in headers)
        mails.send_raw(instance.smtp_port, head.encode() + letter("Guia", f"forjada-{n}"))
    found = held(instance, 3)
    assert sorted(one["reason"] for one in found) == [
        "authentication-failed", "authentication-failed", "unverified",
    ]  # fmt: skip
    assert instance.tickets() == []

    mails.send_raw(
        instance.smtp_port,
        f"Authentication-Results: {OURS}; {passed}\r\n".encode() + letter("Guia", "boa-1"),
    )
    (ticket,) = instance.wait_tickets(1)
    ana = seat()
    hands.enter_console(ana, instance.url)
    hands.open_ticket(ana, instance.url, ticket["number"])
    expect(hands.talk(ana)).to_contain_text("Remetente verificado")
    expect(hands.talk(ana)).to_contain_text("o DMARC do domínio confere")


def refused(instance: Instance) -> str:
    """Why what is to leave is still here."""
    work = Work(instance.database)
    try:
        return " ".join(work.read_now(lambda s: s.scalars(select(Outbox.error)).all()))
    finally:
        work.close()


def test_nothing_leaves_in_the_clear_where_tls_is_asked_for(
    launch: Launch, relay: Relay, seat: Seat
):
    # A host that is not called loopback, and a relay that does not offer STARTTLS
    instance = launch(PONTE_MAIL__RELAY_URL=relay.url.replace("127.0.0.1", "0.0.0.0"))
    mails.send_raw(instance.smtp_port, letter("Guia", "aberta-2"))
    (ticket,) = instance.wait_tickets(1)
    number = ticket["number"]
    instance.call("POST", f"/tickets/{number}/messages", {"kind": "reply", "text": "Segue."})
    wait_until(lambda: "STARTTLS" in refused(instance), lambda: instance.log)
    ana = seat()
    hands.enter_console(ana, instance.url)
    hands.open_ticket(ana, instance.url, number)
    expect(ana.locator("article.us footer")).to_contain_text(re.compile("Na fila|Atrasada"))
    assert relay.handed == []


def test_nobody_writes_the_headers_of_what_leaves(launch: Launch, relay: Relay, seat: Seat):
    instance = launch()
    subject = b"Subject: =?utf-8?q?Guia=0D=0ABcc:_golpe@fora.example=0D=0A=0D=0AVeja_isto?=\r\n"
    name = f"From: =?utf-8?q?Lu=0D=0ABcc:_golpe@fora.example?= <{LUCIANA}>\r\n".encode()
    written = letter("Guia", "injeta-1").replace(b"Subject: Guia\r\n", subject)
    mails.send_raw(instance.smtp_port, written.replace(f"From: {LUCIANA}\r\n".encode(), name))
    (ticket,) = instance.wait_tickets(1)
    number = ticket["number"]
    instance.call("POST", f"/tickets/{number}/messages", {"kind": "reply", "text": "Segue."})
    for handed in relay.wait(2, LUCIANA):
        assert handed.recipients == (LUCIANA,)
        assert handed.notify == ("NOTIFY=FAILURE,DELAY",)
        assert handed.message["Bcc"] is None
        assert handed.message.defects == []
        assert "Guia" in str(handed.message["Subject"])
    ana = seat()
    hands.enter_console(ana, instance.url)
    hands.open_ticket(ana, instance.url, number)
    expect(ana.locator("article.us footer")).to_contain_text("Enviado")
    expect(ana.get_by_role("main")).to_contain_text("Guia Bcc: golpe@fora.example")


def test_what_leaves_is_signed_for_everybody_to_check(launch: Launch, relay: Relay):
    instance = launch(PONTE_MAIL__DKIM_KEY=rsa_key().private, PONTE_MAIL__DKIM_SELECTOR="ponte")
    mails.send_raw(instance.smtp_port, letter("Guia", "aberta-1"))
    (handed,) = relay.wait(1, LUCIANA)
    signature = str(handed.message["DKIM-Signature"])
    assert f"d={ADDRESS.rpartition('@')[2]}" in signature
    assert "s=ponte" in signature
