"""Mail domains of providers: asked by an agent, proved by an answer from the domain itself.

Whoever writes from a proved domain is read as that provider and receives nothing until registered,
confirmed or ticked (DESIGN §4). A domain is equal to another letter by letter, never by its looks,
and a subdomain is another domain.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from publicsuffixlist import PublicSuffixList
from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk import access, audit, identifiers, notices
from helpdesk.audit import Change
from helpdesk.border import Actor, ActorKind, Channel, HoldReason, Verdict
from helpdesk.desk import Desk
from helpdesk.errors import FieldError, Invalid, NotVisible
from helpdesk.models import Agent, Provider, ProviderDomain
from helpdesk.policy import Policy

#: the notice that asks
NOTICE = "confirm_domain"
#: how long an answer to it counts
LIFE = timedelta(days=30)
#: most rows of the register's page
MOST_SHOWN = 500

#: suffixes under which free mail is offered: `terra.com.br` is free, `terra.med.br` is a clinic
_FREE_SUFFIX = re.compile(r"com|net|me|(?:(?:com|co)\.)?[a-z]{2}")
#: where anybody opens a mailbox: the part before such a suffix
FREE_NAMES = frozenset(
    "gmail googlemail outlook hotmail live msn passport windowslive yahoo ymail rocketmail myyahoo "
    "aol icloud proton protonmail zoho zohomail gmx yandex mailbox tutanota tuta fastmail hushmail "
    "uol bol terra ig globo globomail oi r7 zipmail folha ibest click21 superig pop itelefonica "
    "brturbo sercomtel onda netsite inbox lycos excite mailinator guerrillamail yopmail "
    "10minutemail temp-mail sapo clix hey duck rediffmail naver qq 163 126 sina".split()
)
#: the same where the name alone would say too much
FREE_DOMAINS = frozenset(
    "me.com mac.com pm.me mail.com email.com mail.ru bk.ru list.ru ya.ru veloxmail.com.br "
    "uolmail.com.br vivo.com.br claro.com.br net.com.br usa.com europe.com post.com "
    "consultant.com engineer.com inbox.lv web.de free.fr orange.fr laposte.net libero.it".split()
)


@dataclass(frozen=True, slots=True)
class Listed:
    """A domain with its provider, as the register shows it."""

    id: int
    provider_code: str
    provider_name: str
    domain: str
    asked: str
    asked_at: datetime
    verified_at: datetime | None


@cache
def _suffixes() -> PublicSuffixList:
    """Read at the first question: 10,000 rules that most processes never need."""
    return PublicSuffixList()


def is_shared(domain: str) -> bool:
    """Whether people of many houses write from it: free mail, a public suffix, a host of names."""
    registered = _suffixes().privatesuffix(domain)
    if registered is None:
        return True
    # A mailbox at a name below a free one is as free: user@something.uol.com.br.
    name, _, suffix = registered.partition(".")
    free = name in FREE_NAMES and _FREE_SUFFIX.fullmatch(suffix) is not None
    return free or registered in FREE_DOMAINS


def ask(session: Session, desk: Desk, code: str, domain: str, address: str) -> ProviderDomain:
    """Write to `address`, which lies at `domain`, and ask for an answer. Asking again, also
    somebody else, voids the question before.

    Raises `Forbidden`, `NotVisible` for the provider, `Invalid`.
    """
    access.require(desk.actor, access.writes("domain"))
    provider = session.scalar(select(Provider).where(Provider.code == code, Provider.active))
    if provider is None:
        raise NotVisible("provider", code)
    name = identifiers.email(f"x@{domain.strip().removeprefix('@')}")
    wanted = name.partition("@")[2] if name else ""
    asked = identifiers.email(address)
    errors: list[FieldError] = []
    if not wanted:
        errors.append(FieldError("domain", "invalid" if domain.strip() else "required"))
    elif is_shared(wanted):
        errors.append(FieldError("domain", "shared"))
    elif _is_ours(session, wanted, desk.policy):
        errors.append(FieldError("domain", "ours"))
    if asked is None:
        errors.append(FieldError("address", "invalid" if address.strip() else "required"))
    elif wanted and asked.rpartition("@")[2] != wanted:
        errors.append(FieldError("address", "elsewhere"))
    row = session.scalar(
        select(ProviderDomain)
        .where(ProviderDomain.provider_id == provider.id, ProviderDomain.domain == wanted)
        .with_for_update()
    )
    if row is not None and row.verified_at is not None:
        errors.append(FieldError("domain", "taken"))
    if errors or asked is None:
        raise Invalid(*errors)
    if row is None:
        row = ProviderDomain(provider_id=provider.id, domain=wanted)
        session.add(row)
    row.asked, row.asked_by, row.asked_at = asked, desk.actor.id, desk.now
    session.flush()  # the notice names its id
    change = Change("domain", None, wanted)
    audit.record(
        session, desk.actor, "domain_asked", now=desk.now, changes=(change,), note=provider.code
    )
    question = notices.Notice(
        NOTICE,
        Channel.MAIL,
        asked,
        data={
            "link": "",
            "domain": wanted,
            "provider": provider.name,
            "domain_id": row.id,
            "asked_at": desk.now.isoformat(),
        },
    )
    notices.post(session, [question], now=desk.now)
    return row


def _is_ours(session: Session, domain: str, policy: Policy) -> bool:
    """Where we or one of our agents have a mailbox: it can never speak for a provider."""
    if domain == (policy.mail_address or "").rpartition("@")[2].lower():
        return True
    at = Agent.email.endswith(f"@{domain}", autoescape=True)
    return session.scalar(select(Agent.id).where(at).limit(1)) is not None


def remove(session: Session, desk: Desk, domain_id: int) -> None:
    """Whoever writes from it is a stranger again. Raises `Forbidden`, `NotVisible`."""
    access.require(desk.actor, access.writes("domain"))
    row = session.get(ProviderDomain, domain_id)
    if row is None:
        raise NotVisible("domain", domain_id)
    provider = session.get_one(Provider, row.provider_id)
    session.delete(row)
    change = Change("domain", row.domain, None)
    audit.record(
        session, desk.actor, "domain_removed", now=desk.now, changes=(change,), note=provider.code
    )


def listing(session: Session, actor: Actor, code: str | None = None) -> list[Listed]:
    """Every domain, or those of one provider, by provider and name. Raises `Forbidden`."""
    access.require(actor, access.reads("domain"))
    query = select(ProviderDomain, Provider.code, Provider.name).join(
        Provider, Provider.id == ProviderDomain.provider_id
    )
    if code is not None:
        query = query.where(Provider.code == code)
    query = query.order_by(Provider.sort_name, Provider.id, ProviderDomain.domain)
    return [
        Listed(row.id, key, name, row.domain, row.asked, row.asked_at, row.verified_at)
        for row, key, name in session.execute(query.limit(MOST_SHOWN))
    ]


def of_provider(session: Session, provider_ids: Sequence[int]) -> dict[int, list[str]]:
    """The proved domains of providers, by name."""
    found: dict[int, list[str]] = {}
    query = select(ProviderDomain.provider_id, ProviderDomain.domain).where(
        ProviderDomain.provider_id.in_(provider_ids), ProviderDomain.verified_at.is_not(None)
    )
    for provider_id, domain in session.execute(query.order_by(ProviderDomain.domain)):
        found.setdefault(provider_id, []).append(domain)
    return found


def objection(
    row: ProviderDomain, asked: int, sender: str, verdict: Verdict, policy: Policy, now: datetime
) -> HoldReason | None:
    """Why an answer proves nothing; None when it proves the domain.

    `asked`: the second its token was issued for. A sender nobody vouches for proves it only where
    the instance accepts such mail, and only from the very address that was asked.
    """
    if verdict is Verdict.FAILED:
        return HoldReason.AUTHENTICATION_FAILED
    if asked != int(row.asked_at.timestamp()) or now > row.asked_at + LIFE:
        return HoldReason.FORGED_TOKEN
    if sender.rpartition("@")[2] != row.domain:
        return HoldReason.NOT_A_PARTICIPANT
    if verdict is Verdict.VERIFIED or (policy.unverified == "accept" and sender == row.asked):
        return None
    return HoldReason.UNVERIFIED


def prove(session: Session, row: ProviderDomain, sender: str, *, now: datetime) -> None:
    """A second answer changes nothing."""
    if row.verified_at is not None:
        return
    row.verified_at = now
    change = Change("domain", None, row.domain)
    audit.record(
        session,
        Actor(ActorKind.UNKNOWN, name=sender),
        "domain_verified",
        now=now,
        changes=(change,),
    )
