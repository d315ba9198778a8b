"""What may be done about one message: its commands, and of a delivery that failed, again or by the
provider's next way."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from gateway.console import commands
from gateway.labels import label, why_undelivered
from helpdesk.border import Actor
from helpdesk.views import DeliveryView, EndpointView, MessageView, Thread

#: an answer in these states did not reach its reader
STUCK = frozenset({"failed", "held"})
#: another copy of it may have
UNDER_WAY = frozenset({"queued", "sent", "delivered"})


@dataclass(frozen=True, slots=True)
class Offer:
    """See templates/parts/messages.html, `delivery`. `other` is None or {url, text}; `reason` says
    why it did not arrive or is still here, "" when nobody said. `to`: what people call the
    recipient."""

    delivery: DeliveryView
    to: str
    retry: str | None = None
    other: dict[str, str] | None = None
    reason: str = ""


def offers(seen: Thread, registered: Sequence[str]) -> dict[int, list[Offer]]:
    """`registered`: further mail addresses of the provider (`helpdesk.resending`)."""
    return {m.id: [_offer(seen, registered, m, d) for d in m.deliveries] for m in seen.messages}


def _offer(
    seen: Thread, registered: Sequence[str], message: MessageView, delivery: DeliveryView
) -> Offer:
    to = _called(seen, delivery.recipient)
    if delivery.state not in STUCK or message.direction != "outbound":
        return Offer(delivery, to, reason=label(delivery.waits, "waits") if delivery.waits else "")
    reason = ""
    if delivery.state == "failed" and delivery.status:
        reason = why_undelivered(delivery.status)
    if any(d.state in UNDER_WAY and d.at >= delivery.at for d in message.deliveries):
        return Offer(delivery, to, reason=reason)
    retry = f"/central/saida/{delivery.outbox_id}/tentar" if delivery.outbox_id else None
    return Offer(delivery, to, retry, _other(seen, registered, message, delivery), reason)


def _called(seen: Thread, recipient: str) -> str:
    """An address is a name only of mail: a chat's is a number nobody knows."""
    ends = (e for e in seen.endpoints if e.address == recipient and e.channel != "mail")
    return next((e.name for e in ends if e.name), recipient)


def _other(
    seen: Thread, registered: Sequence[str], message: MessageView, delivery: DeliveryView
) -> dict[str, str] | None:
    """By another of the ticket's endpoints, else to another address of the provider."""
    base = f"/central/{seen.row.number}/mensagens/{message.id}"
    again = label("send-by", "chip")
    end = next((e for e in seen.endpoints if _fits(e, message, delivery)), None)
    if end is not None:
        way = label(end.channel, "channel")
        shown = f"{way} ({end.address})" if end.channel == "mail" else way
        return {"url": f"{base}/por/{end.id}", "text": f"{again} {shown}"}
    tried = {d.recipient for d in message.deliveries}
    address = next((each for each in registered if each not in tried), None)
    if address is None:
        return None
    text = f"{again} {label('mail', 'channel')} ({address})"
    return {"url": f"{base}/para?endereco={quote(address, safe='')}", "text": text}


def _fits(endpoint: EndpointView, message: MessageView, delivery: DeliveryView) -> bool:
    return (
        endpoint.usable
        and endpoint.state == "active"
        and endpoint.address not in {delivery.recipient, *(d.recipient for d in message.deliveries)}
        and endpoint.channel in {"mail", "telegram", "chat"}
    )


def forbidden(said: MessageView, number: int) -> str:
    """The commands one message of an open ticket does not admit, with blanks between."""
    refused = {
        "message-original": said.raw_id is None,
        "message-split": said.direction != "inbound" or said.number != number,
        "message-secrecy": said.number != number,
    }
    return " ".join(id for id, is_refused in refused.items() if is_refused)


def for_message(actor: Actor, number: int, message: int, refused: str) -> list[dict[str, str]]:
    """The same as links, for a page without a script: what needs one is left out."""
    links: list[dict[str, str]] = []
    for c in commands.allowed(actor, commands.TICKET):
        how, what = c.does
        if c.scope == "message" and how != "action" and c.id not in refused.split():
            url = what.format(number=number, message=message)
            links.append({"icon": c.icon, "label": label(c.id, "command"), "url": url})
    return links
