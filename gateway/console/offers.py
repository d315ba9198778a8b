"""What may be done about a delivery that failed: again, or by another of the ticket's endpoints."""

from dataclasses import dataclass

from gateway.labels import label
from helpdesk.views import DeliveryView, EndpointView, MessageView, Thread

#: an answer in these states did not reach its reader
STUCK = frozenset({"failed", "held"})


@dataclass(frozen=True, slots=True)
class Offer:
    """See templates/parts/messages.html, `delivery`. `other` is None or {url, text}."""

    delivery: DeliveryView
    retry: str | None = None
    other: dict[str, str] | None = None


def offers(seen: Thread) -> dict[int, list[Offer]]:
    return {m.id: [_offer(seen, m, d) for d in m.deliveries] for m in seen.messages}


def _offer(seen: Thread, message: MessageView, delivery: DeliveryView) -> Offer:
    if delivery.state not in STUCK or message.direction != "outbound":
        return Offer(delivery)
    retry = f"/central/saida/{delivery.outbox_id}/tentar" if delivery.outbox_id else None
    other = next((e for e in seen.endpoints if _fits(e, delivery)), None)
    if other is None:
        return Offer(delivery, retry)
    base = f"/central/{seen.row.number}/mensagens/{message.id}/por"
    text = f"{label('send-by', 'chip')} {label(other.channel, 'channel')}"
    return Offer(delivery, retry, {"url": f"{base}/{other.id}", "text": text})


def _fits(endpoint: EndpointView, delivery: DeliveryView) -> bool:
    return (
        endpoint.usable
        and endpoint.state == "active"
        and endpoint.address != delivery.recipient
        and endpoint.channel in {"mail", "telegram", "chat"}
    )
