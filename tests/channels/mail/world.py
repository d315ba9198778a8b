"""One operadora with two providers, seen by raw mail: what the forgers of `forgeries` write to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from channels.mail.config import MailConfig
from channels.mail.understand import Reader
from gateway.blobs import FileBlobs
from helpdesk import intake, tickets
from helpdesk.border import Inbound, Outcome, Receipt, Refusal
from helpdesk.models import Endpoint, Held, InboundRaw, Message, Outbox, Ticket
from helpdesk.policy import Policy
from helpdesk.reply_addresses import reply_address
from tests.helpdesk.factories import (
    CLINIC,
    NOW,
    desk_of,
    endpoints_of,
    know,
    make_agent,
    make_person,
    make_provider,
)

CENTRAL, FALE = "central@operadora.example", "fale@operadora.example"
AUTHSERV = "mx.operadora.example"
STRANGER, LAB = "estranho@fora.example", "lab@lab.example"
LUCIANA = "luciana@clinica.example"
#: the first mail of the clinic, known to whoever saw it
FIRST = "<primeira@clinica.example>"
#: everybody who may ever be written to, whatever arrives
TRUSTED = frozenset({CLINIC, LUCIANA, LAB, "rui@operadora.example", "ana@operadora.example"})


def passed(domain: str) -> str:
    """What our own server writes above a mail whose sender it could verify."""
    return f"Authentication-Results: {AUTHSERV}; dkim=pass header.d={domain}; dmarc=pass"


def failed(domain: str) -> str:
    return f"Authentication-Results: {AUTHSERV}; dkim=none; dmarc=fail header.from={domain}"


@dataclass
class World:
    session: Session
    policy: Policy
    reader: Reader
    blobs: FileBlobs
    now: datetime = NOW
    clinic: int = 0
    lab: int = 0
    ticket: Ticket = None  # type: ignore[assignment]  # opened below, by mail
    arrivals: int = 0

    @property
    def endpoint(self) -> Endpoint:
        return endpoints_of(self.session, self.ticket.number)[CLINIC]

    @property
    def token(self) -> str:
        return self.policy.keyring.reply_token(self.ticket.number, self.endpoint.id)

    @property
    def reply(self) -> str:
        """The address that answers to our mail go to."""
        return reply_address(CENTRAL, self.token)

    @property
    def issued(self) -> str:
        """A Message-ID that we signed for the clinic."""
        ring = self.policy.keyring
        return ring.message_id(self.ticket.number, 7, self.endpoint.id, "operadora.example")

    @property
    def protocol(self) -> str:
        assert self.ticket.protocol is not None
        return self.ticket.protocol

    def read(self, raw: bytes, recipients: Sequence[str] = ()) -> Inbound:
        """As an applier reads it: the arrival is a row, its bytes go through the real parser."""
        self.arrivals += 1
        row = InboundRaw(
            arrival=f"smtp:{self.arrivals}",
            mailbox=CENTRAL,
            envelope_from="",
            recipients=list(recipients),
            sha256="",
            size=len(raw),
            received_at=self.now,
            thread_key="",
            quiet=False,
            imported=False,
            verdict="",
            judged="",
        )
        self.session.add(row)
        self.session.flush()
        return self.reader(row, raw)

    def receive(
        self, raw: bytes, recipients: Sequence[str] = (), policy: Policy | None = None
    ) -> Receipt | Refusal:
        read = self.read(raw, recipients)
        return intake.receive_many(self.session, [read], policy or self.policy, now=self.now)[0]

    def messages(self) -> dict[int, int]:
        """How many messages each ticket holds."""
        found: dict[int, int] = {}
        for number in self.session.scalars(select(Message.number)):
            found[number] = found.get(number, 0) + 1
        return found

    def reached(self, number: int) -> set[str]:
        """Addresses an answer of this ticket may go to."""
        return {
            e.address
            for e in endpoints_of(self.session, number).values()
            if e.state in {"active", "failing"} and e.channel == "mail"
        }

    def told(self) -> set[str]:
        return set(self.session.scalars(select(Outbox.address)))

    def held(self) -> list[Held]:
        return list(self.session.scalars(select(Held).order_by(Held.id)))

    def answer(self, number: int) -> None:
        """As an agent does, choosing nothing: by default it goes where the last word came from."""
        ana = make_agent(self.session, f"resposta{number}")
        tickets.reply(self.session, desk_of(ana, self.policy, self.now), number, "Segue a análise.")


def mail(*fields: str, body: str = "Segue a guia.") -> bytes:
    """Headers as given, topmost first; what is needed and missing is added."""
    names = {field.partition(":")[0].lower() for field in fields}
    standard = {
        "to": f"To: {CENTRAL}",
        "date": "Date: Tue, 24 Nov 2026 09:00:00 -0300",
        "message-id": "Message-ID: <golpe@fora.example>",
        "subject": "Subject: Consulta",
    }
    added = [line for name, line in standard.items() if name not in names]
    return "\r\n".join([*fields, *added, "", body, ""]).encode()


def build(session: Session, policy: Policy, blobs: FileBlobs) -> World:
    config = MailConfig.model_validate(
        {"address": CENTRAL, "authserv_id": AUTHSERV, "mailboxes": [{"address": FALE}]}
    )
    world = World(session, policy, Reader(config, policy.keyring, blobs), blobs)
    world.clinic = make_provider(session, "P1")
    know(session, world.clinic, CLINIC)
    make_person(session, world.clinic, "Luciana Reis", LUCIANA)
    world.lab = make_provider(session, "LAB2")
    know(session, world.lab, LAB)
    make_agent(session, "ana")
    first = mail(
        passed("clinica.example"),
        f"From: Recepcao <{CLINIC}>",
        f"Message-ID: {FIRST}",
        "Subject: Glosa do lote 18",
        body="A guia 45871 foi glosada.",
    )
    answer = world.receive(first)
    assert isinstance(answer, Receipt)
    assert answer.outcome is Outcome.OPENED
    world.ticket = session.get_one(Ticket, answer.number)
    return world
