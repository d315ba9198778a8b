"""Whose something kept by an agent is: the agent's own, its sector's, or everybody's."""

from typing import Literal

from sqlalchemy import ColumnElement, and_, or_

from helpdesk import access
from helpdesk.border import Actor
from helpdesk.desk import Desk
from helpdesk.errors import FieldError, Invalid, NotVisible
from helpdesk.models import CannedText, SavedView

Scope = Literal["personal", "sector", "all"]
#: the right to share with everybody, and to change what others shared
SHARES: dict[type, str] = {SavedView: "views.share", CannedText: access.writes("canned")}
SCOPES: tuple[Scope, ...] = ("personal", "sector", "all")


def seen_by(table: type[SavedView] | type[CannedText], actor: Actor) -> ColumnElement[bool]:
    """What the agent keeps, its sector shares, and everybody has."""
    shared = [table.scope == "all"]
    if actor.sector_id is not None:
        shared.append(and_(table.scope == "sector", table.sector_id == actor.sector_id))
    return or_(table.agent_id == actor.id, *shared)


def sector_of(desk: Desk, table: type[SavedView] | type[CannedText], scope: str) -> int | None:
    """The sector something is shared with. What everybody has needs a right (`SHARES`).
    Raises `Invalid` (field `scope`), `Forbidden`."""
    if scope not in SCOPES or (scope == "sector" and desk.actor.sector_id is None):
        raise Invalid(FieldError("scope", "invalid"))
    if scope == "all":
        access.require(desk.actor, SHARES[table])
    return desk.actor.sector_id if scope == "sector" else None


def own(desk: Desk, row: SavedView | CannedText | None, what: str, key: object) -> None:
    """Only who made it changes it, and who may share with everybody. Raises `NotVisible`."""
    mine = row is not None and row.agent_id == desk.actor.id
    shared = row is not None and row.scope != "personal" and desk.actor.may(SHARES[type(row)])
    if not (mine or shared):
        raise NotVisible(what, key)
