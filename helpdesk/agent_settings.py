"""How an agent has the console: which columns in which order and width, which keys."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from helpdesk.border import Actor
from helpdesk.desk import Desk
from helpdesk.errors import FieldError, Invalid
from helpdesk.models import AgentSetting

#: in px; narrower shows nothing, wider leaves no room for the rest
NARROWEST, WIDEST = 40, 800


@dataclass(frozen=True, slots=True)
class Column:
    id: str
    width: int | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """Empty means as delivered. A key of "" switches the command's key off."""

    columns: tuple[Column, ...] = ()
    keys: Mapping[str, str] = field(default_factory=dict[str, str])


def load(session: Session, actor: Actor) -> Settings:
    row = session.get(AgentSetting, actor.id)
    if row is None:
        return Settings()
    return Settings(tuple(Column(c["id"], c.get("width")) for c in row.columns), dict(row.keys))


def set_columns(
    session: Session, desk: Desk, columns: Sequence[Column], known: Sequence[str]
) -> None:
    """`known` are the columns there are. Raises `Invalid`; none is as delivered."""
    ids = [c.id for c in columns]
    widths = [c.width for c in columns if c.width is not None]
    if len(set(ids)) != len(ids) or not set(ids) <= set(known):
        raise Invalid(FieldError("columns", "unknown"))
    if any(not NARROWEST <= width <= WIDEST for width in widths):
        raise Invalid(FieldError("columns", "invalid"))
    row = _row(session, desk)
    row.columns, row.changed_at = [{"id": c.id, "width": c.width} for c in columns], desk.now


def set_keys(session: Session, desk: Desk, keys: Mapping[str, str]) -> None:
    """Only what differs from the delivered keys. Which may stand beside which is the registry's to
    say: one key may mean two things on two pages."""
    row = _row(session, desk)
    row.keys, row.changed_at = dict(keys), desk.now


def _row(session: Session, desk: Desk) -> AgentSetting:
    row = session.get(AgentSetting, desk.actor.id)
    if row is None:
        row = AgentSetting(agent_id=desk.actor.id, columns=[], keys={}, changed_at=desk.now)
        session.add(row)
    return row
