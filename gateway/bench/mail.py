"""What of mail is understood, beside what peers measure: the table of `docs/mail.md`.

Without a folder of messages it judges the made-up ones of `gateway.bench.messages`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from gateway.bench import corpora, messages, throughput
from gateway.bench.corpora import Tally
from gateway.bench.corpora_replies import ReplyWords
from gateway.bench.throughput import Speed

TITLE = "mail: what is understood of it, on one core"
SLOWEST_ALLOWED = 1.0
SPEED_BAR = 0.6
#: fewer messages say nothing about speed
ENOUGH = 50
#: words of replies that may be lost, words of quotations that may be left
MOST_LOST, MOST_LEAKED = 0.005, 0.02
#: sources that state the new text of replies, and sets of our own
REPLIES = ("email_reply_trimmer", "crisp-email-reply-parser", "talon", "mail-parser-reply")
OWN = "own "


@dataclass(frozen=True, slots=True)
class Row:
    what: str
    peers: str
    bar: str
    ours: str
    #: None when there was nothing to judge
    holds: bool | None
    figures: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Results:
    rows: tuple[Row, ...]
    #: (fact, reason, how often): differences that are the peer's
    reasons: tuple[tuple[str, str, int], ...]
    misses: tuple[str, ...]

    @property
    def below(self) -> list[str]:
        return [row.what for row in self.rows if row.holds is False]


@dataclass(frozen=True, slots=True)
class Fact:
    """A row of equal facts: `bar` is the share that has to be equal where the peer is right."""

    what: str
    fact: str
    peers: str
    bar: float
    sources: tuple[str, ...] = ()


FACTS = (
    Fact("subject equal to the peer's own", "subject", "stdlib on zammad 108/114", 0.99),
    Fact("From address equal to the peer's own", "from", "stdlib on zammad 103/115", 0.99),
    Fact("body: 90 % of the peer's words", "body words", "zammad 87/98", 0.97),
    Fact("attachments equal by SHA-256", "sha256", "30/47", 0.97),
    Fact("bounces found, sisimai", "bounce", "flufl 466/566, naive 535/591", 0.99, ("sisimai",)),
    Fact("no false alarm", "no bounce", "-", 1.0),
    Fact("status class of bounces", "class", "-", 0.95, ("sisimai",)),
    Fact("dead addresses told as permanent", "dead", "-", 0.95, ("sisimai",)),
    Fact("failing addresses, flufl", "failed", "-", 0.95),
    Fact("inline answers kept", "inline", "-", 1.0),
)


#: joins are decided by the core, over a database: tests count them
ADVERSARIAL = Row(
    what="adversarial joins, steered answers",
    peers="anyone gets in (three of the helpdesks)",
    bar="0 of ≥ 80",
    ours="see `tests/channels/mail/test_adversarial.py`",
    holds=None,
    figures={},
)


def measure() -> Mapping[str, float]:
    """The figures over made-up messages, as every benchmark gives them."""
    return figures(judge())


def judge(folder: Path | None = None, own: Path | None = None) -> Results:
    """Judge the messages of `folder` (or made-up ones) and the replies of `own`."""
    judged = list(corpora.cases(folder) if folder else messages.cases())
    tally = corpora.measure(chain(judged, corpora.own_cases(own) if own else ()))
    mails = [case.raw for case in judged if case.is_mail]
    pages = [raw for raw in mails if throughput.is_page(raw)]
    rows = (
        _survived(tally),
        *(row for fact in FACTS if (row := _equal(tally, fact)) is not None),
        *_replies(tally),
        ADVERSARIAL,
        _speed("messages explained a second", throughput.measure(mails), bar=SPEED_BAR),
        _speed("of these, HTML messages", throughput.measure(pages), bar=None),
    )
    return Results(
        rows=rows,
        reasons=tuple(
            (fact, why, count)
            for fact, reasons in tally.reasons.items()
            for why, count in reasons.items()
        ),
        misses=tuple(_misses(tally)),
    )


def figures(results: Results) -> dict[str, float]:
    return {f"{row.what}: {name}": v for row in results.rows for name, v in row.figures.items()}


def table(results: Results) -> str:
    """The rows as a Markdown table, and why differences are not ours."""
    cells = [
        ("what", "peers", "bar", "Ponte"),
        ("---",) * 4,
        *(
            (row.what, row.peers, row.bar, row.ours + (" **below**" if row.holds is False else ""))
            for row in results.rows
        ),
    ]
    lines = [f"| {' | '.join(row)} |" for row in cells]
    lines += ["", "Differences that are the peer's own:", ""]
    lines += [f"- {fact}: {why} ({count})" for fact, why, count in results.reasons]
    lines += ["", "Differences that are ours:", "", *(f"- {miss}" for miss in results.misses)]
    return "\n".join(lines) + "\n"


def _survived(tally: Tally) -> Row:
    seconds, _ = tally.slowest
    failed = len(tally.crashes) + len(tally.losses) + (seconds > SLOWEST_ALLOWED)
    return Row(
        what="any file: raised, lost something, over 1 s of CPU",
        peers="`policy.default` raises on 12 of 1,830",
        bar="0",
        ours=f"{len(tally.crashes)}, {len(tally.losses)}, {int(seconds > SLOWEST_ALLOWED)} of "
        f"{tally.files:,} (slowest {seconds:.2f} s)",
        holds=not failed,
        figures={"files": tally.files, "failed": failed, "slowest s": seconds},
    )


def _equal(tally: Tally, fact: Fact) -> Row | None:
    right, explained, total = (
        sum(
            count
            for (source, name), count in counter.items()
            if name == fact.fact and (not fact.sources or source in fact.sources)
        )
        for counter in (tally.right, tally.explained, tally.total)
    )
    if not total:
        return None
    judged = total - explained
    share = right / judged if judged else 1.0
    letter = f"; to the letter {right}/{total} ({right / total:.1%}), {explained} explained below"
    return Row(
        what=fact.what,
        peers=fact.peers,
        bar=f"≥ {fact.bar:.0%}",
        ours=f"{right}/{judged} ({share:.1%})" + (letter if explained else ""),
        holds=share >= fact.bar,
        figures={"equal": right, "explained": explained, "total": total},
    )


def _replies(tally: Tally) -> Iterator[Row]:
    sums, count = ReplyWords(), 0
    for source, of in tally.replies.items():
        if source in REPLIES or source.startswith(OWN):
            sums.add(of)
            count += 1
    if not sums.messages:
        return
    lost, leaked = sums.lost / max(sums.wanted, 1), sums.leaked / max(sums.got, 1)
    yield Row(
        what=f"reply text, {sums.messages} messages of {count} sets: lost, leaked",
        peers="equal in 28/64, 18/42, 10/12; leak in 8-11 of 13 Portuguese",
        bar="≤ 0.5 %, ≤ 2 %",
        ours=f"{lost:.2%}, {leaked:.2%} (equal to the letter {sums.equal}/{sums.messages}; "
        f"{sums.folded} words of signatures that peers count as the reply are folded)",
        holds=lost <= MOST_LOST and leaked <= MOST_LEAKED,
        figures={
            "lost": lost,
            "leaked": leaked,
            "equal": sums.equal,
            "messages": sums.messages,
            "folded": sums.folded,
        },
    )
    yield Row(
        what="replies that lose over 20 %, empty views",
        peers="-",
        bar="0, 0",
        ours=f"{sums.losing}, {sums.empty}",
        holds=not sums.losing and not sums.empty,
        figures={"losing": sums.losing, "empty": sums.empty},
    )


def _speed(what: str, speed: Speed, *, bar: float | None) -> Row:
    return Row(
        what=what,
        peers=f"`policy.default` {speed.theirs:,.0f}/s (raises on {speed.raised})",
        bar=f"≥ {bar:.0%}" if bar else "-",
        ours=f"{speed.ours:,.0f}/s ({speed.share:.0%}) of {speed.messages:,}; "
        f"one pass over the bytes {speed.limit:,.0f}/s",
        holds=speed.share >= bar if bar and speed.messages >= ENOUGH else None,
        figures={"a second": speed.ours, "policy.default": speed.theirs, "bytes": speed.limit},
    )


def _misses(tally: Tally) -> Sequence[str]:
    """What differs and is ours, with what raised or was lost."""
    mine = (miss for miss in tally.misses if " MISS " in miss)
    judged = {fact.fact for fact in FACTS}
    return [
        *tally.crashes,
        *tally.losses,
        *(miss for miss in mine if any(f" {fact}: " in miss for fact in judged)),
    ]
