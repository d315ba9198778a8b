"""`@login` in an internal note: who is named hears of it, if they may see the ticket at all."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from helpdesk import access, alerts
from helpdesk.desk import Desk
from helpdesk.models import Agent, GlassBreak, Profile, Sector, Ticket
from helpdesk.text import sort_name

_NAMED = re.compile(r"(?<![\w@.+-])@([a-z0-9](?:[a-z0-9._-]*[a-z0-9])?)", re.IGNORECASE)
MOST_NAMED = 20
MOST_FOUND = 8


@dataclass(frozen=True, slots=True)
class Mentionable:
    login: str
    name: str
    sector_code: str | None


def named(body: str) -> list[str]:
    """Logins a text names, each once, in order: `@rafael, veja` names rafael."""
    return list(dict.fromkeys(login.lower() for login in _NAMED.findall(body)))[:MOST_NAMED]


def tell(session: Session, desk: Desk, ticket: Ticket, body: str, message_id: int) -> None:
    """An alert to each agent the text names, except to who wrote it."""
    logins = named(body)
    if not logins:
        return
    found = session.execute(_agents(desk, ticket).where(Agent.login.in_(logins)))
    told = [agent.id for agent, profile, _, broken in found if _sees(ticket, profile, broken)]
    alerts.tell(
        session, told, alerts.MENTIONED, ticket.number,
        now=desk.now, message_id=message_id, detail=desk.actor.name,
    )  # fmt: skip


def suggest(session: Session, desk: Desk, number: int, said: str) -> list[Mentionable]:
    """Agents whose login or name begins so, and who may see the ticket. Raises `NotVisible`."""
    ticket = access.ticket(session, desk.actor, number)
    wanted = sort_name(said)
    query = _agents(desk, ticket).order_by(Agent.sort_name, Agent.id)
    if wanted:
        begins = Agent.sort_name.startswith(wanted, autoescape=True)
        inside = Agent.sort_name.contains(f" {wanted}", autoescape=True)
        login = Agent.login.startswith(said.strip().lower(), autoescape=True)
        query = query.where(or_(begins, inside, login))
    found: Sequence[Mentionable] = [
        Mentionable(agent.login, agent.name, sector)
        for agent, profile, sector, broken in session.execute(query)
        if _sees(ticket, profile, broken)
    ]
    return list(found[:MOST_FOUND])


def _agents(desk: Desk, ticket: Ticket):  # noqa: ANN202 - a Select of four, spelled where it is used
    opened = (
        select(GlassBreak.id)
        .where(
            GlassBreak.agent_id == Agent.id,
            GlassBreak.number == ticket.number,
            GlassBreak.until > desk.now,
        )
        .correlate(Agent)
        .exists()
    )
    return (
        select(Agent, Profile, Sector.code, opened)
        .join(Profile, Profile.id == Agent.profile_id)
        .outerjoin(Sector, Sector.id == Agent.sector_id)
        .where(Agent.active, Agent.id != (desk.actor.id or 0))
    )


def _sees(ticket: Ticket, profile: Profile, broken: bool) -> bool:  # noqa: FBT001 - of a row
    """What `access.visible` asks of an agent, for many agents and one ticket. A limit to sectors
    does not count: who is told of a ticket may read it."""
    if not {"ticket.read", "*"} & access.held(profile.permissions):
        return False
    return ticket.secret_group is None or broken or ticket.secret_group in profile.groups
