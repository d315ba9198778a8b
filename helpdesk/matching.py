"""Which ticket a mail belongs to, and whether its sender may put it there (DESIGN §4).

Pure: `intake` collects the facts of a batch with a fixed number of queries, this decides. The
strongest layer that matched names the ticket; any layer that matched the same ticket may vouch for
the sender. What names a ticket and cannot join it waits in quarantine with that ticket suggested,
so neither a forged number nor a true one in a stranger's mail reaches a conversation.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from helpdesk.border import HoldReason, Verdict


class Layer(StrEnum):
    """Strongest first."""

    TOKEN = "reply-token"  # noqa: S105 - the name of a layer
    ISSUED_ID = "issued-id"
    SUBJECT_PROTOCOL = "subject-protocol"
    FOREIGN_ID = "foreign-id"
    #: no layer of the matching: somebody put it there by hand
    AGENT = "agent"


LAYERS = (Layer.TOKEN, Layer.ISSUED_ID, Layer.SUBJECT_PROTOCOL, Layer.FOREIGN_ID)
#: how sure a layer is of its ticket, in percent; shown on the message
SCORES = {
    Layer.TOKEN: 100,
    Layer.ISSUED_ID: 95,
    Layer.SUBJECT_PROTOCOL: 80,
    Layer.FOREIGN_ID: 70,
}
#: signed by us for one address: enough for a sender nobody vouches for, if it is that address
SIGNED = frozenset({Layer.TOKEN, Layer.ISSUED_ID})


#: how mail programs mark answers and forwards, in Portuguese, English, Spanish and German
_PREFIXES = re.compile(
    r"^\s*(?:\[[^\]]{1,40}\]\s*)?(?:(?:re|res|resp|ref|enc|fw|fwd|tr|rv|aw|wg)\s*"
    r"(?:[\[(]\d{1,3}[\])])?\s*:\s*)+",
    re.IGNORECASE,
)


class Standing(StrEnum):
    """What the sender is to a ticket."""

    ISSUED_TO_SENDER = "issued-to-sender"
    PARTICIPANT = "participant"
    REGISTERED = "registered"
    #: writes from a verified domain of the provider
    DOMAIN = "domain"


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
    """A provider that has the sender as a person or a registered address, or only (`by_domain`)
    the sender's domain as one it proved to be its own.

    `mentioned`: the text names its code or document (`mentions`).
    """

    id: int
    mentioned: bool = False
    by_domain: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What was found out about one mail. `judged` is what the verdict rests on, for the trace.

    `unverified`: accept or hold, the instance's rule for senders nobody vouches for. `matches` in
    the order in which equals of a layer are preferred. `forged`: an address or a Message-ID in it
    imitates one of ours; `claimed` are the tickets those say they are for.
    """

    verdict: Verdict
    unverified: str
    matches: tuple[Match, ...] = ()
    providers: tuple[SenderProvider, ...] = ()
    forged: bool = False
    claimed: tuple[int, ...] = ()
    judged: str = ""


@dataclass(frozen=True, slots=True)
class Join:
    """`score` in percent; `trace` says, for a person of the console, what each step found."""

    number: int
    layer: Layer
    score: int
    standing: Standing
    trace: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Open:
    """`standing`: registered, or by domain only."""

    provider_id: int
    standing: Standing
    trace: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hold:
    """`suggestion` is the ticket number the strongest match names, else what a forgery claims."""

    reason: HoldReason
    suggestion: int | None
    trace: tuple[str, ...]


def decide(facts: Facts) -> Join | Open | Hold:
    """Place a mail that is not automatic."""
    ranked = sorted(facts.matches, key=lambda match: LAYERS.index(match.layer))
    standings = [_standing(match, facts) for match in ranked]
    first = f"verdict {facts.verdict}" + (f": {facts.judged}" if facts.judged else "")
    found = [
        f"{match.layer} {match.number}: {standing or 'stranger'}"
        for match, standing in zip(ranked, standings, strict=True)
    ]
    trace = (first, *found, *(f"forged {number}" for number in facts.claimed))
    suggestion = next(iter((*(match.number for match in ranked), *facts.claimed)), None)
    reason = refused(facts.verdict, facts.unverified, forged=facts.forged)
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
            # Who reads the message need not know of other tickets that it named.
            own = [line for line, m in zip(found, ranked, strict=True) if m.number == match.number]
            score = SCORES[match.layer]
            return Join(match.number, match.layer, score, standing, (first, *own))
        reason = HoldReason.UNVERIFIED
    return Hold(reason, suggestion, trace)


def refused(verdict: Verdict, unverified: str, *, forged: bool) -> HoldReason | None:
    """Say why a mail may do nothing, whatever it matched. `unverified`: accept or hold."""
    if verdict is Verdict.FAILED:
        return HoldReason.AUTHENTICATION_FAILED
    if forged:
        return HoldReason.FORGED_TOKEN
    if verdict is Verdict.UNKNOWN and unverified != "accept":
        return HoldReason.UNVERIFIED
    return None


def is_new_subject(subject: str, known: Iterable[str]) -> bool:
    """Whether a subject that should repeat one of `known` says something else: perhaps the sender
    took an old mail for its address and writes about another matter."""
    return bool(_bare(subject)) and _bare(subject) not in {_bare(each) for each in known}


def mentions(text: str, code: str, document: str) -> bool:
    """Tell whether a provider's code or its document, masked or plain, stands alone in the text."""
    spelled = r"[./-]?".join(re.escape(character) for character in document)
    names = "|".join(name for name in (re.escape(code), spelled) if name)
    return bool(names and re.search(rf"(?<!\w)(?:{names})(?!\w)", text, re.IGNORECASE))


def _standing(match: Match, facts: Facts) -> Standing | None:
    """Say what the sender is to the ticket of a match; None for a stranger."""
    own = next((each for each in facts.providers if each.id == match.provider_id), None)
    if match.void or not (match.participant or own):
        return None
    if match.layer in SIGNED and match.issued_to_sender:
        return Standing.ISSUED_TO_SENDER
    return Standing.PARTICIPANT if match.participant or own is None else _known(own)


def _bare(subject: str) -> str:
    """Without the prefixes of answers and without case, blanks and marks: `RES: Glosa` is Glosa."""
    return "".join(re.findall(r"\w+", _PREFIXES.sub("", subject).casefold()))


def _known(provider: SenderProvider) -> Standing:
    return Standing.DOMAIN if provider.by_domain else Standing.REGISTERED


def _open(facts: Facts, trace: tuple[str, ...]) -> Open | Hold:
    """Whom the address itself names comes before whom only its domain names."""
    known = [each for each in facts.providers if not each.by_domain] or list(facts.providers)
    chosen = [each for each in known if each.mentioned] if len(known) > 1 else known
    if len(chosen) == 1:
        return Open(chosen[0].id, _known(chosen[0]), (*trace, f"provider {chosen[0].id}"))
    reason = HoldReason.AMBIGUOUS_PROVIDER if known else HoldReason.UNKNOWN_SENDER
    return Hold(reason, None, trace)
