"""Where an answer may go and what of it goes there, as the composer offers it (DESIGN §4, Where the
answer goes)."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from gateway.labels import label
from helpdesk import reaching
from helpdesk.border import Channel
from helpdesk.desk import Desk
from helpdesk.views import EndpointView, Thread

#: an address of the provider's register that is no endpoint of the ticket yet
ADDRESS = "mail:"


@dataclass(frozen=True, slots=True)
class Way:
    """One choice. `goes`: a key of the label table `goes`, what of the answer arrives there;
    `asks`: the agent has to vouch for it; `other`: not where the provider wrote last."""

    value: str
    text: str
    goes: str
    default: bool = False
    asks: bool = False
    other: bool = False


def ways(seen: Thread, registered: Sequence[str]) -> list[Way]:
    """Usable endpoints, those an agent may vouch for, and the provider's registered addresses."""
    usable = [_of(seen, e) for e in seen.endpoints if e.usable]
    asked = [
        _of(seen, e, asks=True)
        for e in seen.endpoints
        if e.state in reaching.VOUCHED and e.channel == Channel.MAIL
    ]
    mail = label(Channel.MAIL)
    more = [Way(ADDRESS + each, f"{mail} · {each}", "link", other=True) for each in registered]
    return [*usable, *asked, *more]


def chosen(
    session: Session,
    desk: Desk,
    number: int,
    value: str,
    *,
    vouched: bool,
) -> int | None:
    """The endpoint a choice of the composer means, None for the ticket's own. Raises `Invalid`."""
    if value.startswith(ADDRESS):
        return reaching.add_registered(session, desk, number, value.removeprefix(ADDRESS))
    if not value.isdecimal():
        return None
    reaching.vouch(session, desk, number, int(value[:18]), ticked=vouched)
    return int(value[:18])


def _of(seen: Thread, end: EndpointView, *, asks: bool = False) -> Way:
    shown = end.name if end.channel not in {Channel.MAIL, Channel.PHONE} and end.name else None
    return Way(
        value=str(end.id),
        text=f"{label(end.channel, 'channel')} · {shown or end.address}",
        goes=_goes(seen, end),
        default=end.default,
        asks=asks,
        other=not end.default,
    )


def _goes(seen: Thread, end: EndpointView) -> str:
    """The same rule as `letters`: into a thread the provider wrote in, unless that is secret."""
    if end.channel == Channel.WEB:
        return "page"
    if end.channel in {Channel.PHONE, Channel.IN_PERSON, Channel.API}:
        return "nowhere"
    if seen.row.secret:
        return "secret"
    return "text" if end.spoke else "link"
