"""`make corpora CORPORA=DIR`: how much of other people's mail is understood as they expect it.

`DIR/corpus/<source>/<id>.*` holds messages, `DIR/expected/<source>/<id>.json` the facts their own
projects assert. Prints right/total per source and fact, what reply trimming loses and leaks, the
slowest file and every crash; exits 1 on a crash or when a file takes longer than 5 s. `--misses`
lists each fact that differs.
"""

import argparse
import json
import sys
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from channels.mail.explain import explain
from tests.bench.corpora_facts import FACTS, Expected, Explained, Judged, lost_words, words

SLOWEST_ALLOWED = 5.0
#: the body text of a plain `.txt` fixture, as a mail
WRAPPER = b"From: a@example.org\nSubject: x\nContent-Type: text/plain; charset=utf-8\n\n"


@dataclass(slots=True)
class Tally:
    right: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    total: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    misses: list[str] = field(default_factory=list[str])
    #: source to (expected words, lost, found words, leaked, messages losing > 20 %, empty)
    words: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0] * 6))
    crashes: list[str] = field(default_factory=list[str])
    slowest: tuple[float, str] = (0.0, "")
    files: int = 0

    def note(self, source: str, fact: str, name: str, judged: Judged) -> None:
        wanted, got, agree = judged
        self.total[source, fact] += 1
        if agree:
            self.right[source, fact] += 1
        else:
            self.misses.append(f"{source}/{name} {fact}: wanted {wanted!r:.300} got {got!r:.300}")


REPLIES = ("reply_text", "first_fragment")


def read(path: Path) -> bytes:
    raw = path.read_bytes()
    return WRAPPER + raw if path.suffix == ".txt" else raw


def expectations(folder: Path, path: Path) -> Expected:
    name = path.name.removesuffix(".tmpl").rsplit(".", 1)[0]
    found = folder / "expected" / path.parent.name / f"{name}.json"
    return json.loads(found.read_text())["expect"] if found.exists() else {}


def judge_all(tally: Tally, source: str, path: Path, expected: Expected, found: Explained) -> None:
    for fact, alternatives in FACTS.items():
        for key, judge in alternatives:
            if key not in expected:
                continue
            judged = judge(expected[key], found, expected)
            if judged is None:
                continue
            for each in [judged] if isinstance(judged, tuple) else judged:
                tally.note(source, fact, path.name, each)
    for key in REPLIES:
        if isinstance(expected.get(key), str):
            count_words(tally.words[source], expected[key], found["reply_text"])


def count_words(sums: list[int], wanted: str, got: str) -> None:
    total, lost = len(words(wanted)), lost_words(wanted, got)
    sums[0] += total
    sums[1] += lost
    sums[2] += len(words(got))
    sums[3] += lost_words(got, wanted)
    sums[4] += lost > total * 0.2
    sums[5] += not got.strip() and bool(wanted.strip())


def measure(folder: Path) -> Tally:
    tally = Tally()
    for path in sorted((folder / "corpus").rglob("*")):
        if not path.is_file():
            continue
        raw = read(path)
        tally.files += 1
        begun = time.perf_counter()
        try:
            for each in (raw, path.read_bytes()) if path.suffix == ".txt" else (raw,):
                found = explain(each)
                json.dumps(found)
        except Exception as error:  # noqa: BLE001 - to count them is what this is for
            tally.crashes.append(f"{path}: {error!r}")
            continue
        tally.slowest = max(tally.slowest, (time.perf_counter() - begun, str(path)))
        if path.suffix == ".txt":
            found = explain(raw)
        judge_all(tally, path.parent.name, path, expectations(folder, path), found)
    return tally


def show(tally: Tally) -> None:
    sources = sorted({source for source, _ in tally.total})
    for fact in FACTS:
        cells = [
            f"{source} {tally.right[source, fact]}/{tally.total[source, fact]}"
            for source in sources
            if tally.total[source, fact]
        ]
        if cells:
            right = sum(tally.right[source, fact] for source in sources)
            total = sum(tally.total[source, fact] for source in sources)
            print(f"{fact:11} {right:4}/{total:<4} {right / total:6.1%}  {'  '.join(cells)}")
    print("\nreply words      wanted    lost          leaked        lose > 20 %  empty")
    for source, (total, lost, got, leaked, losing, empty) in sorted(tally.words.items()):
        print(
            f"{source:26}{total:6} {lost:5} {lost / max(total, 1):6.1%} "
            f"{leaked:5} {leaked / max(got, 1):6.1%} {losing:6} {empty:6}"
        )
    print(
        f"\n{tally.files} files, {len(tally.crashes)} crashes, slowest "
        f"{tally.slowest[0]:.3f} s {tally.slowest[1]}"
    )
    for crash in tally.crashes:
        print("CRASH", crash)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--misses", default=None, help="list misses of this fact (or `all`)")
    chosen = arguments.parse_args()
    tally = measure(chosen.folder)
    for miss in tally.misses:
        if chosen.misses == "all" or f" {chosen.misses}:" in miss:
            print(miss)
    show(tally)
    return 1 if tally.crashes or tally.slowest[0] > SLOWEST_ALLOWED else 0


if __name__ == "__main__":
    sys.exit(main())
