"""Attempts to get into a conversation, or to have its answers sent elsewhere: one entry a case.

A case builds raw bytes for a `World` (after changing it, where that is the point) and says what has
to come of them: a hold reason of the contract, `opened` (a protocol of the writer's own provider),
`joined` (a true participant, who must not be able to send the answer elsewhere), `noted` (automatic).
"""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from sqlalchemy import update

from helpdesk import domains
from helpdesk.border import HoldReason
from helpdesk.models import Agent, Endpoint, Membership, Person, Provider, ProviderDomain, Ticket
from helpdesk.reply_addresses import reply_address
from helpdesk.tokens import Keyring
from tests.channels.mail.world import (
    AUTHSERV,
    CENTRAL,
    CLINIC,
    FALE,
    FIRST,
    LAB,
    LUCIANA,
    STRANGER,
    World,
    failed,
    mail,
    passed,
)
from tests.helpdesk.factories import desk_of, endpoints_of, make_agent

OPENED, JOINED, NOTED = "opened", "joined", "noted"
UNKNOWN, OUTSIDER = HoldReason.UNKNOWN_SENDER, HoldReason.NOT_A_PARTICIPANT
UNVERIFIED, FAILED = HoldReason.UNVERIFIED, HoldReason.AUTHENTICATION_FAILED
FORGED = HoldReason.FORGED_TOKEN
#: somebody else's secret: signs as we do, but not for us
OTHERS = Keyring([b"o" * 32])

#: raw bytes, and the recipients of the envelope when they are not those of the header
Built = bytes | tuple[bytes, Sequence[str]]
Write = Callable[[World], Built]


@dataclass(frozen=True)
class Case:
    """`suggests`: the victim's ticket stands beside the held message for an agent to decide."""

    name: str
    expected: str
    write: Write
    suggests: bool = False


# What names the ticket, in the hand of somebody who has no business there.

Evidence = Callable[[World], tuple[Sequence[str], str, Sequence[str]]]
#: headers, body, envelope recipients
NAMING: dict[str, Evidence] = {
    "number in the subject": lambda w: ((f"Subject: Re: {w.protocol}",), "", ()),
    "number in groups": lambda w: (
        (f"Subject: Protocolo {w.protocol[:6]}.{w.protocol[6:14]}-{w.protocol[14:]}",), "", (),
    ),
    "number in an encoded subject": lambda w: (
        (f"Subject: =?utf-8?Q?Protocolo_{w.protocol}?=",), "", (),
    ),
    "token in To": lambda w: ((f"To: {w.reply}",), "", ()),
    "token in Cc": lambda w: ((f"Cc: {w.reply}",), "", ()),
    "token in the envelope alone": lambda w: ((), "", (w.reply,)),
    "token in Delivered-To": lambda w: ((f"Delivered-To: {w.reply}",), "", ()),
    "token at another mailbox of ours": lambda w: (
        (f"To: {reply_address(FALE, w.token)}",), "", (),
    ),
    "token in capitals": lambda w: ((f"To: {w.reply.upper()}",), "", ()),
    "our id in In-Reply-To": lambda w: ((f"In-Reply-To: {w.issued}",), "", ()),
    "our id in References": lambda w: ((f"References: <x@y> {w.issued}",), "", ()),
    "the first mail's id": lambda _: ((f"In-Reply-To: {FIRST}",), "", ()),
    "everything at once": lambda w: (
        (f"To: {w.reply}", f"Subject: {w.protocol}", f"References: {FIRST} {w.issued}"), "", (),
    ),
}  # fmt: skip
MENTIONING: dict[str, Evidence] = {
    "number in the text": lambda w: ((), f"Ref. protocolo {w.protocol}", ()),
    "number in a quotation": lambda w: ((), f"Veja.\r\n\r\n> Protocolo: {w.protocol}", ()),
    "token in the text": lambda w: ((), w.reply, ()),
    "token in Bcc": lambda w: ((f"Bcc: {w.reply}",), "", ()),
    "token at a foreign domain": lambda w: (
        (f"To: {w.reply.partition('@')[0]}@fora.example",), "", (CENTRAL,),
    ),
    "token as a display name": lambda w: ((f'To: "{w.reply}" <{CENTRAL}>',), "", ()),
    "number in a header nobody reads": lambda w: ((f"X-Protocolo: {w.protocol}",), "", ()),
    "id in Message-ID's place of another header": lambda w: ((f"X-Ref: {w.issued}",), "", ()),
}  # fmt: skip
#: who writes: headers on top, and what is expected of evidence and of mere mention
WRITERS: dict[str, tuple[Sequence[str], str, str]] = {
    "a stranger": ((f"From: {STRANGER}",), OUTSIDER, UNKNOWN),
    "a verified stranger": ((passed("fora.example"), f"From: {STRANGER}"), OUTSIDER, UNKNOWN),
    "another provider": ((f"From: {LAB}",), OUTSIDER, OPENED),
    "another provider, verified": ((passed("lab.example"), f"From: {LAB}"), OUTSIDER, OPENED),
}


def _named(who: Sequence[str], evidence: Evidence, world: World) -> Built:
    headers, body, recipients = evidence(world)
    return mail(*who, *headers, body=body or "Quero a resposta."), recipients


def _foreign() -> list[Case]:
    found: list[Case] = []
    for writer, (who, held, mere) in WRITERS.items():
        for name, evidence in NAMING.items():
            write = partial(_named, who, evidence)
            found.append(Case(f"{writer}: {name}", held, write, suggests=True))
        for name, evidence in MENTIONING.items():
            found.append(Case(f"{writer}: {name}", mere, partial(_named, who, evidence)))
    return found


# Tokens and ids that were never ours, sent by the true participant's own server.


_names = itertools.count(1)


def _flipped(token: str, at: int) -> str:
    other = "b" if token[at] != "b" else "c"
    return token[:at] + other + token[at + 1 :]


def _asked(world: World, *, domain: str = "grupo.example") -> ProviderDomain:
    ana = make_agent(world.session, f"cadastro{next(_names)}")
    desk = desk_of(ana, world.policy, world.now)
    return domains.ask(world.session, desk, "P1", domain, f"ti@{domain}")


TOKENS: dict[str, Callable[[World], str]] = {
    "of another key": lambda w: OTHERS.reply_token(w.ticket.number, w.endpoint.id),
    "cut": lambda w: w.token[:-1],
    "longer": lambda w: w.token + "a",
    "with the signature changed": lambda w: _flipped(w.token, -3),
    "with the ticket changed": lambda w: _flipped(w.token, 9),
    "with the endpoint changed": lambda w: _flipped(w.token, 18),
    "with the version changed": lambda w: _flipped(w.token, 0),
    "with the key id changed": lambda w: _flipped(w.token, 3),
    "invented": lambda _: "a" * 39,
    "made for an agent": lambda w: w.policy.keyring.agent_token(w.ticket.number, w.endpoint.id),
    "made for bounces": lambda w: w.policy.keyring.bounce_token(w.ticket.number),
    "made for a domain that is gone": lambda w: w.policy.keyring.domain_token(99, w.now),
}
IDS: dict[str, Callable[[World], str]] = {
    "of another key": lambda w: OTHERS.message_id(
        w.ticket.number, 7, w.endpoint.id, "operadora.example"
    ),
    "with the signature changed": lambda w: f"<{_flipped(w.issued.strip('<>'), 45)}",
    "with the ticket changed": lambda w: f"<{_flipped(w.issued.strip('<>'), 9)}",
    "of another key, below a true one": lambda w: " ".join(
        (w.issued, OTHERS.message_id(w.ticket.number, 7, w.endpoint.id, "operadora.example"))
    ),
}
CLINIC_VERIFIED = (passed("clinica.example"), f"From: Recepcao <{CLINIC}>")


def _with_token(make: Callable[[World], str], world: World) -> Built:
    return mail(*CLINIC_VERIFIED, f"To: {reply_address(CENTRAL, make(world))}")


def _with_id(make: Callable[[World], str], world: World) -> Built:
    return mail(*CLINIC_VERIFIED, f"References: {make(world)}")


def _imitations() -> list[Case]:
    tokens = [
        Case(f"a token {name}", FORGED, partial(_with_token, make)) for name, make in TOKENS.items()
    ]
    ids = [Case(f"an id {name}", FORGED, partial(_with_id, make)) for name, make in IDS.items()]
    others = OTHERS.message_id(1, 7, 1, "ponte.outra.example")
    return [
        *tokens,
        *ids,
        Case("an id of another operadora's Ponte", OPENED, partial(_with_id, lambda _: others)),
        Case("a number that was never given", OPENED,
             lambda w: mail(*CLINIC_VERIFIED, f"Subject: {w.protocol[:-3]}999")),
        Case("a true token beside a forged one", FORGED,
             lambda w: mail(*CLINIC_VERIFIED, f"To: {w.reply}, {reply_address(CENTRAL, 'b' * 39)}")),
    ]  # fmt: skip


# The true participant's address in From, written by somebody else.

TRUE_FROM = f"From: Recepcao <{CLINIC}>"


def _as_clinic(*top: str) -> Callable[[World], Built]:
    return lambda w: mail(*top, TRUE_FROM, f"Subject: {w.protocol}", f"References: {FIRST}")


RESULTS: dict[str, tuple[str, Sequence[str]]] = {
    "without any result": (UNVERIFIED, ()),
    "a pass of another server": (
        UNVERIFIED, ("Authentication-Results: mx.fora.example; dkim=pass header.d=clinica.example",),
    ),
    "our pass below another server's": (
        UNVERIFIED,
        ("Authentication-Results: mx.fora.example; dkim=none", passed("clinica.example")),
    ),
    "our pass below our own fail": (
        FAILED, (failed("clinica.example"), passed("clinica.example")),
    ),
    "our pass below our own nothing": (
        UNVERIFIED, (f"Authentication-Results: {AUTHSERV}; none", passed("clinica.example")),
    ),
    "our name in a comment": (
        UNVERIFIED,
        (f"Authentication-Results: mx.fora.example ({AUTHSERV}); dkim=pass header.d=clinica.example",),
    ),
    "our name as a suffix": (
        UNVERIFIED,
        (f"Authentication-Results: x.{AUTHSERV}; dkim=pass header.d=clinica.example",),
    ),
    "a signature of another domain": (FAILED, (passed("fora.example").replace("; dmarc=pass", ""),)),
    "a signature of a look-alike": (
        FAILED, (f"Authentication-Results: {AUTHSERV}; dkim=pass header.d=clinica-example.net",),
    ),
    "a signature of a domain that begins like it": (
        FAILED,
        (f"Authentication-Results: {AUTHSERV}; dkim=pass header.d=clinica.example.fora.example",),
    ),
    "SPF of the forger's own domain": (
        FAILED, (f"Authentication-Results: {AUTHSERV}; spf=pass smtp.mailfrom=fora.example",),
    ),
    "DMARC that failed beside a signature": (
        FAILED,
        (f"Authentication-Results: {AUTHSERV}; dkim=pass header.d=clinica.example; dmarc=fail",),
    ),
    "a pass in a comment": (
        FAILED,
        (f"Authentication-Results: {AUTHSERV}; dkim=fail (dkim=pass header.d=clinica.example)",),
    ),
    "a pass by ARC": (
        UNVERIFIED,
        (f"ARC-Authentication-Results: i=1; {AUTHSERV}; dkim=pass header.d=clinica.example",),
    ),
    "a pass under an invented name": (
        UNVERIFIED,
        (f"X-Authentication-Results: {AUTHSERV}; dkim=pass header.d=clinica.example",),
    ),
    "a pass in encoded words": (
        UNVERIFIED,
        ("Authentication-Results: =?utf-8?Q?mx.operadora.example=3B_dkim=3Dpass?=",),
    ),
    "Received-SPF": (UNVERIFIED, ("Received-SPF: pass (clinica.example)",)),
}  # fmt: skip


def _forged_from() -> list[Case]:
    found = [
        Case(f"From of the participant, {name}", expected, _as_clinic(*top), suggests=True)
        for name, (expected, top) in RESULTS.items()
    ]
    return [
        *found,
        Case("From of the participant, number alone", UNVERIFIED,
             lambda w: mail(TRUE_FROM, f"Subject: Re: {w.protocol}"), suggests=True),
        Case("From of the participant, the first mail's id alone", UNVERIFIED,
             lambda _: mail(TRUE_FROM, f"In-Reply-To: {FIRST}"), suggests=True),
        Case("From of the participant, failed, with the token", FAILED,
             lambda w: mail(failed("clinica.example"), TRUE_FROM, f"To: {w.reply}"), suggests=True),
        Case("From of a person of the provider with another's token", UNVERIFIED,
             lambda w: mail(f"From: {LUCIANA}", f"To: {w.reply}"), suggests=True),
        Case("From of a person of the provider with another's id", UNVERIFIED,
             lambda w: mail(f"From: {LUCIANA}", f"References: {w.issued}"), suggests=True),
    ]  # fmt: skip


# Headers that say one thing and show another. The server vouches for the stranger's own domain.

FROMS: dict[str, tuple[str, Sequence[str]]] = {
    "address as a display name": (OUTSIDER, (f'From: "{CLINIC}" <{STRANGER}>',)),
    "bare address before the true one": (OUTSIDER, (f"From: {CLINIC} <{STRANGER}>",)),
    "encoded address as a name": (
        OUTSIDER, (f"From: =?utf-8?Q?recepcao=40clinica.example?= <{STRANGER}>",),
    ),
    "address in a comment": (OUTSIDER, (f"From: {STRANGER} ({CLINIC})",)),
    "quoted local part": (OUTSIDER, (f'From: "{CLINIC}"@fora.example',)),
    "per cent in the local part": (OUTSIDER, ("From: recepcao%clinica.example@fora.example",)),
    "source route": (OUTSIDER, (f"From: <@clinica.example:{STRANGER}>",)),
    "encoded word inside the address": (
        FAILED, ("From: =?utf-8?Q?recepcao?=@clinica.example@fora.example",),
    ),
    "two From": (FAILED, (f"From: {STRANGER}", f"From: {CLINIC}")),
    "two From, the participant first": (FAILED, (f"From: {CLINIC}", f"From: {STRANGER}")),
    "Sender is the participant": (OUTSIDER, (f"From: {STRANGER}", f"Sender: {CLINIC}")),
    "Resent-From is the participant": (OUTSIDER, (f"From: {STRANGER}", f"Resent-From: {CLINIC}")),
    "Reply-To is the participant": (OUTSIDER, (f"From: {STRANGER}", f"Reply-To: {CLINIC}")),
    "Return-Path is the participant": (OUTSIDER, (f"Return-Path: <{CLINIC}>", f"From: {STRANGER}")),
    "a group with the name of the participant": (OUTSIDER, (f"From: {CLINIC}: {STRANGER};",)),
    "NUL before the true domain": (FAILED, ("From: recepcao@clinica.example\0@fora.example",)),
}  # fmt: skip
LOOKALIKES = {
    "hyphen for dot": "clinica-example.net",
    "ours as a subdomain of theirs": "clinica.example.fora.example",
    "a subdomain": "mail.clinica.example",
    "a digit": "c1inica.example",
    "an accent": "clínica.example",
    "the accent in ASCII": "xn--clnica-5va.example",
    "a Cyrillic letter": "сlinica.example",
    "full width": "ｃlinica.example",
    "a soft hyphen": "cli\u00adnica.example",
    "a zero-width joiner": "clin\u200dica.example",
    "another top level": "clinica.example.br",
}


def _disguises() -> list[Case]:
    found: list[Case] = []
    for name, (expected, headers) in FROMS.items():
        found.append(
            Case(f"disguise: {name}", expected, partial(_disguised, headers), suggests=True)
        )
    for name, domain in LOOKALIKES.items():
        headers = (f"From: recepcao@{domain}",)
        write = partial(_disguised, headers, domain)
        found.append(Case(f"look-alike domain: {name}", OUTSIDER, write, suggests=True))
    return found


def _disguised(
    headers: Sequence[str], domain_or_world: "str | World", world: "World | None" = None
) -> Built:
    domain = domain_or_world if isinstance(domain_or_world, str) else "fora.example"
    found = world if world is not None else domain_or_world
    assert isinstance(found, World)
    return mail(passed(domain), *headers, f"To: {found.reply}", f"Subject: {found.protocol}")


# True participants whose answers somebody wants elsewhere.

STEERING: dict[str, Sequence[str]] = {
    "Reply-To": (f"Reply-To: {STRANGER}",),
    "Reply-To under the participant's name": (f'Reply-To: "{CLINIC}" <{STRANGER}>',),
    "Reply-To of several": (f"Reply-To: {STRANGER}, {CLINIC}",),
    "Reply-To of another provider": (f"Reply-To: {LAB}",),
    "Reply-To of an agent": ("Reply-To: ana@operadora.example",),
    "Cc": (f"Cc: {STRANGER}",),
    "To": (f"To: {CENTRAL}, {STRANGER}, {LAB}",),
    "Sender": (f"Sender: {STRANGER}",),
    "Return-Path": (f"Return-Path: <{STRANGER}>",),
    "Disposition-Notification-To": (f"Disposition-Notification-To: {STRANGER}",),
    "Errors-To": (f"Errors-To: {STRANGER}",),
    "Mail-Followup-To": (f"Mail-Followup-To: {STRANGER}",),
}


def _steering() -> list[Case]:
    found: list[Case] = []
    for name, headers in STEERING.items():
        joins = partial(_steered, headers, reply=True)
        opens = partial(_steered, headers, reply=False)
        found.append(Case(f"a reply whose {name} leads elsewhere", JOINED, joins))
        found.append(Case(f"a first mail whose {name} leads elsewhere", OPENED, opens))
    return found


def _steered(headers: Sequence[str], world: World, *, reply: bool) -> Built:
    thread = (f"In-Reply-To: {world.issued}",) if reply else ()
    return mail(*CLINIC_VERIFIED, *headers, *thread), ()


# People, providers and tickets that are no longer what they were.


def _set(world: World, model: type, **values: object) -> None:
    world.session.execute(update(model).values(**values))
    world.session.expire_all()


def _removed(world: World) -> Built:
    built = mail(f"From: {STRANGER}", f"To: {world.reply}")
    end = Endpoint(number=world.ticket.number, channel="mail", address=STRANGER, state="removed")
    world.session.add(end)
    world.session.flush()
    token = world.policy.keyring.reply_token(world.ticket.number, end.id)
    return built.replace(world.token.encode(), token.encode())


def _unconfirmed(world: World) -> Built:
    """Somebody typed this address into a form; its owner never said that it is theirs."""
    end = Endpoint(
        number=world.ticket.number, channel="mail", address=STRANGER, state="unconfirmed"
    )
    world.session.add(end)
    world.session.flush()
    issued = world.policy.keyring.message_id(world.ticket.number, 9, end.id, "operadora.example")
    return mail(passed("fora.example"), f"From: {STRANGER}", f"In-Reply-To: {issued}")


def _luciana_left(model: type, world: World) -> Built:
    """She wrote before, so an endpoint of the ticket is hers; then she left."""
    assert world.receive(
        mail(passed("clinica.example"), f"From: {LUCIANA}", f"Subject: {world.protocol}",
             "Message-ID: <antes@clinica.example>")
    )  # fmt: skip
    end = endpoints_of(world.session, world.ticket.number)[LUCIANA]
    token = world.policy.keyring.reply_token(world.ticket.number, end.id)
    # What she said counted then; the answer goes back to who is still there.
    assert world.receive(
        mail(*CLINIC_VERIFIED, f"To: {world.reply}", "Message-ID: <depois@clinica.example>")
    )
    _set(world, model, active=False)
    return mail(passed("clinica.example"), f"From: {LUCIANA}",
                f"To: {reply_address(CENTRAL, token)}")  # fmt: skip


def _provider_left(world: World) -> Built:
    built = mail(*CLINIC_VERIFIED, f"To: {world.reply}")
    _set(world, Provider, active=False)
    return built


def _on_ticket(values: Callable[[World], dict[str, object]], world: World) -> Built:
    built = mail(passed("fora.example"), f"From: {STRANGER}", f"To: {world.reply}")
    number = world.ticket.number
    world.session.execute(update(Ticket).where(Ticket.number == number).values(**values(world)))
    world.session.expire_all()
    return built


TICKETS: dict[str, Callable[[World], dict[str, object]]] = {
    "secret": lambda _: {"secret_group": "juridico"},
    "closed": lambda w: {"situation": "closed", "closed_at": w.now - timedelta(days=1)},
    "closed long ago": lambda w: {"situation": "closed", "closed_at": w.now - timedelta(days=90)},
}


def _deleted(world: World) -> Built:
    values = {"deleted_at": world.now, "situation": "closed", "closed_at": world.now}
    return _on_ticket(lambda _: dict(values), world)


def _merged(world: World) -> Built:
    answer = world.receive(
        mail(*CLINIC_VERIFIED, "Subject: Outro", "Message-ID: <outro@clinica.example>")
    )
    return _on_ticket(lambda w: {"merged_into": answer.number, "situation": "closed",  # type: ignore[union-attr]
                                 "closed_at": w.now}, world)  # fmt: skip


# Agents and domains.


def _as_agent(*top: str, told: bool = False, names: bool = True) -> Callable[[World], Built]:
    def write(world: World) -> Built:
        rui = make_agent(world.session, "rui")
        token = world.policy.keyring.agent_token(world.ticket.number, rui.id or 0)
        to = reply_address(CENTRAL, token) if told else world.reply if names else CENTRAL
        return mail(*top, "From: rui@operadora.example", f"To: {to}", body="#responder\r\nPago.")

    return write


def _told_agent_left(world: World) -> Built:
    built = _as_agent(passed("operadora.example"), told=True)(world)
    world.session.execute(update(Agent).where(Agent.login == "rui").values(active=False))
    world.session.expire_all()
    return built


def _agent_without_right(world: World) -> Built:
    rui = make_agent(world.session, "rui", permissions=("ticket.read", "ticket.note"))
    token = world.policy.keyring.agent_token(world.ticket.number, rui.id or 0)
    return mail(passed("operadora.example"), "From: rui@operadora.example",
                f"To: {reply_address(CENTRAL, token)}", body="#responder Pago.")  # fmt: skip


def _agent_of_no_group(world: World) -> Built:
    built = _as_agent(passed("operadora.example"), told=True)(world)
    _set(world, Ticket, secret_group="juridico")
    return built


def _others_agent_token(world: World) -> Built:
    """A stranger got hold of the reply address of a notice to an agent."""
    ana = make_agent(world.session, "bia")
    token = world.policy.keyring.agent_token(world.ticket.number, ana.id or 0)
    return mail(passed("fora.example"), f"From: {STRANGER}", f"To: {reply_address(CENTRAL, token)}")


def _from_domain(sender: str, world: World, *top: str, proved: bool = False) -> Built:
    row = _asked(world)
    row.verified_at = world.now if proved else None
    world.session.flush()
    return mail(*top, f"From: {sender}", f"Subject: {world.protocol}")


def _proof(sender: str, *top: str, late: timedelta = timedelta()) -> Callable[[World], Built]:
    def write(world: World) -> Built:
        row = _asked(world)
        token = world.policy.keyring.domain_token(row.id, row.asked_at)
        world.now += late
        return mail(*top, f"From: {sender}", f"To: {reply_address(CENTRAL, token)}")

    return write


def _asked_anew(world: World) -> Built:
    row = _asked(world)
    token = world.policy.keyring.domain_token(row.id, row.asked_at)
    world.now += timedelta(hours=1)
    _asked(world)
    return mail(passed("grupo.example"), "From: ti@grupo.example",
                f"To: {reply_address(CENTRAL, token)}")  # fmt: skip


def _robot(world: World) -> Built:
    row = _asked(world)
    token = world.policy.keyring.domain_token(row.id, row.asked_at)
    return mail(passed("grupo.example"), "From: ti@grupo.example", "Auto-Submitted: auto-replied",
                f"To: {reply_address(CENTRAL, token)}")  # fmt: skip


def _changed() -> list[Case]:
    grupo = passed("grupo.example")
    return [
        Case("the token of an endpoint that was removed", OUTSIDER, _removed, suggests=True),
        Case("an address that was never confirmed", OUTSIDER, _unconfirmed, suggests=True),
        Case("a person who was deactivated", OUTSIDER, partial(_luciana_left, Person), True),
        Case("a person who left the provider", OUTSIDER, partial(_luciana_left, Membership), True),
        Case("a provider that left", OUTSIDER, _provider_left, suggests=True),
        *(
            Case(f"a stranger with the token of a ticket {name}", OUTSIDER,
                 partial(_on_ticket, values), suggests=True)
            for name, values in TICKETS.items()
        ),
        Case("a stranger with the token of a deleted ticket", UNKNOWN, _deleted),
        Case("a stranger with the token of a merged ticket", OUTSIDER, _merged),
        Case("an agent's address, unverified", UNVERIFIED, _as_agent(), suggests=True),
        Case("an agent's address, failed, with its own token", FAILED,
             _as_agent(failed("operadora.example"), told=True), suggests=True),
        Case("an agent's address, verified, about no ticket", OUTSIDER,
             _as_agent(passed("operadora.example"), names=False)),
        Case("an agent who left", FORGED, _told_agent_left, suggests=True),
        Case("an agent who may not answer", OUTSIDER, _agent_without_right, suggests=True),
        Case("an agent who may not see the ticket", OUTSIDER, _agent_of_no_group, suggests=True),
        Case("a stranger with an agent's token", FORGED, _others_agent_token, suggests=True),
        Case("a domain that was asked and never answered", OUTSIDER,
             lambda w: _from_domain("x@grupo.example", w, grupo), suggests=True),
        Case("a proved domain, unverified, with the number", UNVERIFIED,
             lambda w: _from_domain("x@grupo.example", w, proved=True), suggests=True),
        Case("a subdomain of a proved domain", OUTSIDER,
             lambda w: _from_domain("x@sub.grupo.example", w, passed("sub.grupo.example"),
                                    proved=True), suggests=True),
        Case("an answer for a domain from elsewhere", OUTSIDER,
             _proof("ti@fora.example", passed("fora.example"))),
        Case("an answer for a domain from its subdomain", OUTSIDER,
             _proof("ti@sub.grupo.example", passed("sub.grupo.example"))),
        Case("an answer for a domain, unverified, not by who was asked", UNVERIFIED,
             _proof("outro@grupo.example")),
        Case("an answer for a domain, failed", FAILED,
             _proof("ti@grupo.example", failed("grupo.example"))),
        Case("an answer for a domain after its time", FORGED,
             _proof("ti@grupo.example", grupo, late=timedelta(days=31))),
        Case("an answer to a question that was asked anew", FORGED, _asked_anew),
        Case("a robot's answer for a domain", NOTED, _robot),
    ]  # fmt: skip


GROUPS = {
    "foreign senders": _foreign(),
    "imitations": _imitations(),
    "forged From": _forged_from(),
    "disguises": _disguises(),
    "steering": _steering(),
    "what changed": _changed(),
}
CASES = tuple(case for cases in GROUPS.values() for case in cases)
#: what docs/mail.md says
LEAST_CASES = 80
