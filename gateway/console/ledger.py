"""The logs of an open ticket: what changed and who looked, sifted by kind, person and period."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from gateway.console import asking, fields
from gateway.console.addresses import Address
from gateway.console.shell import AgentRequest, Console
from gateway.labels import label
from helpdesk import history
from helpdesk.border import Actor, ActorKind
from helpdesk.history import Doer, Look, Sought
from helpdesk.policy import Policy
from helpdesk.views import LogView

#: names of the parameters, kept apart from those of the list the agent came from
KIND, WHO, FROM, TO, BEFORE, VIEW = (
    "log_tipo", "log_quem", "log_de", "log_ate", "log_antes", "ver",
)  # fmt: skip
LOOKS = "consultas"
#: kinds of change, as one looks for them
KINDS: dict[str, tuple[str, ...]] = {
    "messages": ("opened", "complemented", "replied", "noted", "undone", "reread", "imported"),
    "course": (
        "claimed", "gave_up", "left_pending", "item_settled", "closed", "reopened", "deleted",
        "cancelled",
    ),
    "routing": ("forwarded", "consulted", "classified", "recounted"),
    "joining": ("merged", "unmerged", "split", "linked"),
    "secrecy": ("secrecy_changed", "glass_broken"),
    "surveys": ("survey_answered", "survey_corrected"),
    "delivery": (
        "delivery_retried", "not_delivered", "delivery_delayed", "bounced", "endpoint_added",
        "endpoint_removed", "endpoint_confirmed",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """As the address says it; what cannot be read is left out."""

    kind: str = ""
    who: str = ""
    first: str = ""
    last: str = ""
    before: int | None = None
    looks: bool = False

    def params(self, *, before: int | None = None) -> list[tuple[str, str]]:
        """For the address of the same sifting, of another page or another view."""
        named = {
            KIND: self.kind, WHO: self.who, FROM: self.first, TO: self.last,
            BEFORE: str(before or ""), VIEW: LOOKS if self.looks else "",
        }  # fmt: skip
        return [(name, value) for name, value in named.items() if value]

    @property
    def sifted(self) -> bool:
        return bool(self.kind or self.who or self.first or self.last)


@dataclass(frozen=True, slots=True)
class Page:
    """`next` is where the page after this one begins."""

    asked: Asked
    entries: list[LogView]
    looks: list[Look]
    next: int | None
    doers: list[Doer]


@get("/{number:int}/logs")
async def ledger_show(
    request: AgentRequest, console: NamedDependency[Console], number: FromPath[int]
) -> Response[str]:
    """The tab alone, or with `log_antes` the entries that follow."""
    asked = parse(request.query_params.multi_items())
    found = await console.kit.work.read(
        read, request.user, number, asked, policy=console.kit.policy
    )
    context = context_of(found, number, asking.address_of(request)) | {"now": console.kit.clock()}
    name = "ledger_more" if asked.before else "ledger"
    return console.kit.page(request, f"console/{name}.html", context)


def context_of(page: Page, number: int, address: Address) -> dict[str, object]:
    """For templates/console/ledger.html."""
    base = Address((*address.params, ("aba", "logs")))
    more = Address((*base.params, *page.asked.params(before=page.next)))
    changes, looks = (
        Address((*base.params, *replace(page.asked, looks=looks, kind="", who="").params()))
        for looks in (False, True)
    )
    return {
        "ledger": page,
        "ledger_number": number,
        "ledger_address": base,
        "ledger_more": more,
        "ledger_views": (changes, looks),
        "ledger_kinds": [(name, label(name, "log_kind")) for name in KINDS],
        "ledger_who": [
            (f"{d.kind}:{d.id or ''}", d.name or label(d.kind, "actor_kind")) for d in page.doers
        ],
    }


def parse(items: Iterable[tuple[str, str]]) -> Asked:
    given = dict(items)
    before = fields.numbers([given.get(BEFORE, "")])
    return Asked(
        kind=given.get(KIND, "") if given.get(KIND, "") in KINDS else "",
        who=given.get(WHO, "") if _who(given.get(WHO, "")) else "",
        first=given.get(FROM, "") if _day(given.get(FROM, "")) else "",
        last=given.get(TO, "") if _day(given.get(TO, "")) else "",
        before=before[0] if before else None,
        looks=given.get(VIEW) == LOOKS,
    )


def read(session: Session, actor: Actor, number: int, asked: Asked, *, policy: Policy) -> Page:
    """Raises `NotVisible`."""
    zone = policy.zone
    first, last = _day(asked.first), _day(asked.last)
    sought = Sought(
        actions=KINDS.get(asked.kind, ()),
        who=_who(asked.who),
        since=_midnight(first, zone) if first else None,
        until=_midnight(last + timedelta(days=1), zone) if last else None,
        before=asked.before,
    )
    if asked.looks:
        looks, following = history.looks(session, actor, number, sought)
        return Page(asked, [], looks, following, history.lookers(session, actor, number))
    entries, following = history.changes(session, actor, number, sought)
    return Page(asked, entries, [], following, history.doers(session, actor, number))


def _who(text: str) -> tuple[str, int | None] | None:
    kind, _, key = text.partition(":")
    if kind not in {str(each) for each in ActorKind}:
        return None
    return kind, next(iter(fields.numbers([key])), None)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
