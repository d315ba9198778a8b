"""Which part of the quarantine an address shows: state, reason, mailbox, words and page."""

from dataclasses import dataclass, replace
from urllib.parse import urlencode

from gateway.console import fields
from gateway.console.shell import AgentRequest
from gateway.labels import LABELS
from helpdesk.held import Asked

PATH = "/central/quarentena"


@dataclass(frozen=True, slots=True)
class Sifted:
    asked: Asked
    before: int | None = None

    @property
    def query(self) -> str:
        """Leads back to this page of this list; "" for the first page of what waits."""
        return urlencode(_parts(self.asked, self.before))

    def to(self, **more: str | None) -> str:
        """The address of the list with another state, reason or mailbox: its first page."""
        query = urlencode(_parts(replace(self.asked, **more), None))
        return f"{PATH}?{query}" if query else PATH

    def page(self, before: int) -> str:
        return f"{PATH}?{urlencode(_parts(self.asked, before))}"

    def message(self, public_id: str, **more: str) -> str:
        query = "&".join(part for part in (self.query, urlencode(more)) if part)
        return f"{PATH}/{public_id}?{query}" if query else f"{PATH}/{public_id}"

    def act(self, public_id: str, what: str) -> str:
        """Where a decision about a message is sent; the list it stands in comes back."""
        query = self.query
        return f"{PATH}/{public_id}/{what}?{query}" if query else f"{PATH}/{public_id}/{what}"

    @property
    def pairs(self) -> dict[str, object]:
        """The list's own parameters, for a form that leads back to it."""
        return _parts(self.asked, self.before)


def _parts(asked: Asked, before: int | None) -> dict[str, object]:
    parts: dict[str, object] = {
        "estado": "" if asked.state == "held" else asked.state,
        "motivo": asked.reason,
        "caixa": asked.mailbox,
        "busca": asked.q,
        "antes": before,
    }
    return {name: value for name, value in parts.items() if value}


def sifted(request: AgentRequest) -> Sifted:
    """What is no state or reason is left out: an old address still leads somewhere."""
    given = request.query_params
    state, reason = given.get("estado", "held"), given.get("motivo")
    asked = Asked(
        state=state if state in LABELS["held_state"] else "held",
        reason=reason if reason in LABELS["hold_reason"] else None,
        mailbox=given.get("caixa") or None,
        q=given.get("busca", "").strip()[:200],
    )
    return Sifted(asked, next(iter(fields.numbers([given.get("antes", "")])), None))
