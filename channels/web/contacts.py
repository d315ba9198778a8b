"""The list of contacts: what waits for the provider first."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery, SkipValidation
from sqlalchemy.orm import Session

from channels import Kit
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


@get(HOME)
async def contact_list(
    request: PortalRequest,
    kit: NamedDependency[SkipValidation[Kit]],
    situacao: FromQuery[str] = "abertos",
    protocolo: FromQuery[str] = "",
    depois: FromQuery[str | None] = None,
) -> Response[str]:
    """A search looks everywhere: who has a number does not know its tab."""
    visitor, now = entered(request), kit.clock()
    wanted = text.normalise(protocolo).strip()
    tab = situacao if situacao in TABS else "abertos"
    tab = "todos" if wanted else tab
    found = await kit.work.read(
        _load, visitor, TABS[tab], wanted, depois, policy=kit.policy, now=now
    )
    further = {"situacao": tab, "protocolo": wanted, "depois": found.contacts.next}
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
        "next": _address(further) if found.contacts.next else None,
        "previous": _address({"situacao": tab, "protocolo": wanted}) if depois else None,
        "providers": found.providers,
        "provider_id": visitor.provider_id,
        "parameters": found.parameters,
        "has_draft": found.has_draft,
    }
    return kit.page(request, "web/contacts.html", context)


def _load(
    session: Session,
    visitor: Visitor,
    situation: str,
    q: str,
    cursor: str | None,
    *,
    policy: Policy,
    now: datetime,
) -> Listing:
    page = contacts.page(
        session,
        visitor.actor,
        visitor.provider_id,
        situation,
        policy=policy,
        now=now,
        q=q,
        limit=A_PAGE,
        cursor=cursor,
    )
    draft = drafts.load(session, visitor.owner, drafts.NEW)
    return Listing(
        page,
        contacts.providers(session, visitor.actor),
        parameters.load(session),
        draft is not None,
    )


def _address(query: dict[str, str | None]) -> str:
    return f"{HOME}?{urlencode({name: value for name, value in query.items() if value})}"
