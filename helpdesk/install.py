"""The registers a new instance starts with; what is already there is left as it is."""

import json
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk.models import (
    Classification,
    Profile,
    ProviderType,
    Reason,
    Sector,
    Status,
    Subclassification,
)

DATA = Path(__file__).parent / "migrations" / "registers.json"


def install(session: Session, *, bare: bool = False) -> None:
    """Sectors, statuses, provider types, profiles, the classification for triage and, unless
    `bare`, the twenty usual classifications. Codes: `GLO`, `GLO.2`, `GLO.2.1` by position."""
    data: dict[str, Any] = json.loads(DATA.read_text(encoding="utf-8"))
    _missing(session, Sector, data["sectors"])
    _missing(
        session,
        Status,
        [{**row, "position": n} for n, row in enumerate(data["statuses"], start=1)],
    )
    _missing(session, Profile, [{**row, "groups": []} for row in data["profiles"]])
    known = set(session.scalars(select(ProviderType.name)))
    session.add_all(ProviderType(name=n) for n in data["provider_types"] if n not in known)
    session.flush()  # classifications point at sectors
    sectors = {sector.code: sector.id for sector in session.scalars(select(Sector))}
    usual: list[dict[str, Any]] = [] if bare else data["classifications"]
    chosen = [data["triage"], *usual]
    present = set(session.scalars(select(Classification.code)))
    for position, row in enumerate(chosen):
        if row["code"] not in present:
            _classification(session, row, sectors, position)


def _missing(
    session: Session, table: type[Sector | Status | Profile], rows: list[dict[str, Any]]
) -> None:
    known = set(session.scalars(select(table.code)))
    session.add_all(table(**row) for row in rows if row["code"] not in known)


def _classification(
    session: Session, row: dict[str, Any], sectors: dict[str, int], position: int
) -> None:
    added = Classification(
        code=row["code"],
        name=row["name"],
        sector_id=sectors[row["sector"]],
        days=row["days"],
        unit=row["unit"],
        attention=row["attention"],
        web=row.get("web", True),
        position=position,
    )
    session.add(added)
    session.flush()  # its children need its id
    for n, child in enumerate(row.get("subclassifications", ()), start=1):
        sub = Subclassification(
            classification_id=added.id,
            code=f"{row['code']}.{n}",
            name=child["name"],
            days=child["days"],
            position=n,
        )
        session.add(sub)
        session.flush()  # likewise
        session.add_all(
            Reason(subclassification_id=sub.id, code=f"{sub.code}.{m}", name=name)
            for m, name in enumerate(child["reasons"], start=1)
        )
