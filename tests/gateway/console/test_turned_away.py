"""Mail that gets into no conversation: forgers wait in quarantine with the reason and the
suggestion on the page, machines are ignored and say so in the laboratory."""

import html
import smtplib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from helpdesk import closing
from helpdesk.models import Endpoint, Held, InboundRaw, Message, Outbox, Ticket
from helpdesk.reply_addresses import reply_address
from helpdesk.tokens import Keyring
from tests.channels.mail.samples import sample
from tests.gateway.console.door import BOX, SERVER, Door, soon
from tests.gateway.console.test_broken_mail import arrived, last

DOMAIN = "vila.example"
MEMBER = f"luciana@{DOMAIN}"
TITLE = "Glosa do lote 77"
#: one address of its own, whoever reads it as a word or as two
HIDDEN = f"=?utf-8?Q?attacker?Q?luciana?=@{DOMAIN}"
#: known to whoever saw the first mail
FIRST = f"<primeira@{DOMAIN}>"
#: signs as we do, but not for us
OTHERS = Keyring([b"o" * 32])

INVALID = "Código de resposta inválido", "traz um código que não é nosso"
OUTSIDER = "Não participa do chamado", "quem escreve não participa dele"
UNVERIFIED = "Remetente não verificado", "Não foi possível confirmar que a mensagem veio"
FALSE = "Não veio de quem diz", "O domínio do remetente diz que esta mensagem não é dele"
NOBODY = FALSE[0], "A mensagem não diz de que endereço veio."
SEVERAL = FALSE[0], "A mensagem diz ser de mais de um remetente."


def passed(domain: str = DOMAIN, server: str = SERVER, result: str = "pass") -> str:
    return f"Authentication-Results: {server}; dmarc={result} header.from={domain}\n"


@dataclass(frozen=True)
class Victim:
    """A true conversation of the clinic's."""

    door: Door
    number: int

    @property
    def endpoint(self) -> int:
        of_it = select(Endpoint.id).where(Endpoint.number == self.number)
        return self.door.instance.read(lambda s: s.scalars(of_it).one())

    @property
    def protocol(self) -> str:
        return self.door.instance.ticket(self.number).protocol or ""

    def reply(self) -> str:
        ring = self.door.instance.runtime.policy.keyring
        return reply_address(BOX, ring.reply_token(self.number, self.endpoint))

    def issued(self, ring: Keyring | None = None) -> str:
        """A Message-ID that we sent, or that another's key signed."""
        keys = ring or self.door.instance.runtime.policy.keyring
        return keys.message_id(self.number, 7, self.endpoint, "op.example")

    def counts(self) -> tuple[int, ...]:
        """Tickets, messages and what we have to send."""
        return self.door.instance.read(
            lambda s: tuple(
                s.scalar(select(func.count()).select_from(table)) or 0
                for table in (Ticket, Message, Outbox)
            )
        )


@pytest.fixture(scope="module")
def victim(door: Door) -> Victim:
    raw = f"{passed()}From: {MEMBER}\nSubject: {TITLE}\nMessage-ID: {FIRST}\n\nA guia 45871.\n"
    before = door.instance.read(last)
    with smtplib.SMTP("127.0.0.1", door.port, timeout=60) as smtp:
        smtp.sendmail(MEMBER, [BOX], raw)
    return Victim(door, soon(lambda: door.instance.read(arrived, before)))


def settled(session: Session, after: int, count: int) -> list[InboundRaw] | None:
    """What came in since, in its order, once it is known where all of it belongs."""
    placed = (InboundRaw.id > after, InboundRaw.state != "waiting")
    found = session.scalars(select(InboundRaw).where(*placed).order_by(InboundRaw.id)).all()
    return list(found) if len(found) == count else None


@dataclass(frozen=True)
class Turned:
    """What a list of mails left behind: the arrivals by name, and whether our tables grew."""

    arrivals: dict[str, InboundRaw]
    grew: bool
    client: httpx.Client

    def page(self, path: str) -> str:
        return html.unescape(self.client.get(path).text)


@contextmanager
def handed_over(victim: Victim, mails: dict[str, bytes], sender: str) -> Iterator[Turned]:
    door, before = victim.door, victim.counts()
    after = door.instance.read(last)
    with smtplib.SMTP("127.0.0.1", door.port, timeout=60) as smtp:
        for raw in mails.values():
            smtp.sendmail(sender, [BOX], raw)
    found = soon(lambda: door.instance.read(settled, after, len(mails)))
    with door.instance.client() as client:
        yield Turned(dict(zip(mails, found, strict=True)), victim.counts() != before, client)


def altered(issued: str) -> str:
    """The same id with another signature."""
    token, _, domain = issued.partition("@")
    return f"{token[:-1]}{'b' if token[-1] != 'b' else 'c'}@{domain}"


@dataclass(frozen=True)
class Forged:
    """`headers`: all but the subject, which names the protocol. `says`: label and meaning.
    `sender`: whom the page names."""

    headers: Callable[[Victim], str]
    says: tuple[str, str]
    sender: str = MEMBER


FORGED = {
    "a signed id that was altered": Forged(
        lambda v: f"{passed()}From: {MEMBER}\nIn-Reply-To: {altered(v.issued())}\n", INVALID
    ),
    "an id that another key signed": Forged(
        lambda v: f"{passed()}From: {MEMBER}\nReferences: {v.issued(OTHERS)}\n", INVALID
    ),
    "a true id in a stranger's hand": Forged(
        lambda v: f"{passed('fora.example')}From: x@fora.example\nIn-Reply-To: {v.issued()}\n",
        OUTSIDER,
        "x@fora.example",
    ),
    "a domain that looks alike": Forged(
        lambda v: f"{passed('vi1a.example')}From: luciana@vi1a.example\nTo: {v.reply()}\n",
        OUTSIDER,
        "luciana@vi1a.example",
    ),
    "a true participant and the number alone": Forged(lambda _: f"From: {MEMBER}\n", UNVERIFIED),
    "a foreign id that the first mail had": Forged(
        lambda _: f"From: {MEMBER}\nIn-Reply-To: {FIRST}\n", UNVERIFIED
    ),
    "our server's word below another's": Forged(
        lambda _: f"{passed(server='mx.fora.example')}{passed()}From: {MEMBER}\n", UNVERIFIED
    ),
    "our server's word below its own": Forged(
        lambda _: f"{passed(result='fail')}{passed()}From: {MEMBER}\n", FALSE
    ),
    "an address inside an encoded word": Forged(
        lambda v: f"{passed()}From: {HIDDEN}\nTo: {v.reply()}\n", OUTSIDER, HIDDEN
    ),
    "the participant's address as a name": Forged(
        lambda v: f'{passed("fora.example")}From: "{MEMBER}" <x@fora.example>\nTo: {v.reply()}\n',
        OUTSIDER,
        "x@fora.example",
    ),
    "nobody": Forged(lambda v: f"{passed()}To: {v.reply()}\n", NOBODY, "sem remetente"),
    "two at once": Forged(
        lambda v: f"{passed()}From: x@fora.example\nFrom: {MEMBER}\nTo: {v.reply()}\n",
        SEVERAL,
        "x@fora.example",
    ),
}


@pytest.fixture(scope="module")
def held(victim: Victim) -> Iterator[Turned]:
    mails = {
        name: f"{forged.headers(victim)}Subject: Re: {victim.protocol}\n\nEm segredo: {name}\n"
        for name, forged in FORGED.items()
    }
    raws = {name: text.encode() for name, text in mails.items()}
    with handed_over(victim, raws, "x@fora.example") as found:
        yield found


@pytest.mark.parametrize("name", FORGED)
def test_a_forger_waits_with_the_reason_and_the_suggestion(victim: Victim, held: Turned, name: str):
    waits = select(Held.public_id).where(Held.raw_id == held.arrivals[name].id)
    page = held.page(f"/central/quarentena/{victim.door.instance.read(Session.scalar, waits)}")
    label, meaning = FORGED[name].says
    assert f"Retida: {label.lower()}." in page
    assert meaning in page
    assert f"<{FORGED[name].sender}>" in page
    assert f"com sugestão: chamado {victim.number}, {TITLE}" in page
    assert f"Anexar ao {victim.number}" in page


def test_no_forger_gets_in_or_is_answered(victim: Victim, held: Turned):
    assert not held.grew
    conversation = held.page(f"/central/{victim.number}")
    assert "A guia 45871." in conversation
    assert "Em segredo" not in conversation


LIST = "List-Id: <prestadores.associacao.example>\nPrecedence: list\n"
#: mail of machines: all of it as sent, the sender, and what the laboratory calls it
MACHINES: dict[str, tuple[Callable[[Victim], bytes], str]] = {
    "a complaint about one of ours": (
        lambda v: sample("denuncia-de-spam").replace(
            b"<ponte.79.x@planoipe.example>", v.issued().encode()
        ),
        "denúncia de spam",
    ),
    "a list that names the protocol": (
        lambda v: (
            f"{passed('associacao.example')}From: boletim@associacao.example\n{LIST}"
            f"Subject: Re: {v.protocol}\nTo: {v.reply()}\n\nNovidades.\n"
        ).encode(),
        "lista de discussão",
    ),
    "our own mail, sent back": (
        lambda v: (
            f"{passed('op.example')}From: {BOX}\nTo: {MEMBER}\nMessage-ID: {v.issued()}\n"
            f"Subject: Re: {v.protocol}\n\nSua resposta.\n"
        ).encode(),
        "mensagem nossa que voltou",
    ),
    "our own mail under the clinic's name": (
        lambda v: (
            f"{passed()}From: {MEMBER}\nTo: {v.reply()}\nMessage-ID: {v.issued()}\n"
            f"Subject: Re: {v.protocol}\n\nSua resposta.\n"
        ).encode(),
        "mensagem nossa que voltou",
    ),
}


@pytest.fixture(scope="module")
def ignored(victim: Victim) -> Iterator[Turned]:
    """Once the insurer is done with the conversation."""
    desk = victim.door.instance.desk("ana")
    victim.door.instance.write(closing.close, desk, victim.number, status="EPR", body="Pago.")
    mails = {name: write(victim) for name, (write, _) in MACHINES.items()}
    with handed_over(victim, mails, "") as found:
        yield found


@pytest.mark.parametrize("name", MACHINES)
def test_a_machine_is_ignored_and_the_laboratory_says_why(ignored: Turned, name: str):
    page = ignored.page("/central/quarentena/entradas")
    own = f'/central/quarentena/entradas/{ignored.arrivals[name].id}"'
    row = page.partition(own)[2].partition("</tr>")[0]
    assert "Ignorada" in row
    assert MACHINES[name][1] in row


def test_no_machine_opens_reopens_or_is_answered(victim: Victim, ignored: Turned):
    assert not ignored.grew
    assert victim.door.instance.ticket(victim.number).situation == "closed"
