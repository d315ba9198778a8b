"""Why a mail did not arrive, from the status the other side gave (RFC 3463 §3, RFC 7505). Pure."""

#: subject.detail of a status -> reason; a subject alone stands for all its details
REASONS = {
    "1": "no-mailbox",
    "1.2": "no-domain",
    "1.3": "bad-address",
    "1.7": "sender",
    "1.8": "sender",
    "1.10": "no-mailbox",
    "2": "mailbox",
    "2.1": "disabled",
    "2.2": "full",
    "2.3": "too-big",
    "3": "server",
    "3.4": "too-big",
    "4": "unreachable",
    "4.4": "no-domain",
    "4.6": "loop",
    "6": "content",
    "7": "policy",
}
#: the address itself is dead: no other message will arrive there either
DEAD = frozenset({"no-mailbox", "no-domain", "bad-address", "disabled"})
REFUSED = "refused"


def reason(status: str) -> str:
    """A key of the label table `undelivered`; `refused` when the status says nothing more."""
    _, _, rest = status.partition(".")
    return REASONS.get(rest) or REASONS.get(rest.partition(".")[0]) or REFUSED


def is_dead(status: str) -> bool:
    """Whether a final status means that the address takes no mail at all.

    A class that passes (4.y.z) does not, even when the sender has given up.
    """
    return status.startswith("5") and reason(status) in DEAD
