"""What this instance decided in its settings, as the core needs it."""

from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from helpdesk.tokens import Keyring

DEFAULT_TEMPLATE = "{ans:06}{date:%Y%m%d}{seq:06}"


@dataclass(frozen=True, slots=True)
class Policy:
    """Frozen at start. What the operadora may change while running is in `parameters`."""

    keyring: Keyring
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("America/Sao_Paulo"))
    insurer: str = ""
    ans_registration: str = "000000"
    protocol_template: str = DEFAULT_TEMPLATE
    state: str | None = None
    city: str | None = None
    public_url: str = "http://127.0.0.1:8000"
    #: our address that providers write to; answers leave from the one that received
    mail_address: str | None = None
    #: `accept` or `hold`: what an unverified sender may do (DESIGN §4, Who is speaking)
    unverified: str = "accept"

    def day(self, at: datetime) -> date:
        """The local day an instant falls on: protocols and opening filters count in it."""
        return at.astimezone(self.zone).date()

    def link(self, path: str) -> str:
        return f"{self.public_url.rstrip('/')}{path}"
