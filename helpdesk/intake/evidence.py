"""What a mail says about which ticket it belongs to, and who its sender is there."""

from helpdesk.border import Channel, Inbound, MailFacts
from helpdesk.intake import facts as loading
from helpdesk.intake.facts import Facts, Owner
from helpdesk.matching import Layer, Match, SenderProvider, mentions
from helpdesk.models import Ticket
from helpdesk.policy import Policy
from helpdesk.tokens import Keyring

#: who has these states is no participant: removed, or never said that the address is theirs
OUTSIDE = frozenset({"removed", "unconfirmed"})


def matches(inbound: Inbound, mail: MailFacts, facts: Facts, keyring: Keyring) -> list[Match]:
    """What each layer found, equals of a layer in the order in which they are preferred."""
    found: list[Match] = []
    for token in mail.tokens:
        ref = keyring.read_reply_token(token)
        if ref is not None:
            found += _signed(Layer.TOKEN, ref.number, ref.endpoint_id, inbound, facts)
    for reference in reversed(mail.references):
        issued = keyring.read_message_id(reference)
        if issued is not None:
            found += _signed(Layer.ISSUED_ID, issued.number, issued.endpoint_id, inbound, facts)
    numbers = [(Layer.SUBJECT_PROTOCOL, facts.protocols.get(p)) for p in mail.protocols]
    numbers += [(Layer.FOREIGN_ID, facts.mail_ids.get(r)) for r in reversed(mail.references)]
    for layer, number in numbers:
        ticket = existing(facts, number)
        if ticket is not None:
            participant = _participates(ticket, inbound.sender.value, facts)
            found.append(Match(layer, ticket.number, ticket.provider_id, participant))
    return found


def forged(mail: MailFacts, keyring: Keyring) -> bool:
    """Whether it carries what imitates a token or a Message-ID of ours. A token that is ours and
    was made for somebody else's use (an agent, a domain) is no better in this place."""
    wrong = any(keyring.read_reply_token(token) is None for token in mail.tokens)
    return wrong or bool(mail.forged_ids)


def claimed(mail: MailFacts, facts: Facts, policy: Policy) -> tuple[int, ...]:
    """The tickets that forgeries say they are for: a hint for a person, nothing else."""
    if not forged(mail, policy.keyring):
        return ()
    found = (existing(facts, number) for number in loading.named(mail, policy))
    return tuple(dict.fromkeys(ticket.number for ticket in found if ticket is not None))


def existing(facts: Facts, number: int | None) -> Ticket | None:
    """The ticket a number leads to, unless it was deleted."""
    ticket = facts.ticket(number) if number is not None else None
    return None if ticket is None or ticket.deleted_at is not None else ticket


def providers(inbound: Inbound, owners: list[Owner], facts: Facts) -> list[SenderProvider]:
    """The active providers the sender speaks for."""
    wording = f"{inbound.mail.subject if inbound.mail else ''}\n{inbound.text}"
    found: list[SenderProvider] = []
    for owner in owners:
        provider = facts.providers[owner.provider_id]
        if provider.active:
            named = mentions(wording, provider.code, provider.document)
            found.append(SenderProvider(provider.id, named, owner.by_domain))
    return found


def _signed(
    layer: Layer, number: int, endpoint_id: int, inbound: Inbound, facts: Facts
) -> list[Match]:
    ticket = existing(facts, number)
    if ticket is None:
        return []
    issued = next((e for e in facts.endpoints.get(number, []) if e.id == endpoint_id), None)
    return [
        Match(
            layer,
            ticket.number,
            ticket.provider_id,
            participant=_participates(ticket, inbound.sender.value, facts),
            issued_to_sender=issued is not None and issued.address == inbound.sender.value,
            void=issued is None or issued.state == "removed",
        )
    ]


def _participates(ticket: Ticket, address: str, facts: Facts) -> bool:
    """An endpoint of a person counts while that person speaks for the provider."""
    if not facts.providers[ticket.provider_id].active:
        return False
    registered = facts.registered(address, ticket.provider_id) is not None
    return any(
        e.address == address
        and e.channel == Channel.MAIL
        and e.state not in OUTSIDE
        and (e.person_id is None or registered)
        for e in facts.endpoints.get(ticket.number, [])
    )
