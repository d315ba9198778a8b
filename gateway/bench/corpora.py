"""How much of other people's mail is understood as they expect it.

`DIR/corpus/<source>/<id>.*` holds messages, `DIR/expected/<source>/<id>.json` the facts their own
projects assert. `python -m gateway.bench.corpora DIR [--misses FACT]` shows right/total per source
and fact, and each fact that differs; the table with the bars is `ponte bench mail`.
"""

import argparse
import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from channels.mail.explain import explain
from gateway.bench.corpora_explained import Difference, reason
from gateway.bench.corpora_facts import FACTS, Expected, Explained, Judged
from gateway.bench.corpora_loss import lost
from gateway.bench.corpora_replies import ReplyWords, judge_expected

#: fixtures that are a body alone, as a mail
WRAPPERS = {
    ".txt": b"From: a@example.org\nSubject: x\nContent-Type: text/plain; charset=utf-8\n\n",
    ".html": b"From: a@example.org\nSubject: x\nContent-Type: text/html; charset=utf-8\n\n",
}
#: files that are messages; of others only that they are survived counts
MESSAGES = frozenset({".eml", ".tmpl"})


@dataclass(frozen=True, slots=True)
class Case:
    """A message and what its own project says of it."""

    source: str
    name: str
    raw: bytes
    expected: Expected = field(default_factory=dict[str, object])
    is_mail: bool = True


@dataclass(slots=True)
class Tally:
    right: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    explained: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    total: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    misses: list[str] = field(default_factory=list[str])
    #: fact to reason to how often
    reasons: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter[str]))
    #: by source
    replies: dict[str, ReplyWords] = field(default_factory=lambda: defaultdict(ReplyWords))
    crashes: list[str] = field(default_factory=list[str])
    #: messages of which something is neither shown nor kept as a file
    losses: list[str] = field(default_factory=list[str])
    slowest: tuple[float, str] = (0.0, "")
    files: int = 0

    def note(self, case: Case, fact: str, judged: Judged) -> None:
        wanted, got, agree = judged
        key = (case.source, fact)
        self.total[key] += 1
        if agree:
            self.right[key] += 1
            return
        why = reason(case.source, case.name, Difference(fact, wanted, got, case.raw))
        if why is not None:
            self.explained[key] += 1
            self.reasons[fact][why] += 1
        sign = "explained" if why else "MISS"
        self.misses.append(
            f"{case.source}/{case.name} {fact}: {sign} {why or ''} "
            f"wanted {wanted!r:.300} got {got!r:.300}"
        )


def cases(folder: Path) -> Iterator[Case]:
    """The messages of a folder in the order of their names."""
    for path in sorted((folder / "corpus").rglob("*")):
        if not path.is_file():
            continue
        name = path.name.removesuffix(".tmpl").rsplit(".", 1)[0]
        stated = folder / "expected" / path.parent.name / f"{name}.json"
        raw = path.read_bytes()
        yield Case(
            source=path.parent.name,
            name=name,
            raw=WRAPPERS.get(path.suffix, b"") + raw,
            expected=json.loads(stated.read_text())["expect"] if stated.exists() else {},
            is_mail=path.suffix in MESSAGES,
        )


def own_cases(folder: Path) -> Iterator[Case]:
    """Messages of our own: `<set>/<name>.eml` with its facts in `<name>.json` beside it."""
    for path in sorted(folder.rglob("*.eml")):
        stated = json.loads(path.with_suffix(".json").read_text())
        yield Case(f"own {path.parent.name}", path.stem, path.read_bytes(), stated)


def measure(messages: Iterable[Case]) -> Tally:
    tally = Tally()
    for case in messages:
        tally.files += 1
        place = f"{case.source}/{case.name}"
        begun = time.process_time()
        try:
            found = explain(case.raw)
            json.dumps(found)
        except Exception as error:  # noqa: BLE001 - to count them is what this is for
            tally.crashes.append(f"{place}: {error!r}")
            continue
        tally.slowest = max(tally.slowest, (time.process_time() - begun, place))
        if case.is_mail and (what := lost(case.raw)):
            tally.losses.append(f"{place}: {what}")
        _judge(tally, case, found)
    return tally


def _judge(tally: Tally, case: Case, found: Explained) -> None:
    for fact, alternatives in FACTS.items():
        for key, judge in alternatives:
            if key not in case.expected:
                continue
            judged: Judged | Iterable[Judged] | None = judge(
                case.expected[key], found, case.expected
            )
            if judged is None:
                continue
            if isinstance(judged, tuple):
                judged = [cast("Judged", judged)]
            for each in judged:
                tally.note(case, fact, each)
    words = judge_expected(case.expected, str(found["reply_text"]))
    if words.messages:
        tally.replies[case.source].add(words)


def show(tally: Tally) -> str:
    """Right/total by fact and source, and what reply trimming loses and leaks."""
    sources = sorted({source for source, _ in tally.total})
    lines: list[str] = []
    for fact in FACTS:
        right, explained, total = (
            sum(counter[source, fact] for source in sources)
            for counter in (tally.right, tally.explained, tally.total)
        )
        if total:
            cells = "  ".join(
                f"{source} {tally.right[source, fact]}/{tally.total[source, fact]}"
                for source in sources
                if tally.total[source, fact]
            )
            lines.append(
                f"{fact:11} {right:4}/{total:<4} {right / total:6.1%} +{explained} {cells}"
            )
    lines.append("\nreply words      wanted    lost          leaked        lose > 20 %  empty")
    lines += [
        f"{source:26}{of.wanted:6} {of.lost:5} {of.lost / max(of.wanted, 1):6.1%} "
        f"{of.leaked:5} {of.leaked / max(of.got, 1):6.1%} {of.losing:6} {of.empty:6}"
        for source, of in sorted(tally.replies.items())
    ]
    seconds, place = tally.slowest
    lines.append(
        f"\n{tally.files} files, {len(tally.crashes)} raised, {len(tally.losses)} lost something, "
        f"slowest {seconds:.3f} s {place}"
    )
    return "\n".join([*lines, *tally.crashes, *tally.losses, ""])


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--misses", default=None, help="list misses of this fact (or `all`)")
    chosen = arguments.parse_args()
    tally = measure(cases(chosen.folder))
    for miss in tally.misses:
        if chosen.misses == "all" or f" {chosen.misses}:" in miss:
            sys.stdout.write(miss + "\n")
    sys.stdout.write(show(tally))


if __name__ == "__main__":
    main()
