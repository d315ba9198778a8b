"""Registers as the API shows them, and providers as it changes them."""

from collections import defaultdict
from typing import Annotated, Any

from litestar import Response, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody, PathParameter
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.api import register_shapes as shapes
from gateway.api.bodies import DomainFields, ProviderFields
from gateway.api.call import Answer, Call
from gateway.api.filters import USUAL_ITEMS, Limit
from gateway.api.problems import ALWAYS, SENT, problems
from helpdesk import access, catalog, domains, registers
from helpdesk.desk import Desk
from helpdesk.models import Agent, Provider, ProviderType, Sector
from helpdesk.registers import ProviderRow

Code = Annotated[str, PathParameter(max_length=40)]


@get("/classifications", responses=problems(*ALWAYS))
async def classification_list(
    call: NamedDependency[Call],
) -> shapes.Classifications:
    """List classifications with their subclassifications and reasons."""
    return shapes.Classifications(await call.ask(_classifications))


@get("/statuses", responses=problems(*ALWAYS))
async def status_list(call: NamedDependency[Call]) -> shapes.Statuses:
    """List statuses; each belongs to a situation."""

    def read(session: Session, desk: Desk) -> list[shapes.Status]:
        access.require(desk.actor, access.reads("status"))
        found = catalog.load(session, desk.policy).statuses.values()
        return [
            shapes.Status(s.code, s.label, s.situation, s.active)
            for s in sorted(found, key=lambda s: (s.position, s.id))
        ]

    return shapes.Statuses(await call.ask(read))


@get("/sectors", responses=problems(*ALWAYS))
async def sector_list(call: NamedDependency[Call]) -> shapes.Sectors:
    """List sectors."""

    def read(session: Session, desk: Desk) -> list[shapes.Sector]:
        access.require(desk.actor, access.reads("sector"))
        found = session.scalars(select(Sector).order_by(Sector.code))
        return [shapes.Sector(s.code, s.name, s.active) for s in found]

    return shapes.Sectors(await call.ask(read))


@get("/agents", responses=problems(*ALWAYS))
async def agent_list(call: NamedDependency[Call]) -> shapes.Agents:
    """List agents."""

    def read(session: Session, desk: Desk) -> list[shapes.Agent]:
        access.require(desk.actor, access.reads("agent"))
        found = session.execute(
            select(Agent, Sector.code)
            .outerjoin(Sector, Sector.id == Agent.sector_id)
            .order_by(Agent.login)
        )
        return [
            shapes.Agent(agent.login, agent.name, agent.email, sector, agent.active)
            for agent, sector in found
        ]

    return shapes.Agents(await call.ask(read))


@get("/providers", responses=problems(*ALWAYS))
async def provider_list(
    call: NamedDependency[Call],
    limit: FromQuery[Limit] = USUAL_ITEMS,
    cursor: FromQuery[str] = "",
) -> shapes.Providers:
    """List providers by their code."""

    def read(session: Session, desk: Desk) -> list[shapes.Provider]:
        access.require(desk.actor, access.reads("provider"))
        query = _providers().where(Provider.code > cursor).order_by(Provider.code)
        return _shown(session, query.limit(limit + 1))

    found = await call.ask(read)
    following = found[limit - 1].code if len(found) > limit else None
    return shapes.Providers(found[:limit], following)


@put("/providers/{code:str}", responses=problems(*SENT, 404))
async def provider_put(
    call: NamedDependency[Call], code: Code, data: JSONBody[ProviderFields]
) -> Response[shapes.Provider]:
    """Create or change a provider; what is absent keeps what is stored."""

    def verb(session: Session, desk: Desk) -> Answer:
        access.require(desk.actor, access.writes("provider"))
        row = ProviderRow(
            code=code,
            name=data.name,
            document=data.document,
            type=data.type,
            cnes=data.cnes,
            city=data.city,
            state=data.state,
            phone=data.phone,
            email=data.email,
            person=data.person,
            active=data.active,
        )
        changed = registers.upsert_provider(session, row, desk.actor, now=desk.now)
        return Answer(200, _shown(session, _providers().where(Provider.id == changed.id))[0])

    return await call.act(verb)


@post("/providers/{code:str}/domains", responses=problems(*SENT, 404))
async def domain_ask(
    once: NamedDependency[Call], code: Code, data: JSONBody[DomainFields]
) -> Response[shapes.Domain]:
    """Ask an address to confirm that its domain is the provider's."""

    def verb(session: Session, desk: Desk) -> Answer:
        row = domains.ask(session, desk, code, data.domain, data.address)
        at = row.asked_at.astimezone(desk.policy.zone).isoformat()
        return Answer(201, shapes.Domain(row.domain, row.asked, at, None))

    return await once.act(verb)


def _providers() -> Any:
    return select(Provider, ProviderType.name).outerjoin(
        ProviderType, ProviderType.id == Provider.type_id
    )


def _shown(session: Session, query: Any) -> list[shapes.Provider]:
    found = list[Any](session.execute(query).all())
    own = domains.of_provider(session, [row[0].id for row in found])
    return [_provider(row[0], row[1], own.get(row[0].id, [])) for row in found]


def _provider(row: Provider, kind: str | None, own: list[str]) -> shapes.Provider:
    return shapes.Provider(
        code=row.code,
        name=row.name,
        document=row.document or None,
        type=kind,
        cnes=row.cnes or None,
        city=row.city or None,
        state=row.state or None,
        phone=row.phone or None,
        email=row.email or None,
        active=row.active,
        domains=own,
    )


def _classifications(session: Session, desk: Desk) -> list[shapes.Classification]:
    access.require(desk.actor, access.reads("classification"))
    known = catalog.load(session, desk.policy)
    reasons = defaultdict[int, list[shapes.Reason]](list)
    for reason in sorted(known.reasons.values(), key=lambda r: r.id):
        reasons[reason.subclassification_id].append(
            shapes.Reason(reason.code, reason.name, reason.active)
        )
    children = defaultdict[int, list[shapes.Subclassification]](list)
    for sub in sorted(known.subclassifications.values(), key=lambda s: (s.position, s.id)):
        children[sub.classification_id].append(
            shapes.Subclassification(
                code=sub.code,
                name=sub.name,
                days=sub.days,
                unit=sub.unit,
                attention=sub.attention,
                active=sub.active,
                reasons=reasons[sub.id],
            )
        )
    sectors = known.sectors
    return [
        shapes.Classification(
            code=each.code,
            name=each.name,
            sector=sectors[each.sector_id].code if each.sector_id is not None else None,
            days=each.days,
            unit=each.unit,
            attention=each.attention,
            web=each.web,
            active=each.active,
            subclassifications=children[each.id],
        )
        for each in sorted(known.classifications.values(), key=lambda c: (c.position, c.id))
    ]
