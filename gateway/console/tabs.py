"""What stands beside an open ticket: of the tab that is open; the others are fetched when they
are."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from gateway.console import ledger
from helpdesk import surveys, thread
from helpdesk.border import Actor
from helpdesk.policy import Policy
from helpdesk.rows import Row
from helpdesk.surveys import Sheet

PREVIOUS, SURVEYS, LOGS = "anteriores", "pesquisas", "logs"
TABS = ("prestador", PREVIOUS, SURVEYS, LOGS)


@dataclass(frozen=True, slots=True)
class Beside:
    log: ledger.Page | None = None
    previous: list[Row] | None = None
    sheets: list[Sheet] | None = None


def read(
    session: Session,
    actor: Actor,
    number: int,
    tab: str,
    items: list[tuple[str, str]],
    *,
    policy: Policy,
    now: datetime,
) -> Beside:
    """Raises `NotVisible`."""
    match tab:
        case "anteriores":
            return Beside(previous=thread.previous(session, actor, number, policy=policy, now=now))
        case "pesquisas":
            return Beside(sheets=surveys.sheets(session, actor, number))
        case "logs":
            sifted = ledger.parse(items)
            return Beside(log=ledger.read(session, actor, number, sifted, policy=policy))
        case _:
            return Beside()
