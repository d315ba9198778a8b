"""The list of contacts: what waits for the provider first."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from urllib.parse import urlencode

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery, SkipValidation
from sqlalchemy.orm import Session

from channels.kit import Kit
from channels.web.visitors import HOME, PortalRequest, Visitor, entered
from helpdesk import contacts, drafts, parameters, text
from helpdesk.contacts import Contacts
from helpdesk.parameters import Parameters
from helpdesk.policy import Policy

#: the tabs' words in the address to the core's
TABS = {"abertos": "open", "todos": "all", "finalizados": "closed"}
A_PAGE = 20


@dataclass(frozen=True, slots=True)
class Listing:
    contacts: Contacts
    providers: list[tuple[int, str]]
    parameters: Parameters
    has_draft: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """`opened`: first and last local day, None for any."""

    situation: str
    q: str
    opened: tuple[date | None, date | None]
    cursor: str | None


@get(HOME)
async def contact_list(
    request: PortalRequest,
    kit: NamedDependency[SkipValidation[Kit]],
    situacao: FromQuery[str] = "abertos",
    protocolo: FromQuery[str] = "",
    de: FromQuery[str] = "",
    ate: FromQuery[str] = "",
    depois: FromQuery[str | None] = None,
) -> Response[str]:
    """A search looks everywhere: who has a number does not know its tab."""
    visitor, now = entered(request), kit.clock()
    wanted = text.normalise(protocolo).strip()
    tab = situacao if situacao in TABS else "abertos"
    tab = "todos" if wanted else tab
    asked = Asked(TABS[tab], wanted, (_day(de), _day(ate)), depois)
    found = await kit.work.read(_load, visitor, asked, policy=kit.policy, now=now)
    first, last = asked.opened
    period = {"de": first.isoformat() if first else "", "ate": last.isoformat() if last else ""}
    here = {"situacao": tab, "protocolo": wanted, **period}
    rows = found.contacts.rows
    waiting = [row for row in rows if tab == "abertos" and row.waiting_on == "provider"]
    context: dict[str, object] = {
        "now": now,
        "tab": tab,
        "wanted": wanted,
        "waiting": waiting,
        "others": [row for row in rows if row not in waiting],
        "answers": found.contacts.answers,
        "missing": {row.number: found.contacts.missing.get(row.number, 0) for row in rows},
        "unread": found.contacts.unread,
        "period": period,
        "next": _address(here | {"depois": found.contacts.next}) if found.contacts.next else None,
        "previous": _address(here) if depois else None,
        "providers": found.providers,
        "provider_id": visitor.provider_id,
        "parameters": found.parameters,
        "has_draft": found.has_draft,
    }
    return kit.page(request, "web/contacts.html", context)


def _load(
    session: Session,
    visitor: Visitor,
    asked: Asked,
    *,
    policy: Policy,
    now: datetime,
) -> Listing:
    page = contacts.page(
        session,
        visitor.actor,
        visitor.provider_id,
        asked.situation,
        policy=policy,
        now=now,
        q=asked.q,
        opened=asked.opened,
        limit=A_PAGE,
        cursor=asked.cursor,
    )
    draft = drafts.load(session, visitor.owner, drafts.NEW)
    return Listing(
        page,
        contacts.providers(session, visitor.actor),
        replace(
            parameters.load(session),
            contact_enabled=parameters.contact_open(session, visitor.provider_id),
        ),
        draft is not None,
    )


def _day(typed: str) -> date | None:
    """What is no day asks for nothing: the field is a picker."""
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None


def _address(query: Mapping[str, str | None]) -> str:
    return f"{HOME}?{urlencode({name: value for name, value in query.items() if value})}"
