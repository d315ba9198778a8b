"""Which ticket a mail belongs to, and whether its sender may put it there (DESIGN §4).

Pure: `intake` collects the facts of a batch with a fixed number of queries, this decides. The
strongest layer that matched names the ticket; any layer that matched the same ticket may vouch for
the sender. What names a ticket and cannot join it waits in quarantine with that ticket suggested,
so neither a forged number nor a true one in a stranger's mail reaches a conversation.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from helpdesk.border import HoldReason, Verdict


class Layer(StrEnum):
    """Strongest first."""

    TOKEN = "reply-token"  # noqa: S105 - the name of a layer
    ISSUED_ID = "issued-id"
    SUBJECT_PROTOCOL = "subject-protocol"
    FOREIGN_ID = "foreign-id"


LAYERS = tuple(Layer)
#: how sure a layer is of its ticket, in percent; shown on the message
SCORES = {
    Layer.TOKEN: 100,
    Layer.ISSUED_ID: 95,
    Layer.SUBJECT_PROTOCOL: 80,
    Layer.FOREIGN_ID: 70,
}
#: signed by us for one address: enough for a sender nobody vouches for, if it is that address
SIGNED = frozenset({Layer.TOKEN, Layer.ISSUED_ID})


class Standing(StrEnum):
    """What the sender is to a ticket."""

    ISSUED_TO_SENDER = "issued-to-sender"
    PARTICIPANT = "participant"
    REGISTERED = "registered"


@dataclass(frozen=True, slots=True)
class Match:
    """One ticket that one layer found, and its provider.

    `participant`: the sender is one of the ticket. Only for signed layers: `issued_to_sender`, the
    endpoint it was written for is the sender's; `void`, that endpoint was removed since, so it
    vouches for nobody.
    """

    layer: Layer
    number: int
    provider_id: int
    participant: bool = False
    issued_to_sender: bool = False
    void: bool = False


@dataclass(frozen=True, slots=True)
class SenderProvider:
    """A provider that has the sender as a person or a registered address.

    `mentioned`: the text names its code or document (`mentions`).
    """

    id: int
    mentioned: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What was found out about one mail.

    `unverified`: accept or hold, the instance's rule for senders nobody vouches for. `matches` in
    the order in which equals of a layer are preferred. `forged_token`: an address has a token that
    is not ours.
    """

    verdict: Verdict
    unverified: str
    matches: tuple[Match, ...] = ()
    providers: tuple[SenderProvider, ...] = ()
    forged_token: bool = False


@dataclass(frozen=True, slots=True)
class Join:
    """`score` in percent; `trace` says, for a person of the console, what each step found."""

    number: int
    layer: Layer
    score: int
    reason_code: Standing
    trace: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Open:
    provider_id: int
    trace: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hold:
    """`suggestion` is the ticket number the strongest match names, if any."""

    reason: HoldReason
    suggestion: int | None
    trace: tuple[str, ...]


def decide(facts: Facts) -> Join | Open | Hold:
    """Place a mail that is not automatic."""
    ranked = sorted(facts.matches, key=lambda match: LAYERS.index(match.layer))
    standings = [_standing(match, facts) for match in ranked]
    trace = (
        f"verdict {facts.verdict}",
        *(
            f"{match.layer} {match.number}: {standing or 'stranger'}"
            for match, standing in zip(ranked, standings, strict=True)
        ),
    )
    suggestion = ranked[0].number if ranked else None
    reason = _refused(facts)
    if reason is not None:
        return Hold(reason, suggestion, trace)
    if not ranked:
        return _open(facts, trace)
    named = {match.number for match in ranked if match.layer is ranked[0].layer}
    reason = HoldReason.NOT_A_PARTICIPANT
    for match, standing in zip(ranked, standings, strict=True):
        if match.number not in named or standing is None:
            continue
        if facts.verdict is Verdict.VERIFIED or standing is Standing.ISSUED_TO_SENDER:
            return Join(match.number, match.layer, SCORES[match.layer], standing, trace)
        reason = HoldReason.UNVERIFIED
    return Hold(reason, suggestion, trace)


def mentions(text: str, code: str, document: str) -> bool:
    """Tell whether a provider's code or its document, masked or plain, stands alone in the text."""
    spelled = r"[./-]?".join(re.escape(character) for character in document)
    names = "|".join(name for name in (re.escape(code), spelled) if name)
    return bool(names and re.search(rf"(?<!\w)(?:{names})(?!\w)", text, re.IGNORECASE))


def _refused(facts: Facts) -> HoldReason | None:
    """Say why the mail may do nothing, whatever it matched."""
    if facts.verdict is Verdict.FAILED:
        return HoldReason.AUTHENTICATION_FAILED
    if facts.forged_token:
        return HoldReason.FORGED_TOKEN
    if facts.verdict is Verdict.UNKNOWN and facts.unverified != "accept":
        return HoldReason.UNVERIFIED
    return None


def _standing(match: Match, facts: Facts) -> Standing | None:
    """Say what the sender is to the ticket of a match; None for a stranger."""
    registered = any(provider.id == match.provider_id for provider in facts.providers)
    if match.void or not (match.participant or registered):
        return None
    if match.layer in SIGNED and match.issued_to_sender:
        return Standing.ISSUED_TO_SENDER
    return Standing.PARTICIPANT if match.participant else Standing.REGISTERED


def _open(facts: Facts, trace: tuple[str, ...]) -> Open | Hold:
    mentioned = [provider for provider in facts.providers if provider.mentioned]
    chosen = mentioned if len(facts.providers) > 1 else facts.providers
    if len(chosen) == 1:
        return Open(chosen[0].id, (*trace, f"provider {chosen[0].id}"))
    known = bool(facts.providers)
    reason = HoldReason.AMBIGUOUS_PROVIDER if known else HoldReason.UNKNOWN_SENDER
    return Hold(reason, None, trace)
