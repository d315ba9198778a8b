"""Every filter of the list in one form, for what the sentence does not offer by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.response import Redirect
from sqlalchemy.orm import Session

from gateway.console import addresses, chips, lists
from gateway.console.addresses import Address, Asked
from gateway.console.shell import AgentRequest, Console
from helpdesk import catalog, choices
from helpdesk.border import Actor
from helpdesk.catalog import Catalog
from helpdesk.choices import ProviderChoice
from helpdesk.policy import Policy

#: words by which a provider is looked for; not part of a list's address
WORDS = "procura"

#: heading, and value and text of what stands under it
Group = tuple[str, list[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class Offers:
    asked: Asked
    values: dict[str, chips.Offered]
    subclassifications: list[Group]
    reasons: list[Group]
    #: code and name of those chosen
    providers: list[tuple[str, str]]
    #: those the words may mean
    found: list[ProviderChoice]


@get("/filtros")
async def filters_form(request: AgentRequest, console: NamedDependency[Console]) -> Response[str]:
    return await _form(request, console, "")


@get("/filtrar")
async def filters_apply(
    request: AgentRequest, console: NamedDependency[Console]
) -> Response[Any] | Redirect:
    """To the list, under a clean address; back to the form when a provider's words mean none or
    several."""
    words = request.query_params.get(WORDS, "").strip()[: addresses.MOST_WORDS]
    address = lists.address_of(request)
    if words:
        found = await console.kit.work.read(choices.providers, words)
        if len(found) != 1:
            return await _form(request, console, words)
        code = found[0].code
        address = address.put("prestador", *{*address.all("prestador"), code})
    return Redirect(address.url(), status_code=303)


async def _form(request: AgentRequest, console: Console, words: str) -> Response[str]:
    offers = await console.kit.work.read(
        _offers, request.user, list(request.query_params.multi_items()), words,
        policy=console.kit.policy,
    )  # fmt: skip
    address: Address = offers.asked.whole
    context: dict[str, object] = {
        "offers": offers,
        "words": words,
        "computed": chips.table(addresses.COMPUTED, "deadline_filter"),
        "order": [p for p in address.params if p[0] in {"ordem", "sentido"}],
    }
    return await lists.show(request, console, "filters", context)


def _offers(
    session: Session, actor: Actor, items: list[tuple[str, str]], words: str, *, policy: Policy
) -> Offers:
    login = choices.login_of(session, actor.id)
    asked = addresses.parse(items, login)
    registers = catalog.load(session, policy)
    names = choices.provider_names(session, asked.address.all("prestador"))
    return Offers(
        asked=asked,
        values=chips.offers(registers, choices.colleagues(session), login),
        subclassifications=_subclassifications(registers),
        reasons=_reasons(registers),
        providers=list(names.items()),
        found=choices.providers(session, words) if words else [],
    )


def _subclassifications(registers: Catalog) -> list[Group]:
    return _groups(
        (c.name, [(s.code, s.name) for s in registers.children(c.id)])
        for c in sorted(registers.classifications.values(), key=lambda c: (c.position, c.id))
    )


def _reasons(registers: Catalog) -> list[Group]:
    owners = registers.subclassifications
    return _groups(
        (
            owner.name,
            [
                (r.code, r.name)
                for r in registers.reasons.values()
                if r.subclassification_id == owner.id and r.active
            ],
        )
        for owner in owners.values()
        if owner.active
    )


def _groups(found: Any) -> list[Group]:
    groups: Sequence[Group] = list(found)
    return [group for group in groups if group[1]]
