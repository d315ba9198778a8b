"""The registers as one snapshot: what verbs and pages look up by code or id."""

from dataclasses import dataclass, field
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk import holidays, parameters
from helpdesk.deadlines import Calendar, Terms, Unit
from helpdesk.holidays import Calendars
from helpdesk.models import (
    Classification,
    Reason,
    Sector,
    Status,
    Subclassification,
)
from helpdesk.models import Terms as ProviderTerms
from helpdesk.parameters import Parameters
from helpdesk.policy import Policy

Said = Literal["default_message", "closing_message", "guidance"]

#: classification of what arrived without one ("A classificar")
TRIAGE = "TRI"
#: statuses the core itself sets; `migrate` installs them
OPEN = "ABE"
ANSWERED = "RES"
WAITING_PROVIDER = "AGP"
WAITING_INTERNAL = "AGI"
FORWARDED = "ENC"
REOPENED = "REA"
CANCELLED = "CAN"
MERGED = "JUN"
#: what an agent does not close with: excluir and juntar lead there
NOT_CHOSEN = frozenset({CANCELLED, MERGED})


@dataclass(frozen=True, slots=True)
class Catalog:
    """Loaded once a transaction; small tables, read whole."""

    calendars: Calendars
    parameters: Parameters
    classifications: dict[int, Classification]
    subclassifications: dict[int, Subclassification]
    reasons: dict[int, Reason]
    sectors: dict[int, Sector]
    statuses: dict[int, Status]
    contracts: dict[tuple[int, int, int | None], Terms] = field(
        default_factory=dict[tuple[int, int, int | None], Terms]
    )

    @property
    def calendar(self) -> Calendar:
        """What everybody has; a ticket's own is `calendars.of`."""
        return self.calendars.at()

    def status(self, code: str) -> Status | None:
        return next((s for s in self.statuses.values() if s.code == code), None)

    def classification(self, code: str) -> Classification | None:
        return next((c for c in self.classifications.values() if c.code == code), None)

    def subclassification(self, code: str) -> Subclassification | None:
        return next((s for s in self.subclassifications.values() if s.code == code), None)

    def reason(self, code: str) -> Reason | None:
        return next((r for r in self.reasons.values() if r.code == code), None)

    def sector(self, code: str) -> Sector | None:
        return next((s for s in self.sectors.values() if s.code == code), None)

    @property
    def triage(self) -> Classification:
        found = self.classification(TRIAGE)
        if found is None:
            msg = "the register has no classification TRI: run `ponte migrate`"
            raise LookupError(msg)
        return found

    def children(
        self, classification_id: int, *, published: bool = False
    ) -> list[Subclassification]:
        """Active subclassifications, in the register's order; those a provider may choose."""
        return sorted(
            (
                s
                for s in self.subclassifications.values()
                if s.classification_id == classification_id
                and s.active
                and (s.web or not published)
            ),
            key=lambda s: (s.position, s.id),
        )

    def sector_of(self, classification_id: int, subclassification_id: int | None) -> int | None:
        """Where a ticket of this kind goes first: the subclassification's sector wins."""
        sub = self.subclassifications.get(subclassification_id or 0)
        own = sub.sector_id if sub is not None else None
        return own if own is not None else self.classifications[classification_id].sector_id

    def said(self, name: Said, classification: str, subclassification: str | None) -> str:
        """One of its texts, by codes; an empty one of the subclassification is the
        classification's."""
        kind = self.classification(classification)
        sub = self.subclassification(subclassification or "")
        own: str = getattr(sub, name) if sub is not None else ""
        return own or (getattr(kind, name) if kind is not None else "")

    def published(self) -> list[Classification]:
        """What a provider may choose."""
        return sorted(
            (c for c in self.classifications.values() if c.active and c.web),
            key=lambda c: (c.position, c.id),
        )

    def terms(
        self, provider_id: int, classification_id: int, subclassification_id: int | None
    ) -> Terms:
        """Contract, then subclassification, then classification (TRI is one of them)."""
        for key in (
            (provider_id, classification_id, subclassification_id),
            (provider_id, classification_id, None),
        ):
            if key in self.contracts:
                return self.contracts[key]
        base = self.classifications[classification_id]
        sub = self.subclassifications.get(subclassification_id or 0)
        if sub is not None and sub.days is not None:
            return Terms(
                days=sub.days,
                unit=Unit(sub.unit or base.unit),
                attention=base.attention if sub.attention is None else sub.attention,
                source="subclassification",
            )
        source = "triage" if base.code == TRIAGE else "classification"
        return Terms(base.days, Unit(base.unit), base.attention, source)


def load(session: Session, policy: Policy) -> Catalog:
    contracts = {
        (t.provider_id, t.classification_id, t.subclassification_id): Terms(
            t.days, Unit(t.unit), t.attention, "contract"
        )
        for t in session.scalars(select(ProviderTerms))
    }
    return Catalog(
        calendars=holidays.load(session, policy),
        parameters=parameters.load(session),
        classifications={c.id: c for c in session.scalars(select(Classification))},
        subclassifications={s.id: s for s in session.scalars(select(Subclassification))},
        reasons={r.id: r for r in session.scalars(select(Reason))},
        sectors={s.id: s for s in session.scalars(select(Sector))},
        statuses={s.id: s for s in session.scalars(select(Status))},
        contracts=contracts,
    )


def calendar(session: Session, policy: Policy) -> Calendar:
    """What everybody has."""
    return holidays.load(session, policy).at()
