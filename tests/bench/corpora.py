"""`make corpora CORPORA=DIR`: how much of other people's mail is understood as they expect it.

`DIR/corpus/<source>/<id>.*` holds messages, `DIR/expected/<source>/<id>.json` the facts their own
projects assert. Prints right/total per source and fact, what reply trimming loses and leaks, the
slowest file and every crash; exits 1 on a crash or when a file takes longer than 5 s. `--misses`
lists each fact that differs.
"""

import argparse
import json
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from channels.mail import html_text
from channels.mail.explain import explain

SLOWEST_ALLOWED = 5.0
#: the body text of a plain `.txt` fixture, as a mail
WRAPPER = b"From: a@example.org\nSubject: x\nContent-Type: text/plain; charset=utf-8\n\n"
BODY_SHARE = 0.9
#: what one peer shows instead of a body without text
PLACEHOLDER = "no visible content"
#: words of the expected text that may be missing, and found text that may be too much
WORD = re.compile(r"\w+")

Explained = dict[str, Any]
Expected = dict[str, Any]
#: (wanted, got, whether they agree)
Judged = tuple[object, object, bool]


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


def same(text: object) -> str:
    return " ".join(str(text or "").split())


def squeezed(text: object) -> str:
    return "".join(str(text or "").split())


def words(text: str) -> list[str]:
    return WORD.findall(text.lower())


def lost_words(wanted: str, got: str) -> int:
    return sum((Counter(words(wanted)) - Counter(words(got))).values())


def first(wanted: Any) -> Any:
    return wanted[0] if isinstance(wanted, list) and wanted else wanted


def address_of(found: Any) -> str:
    return (first(found) or {}).get("address", "").lower() if found else ""


def name_of(found: Any) -> str:
    return (first(found) or {}).get("name", "") if found else ""


def equal(key: str, got: Callable[[Explained], str], clean: Callable[[object], str] = same):
    def judge(wanted: Any, found: Explained, _: Expected) -> Judged:
        theirs, ours = clean(wanted), clean(got(found))
        return theirs, ours, theirs.lower() == ours.lower()

    return key, judge


def judge_from(wanted: Any, found: Explained, _: Expected) -> Judged | None:
    theirs = first(wanted)
    if not isinstance(theirs, dict) or not theirs.get("address"):
        return None
    return (
        theirs["address"],
        address_of(found["from"]),
        theirs["address"].lower() == address_of(found["from"]),
    )


def judge_name(wanted: Any, found: Explained, _: Expected) -> Judged | None:
    theirs = first(wanted)
    if not isinstance(theirs, dict) or not theirs.get("name"):
        return None
    return (
        same(theirs["name"]),
        name_of(found["from"]),
        same(theirs["name"]) == name_of(found["from"]),
    )


def judge_to(wanted: Any, found: Explained, _: Expected) -> Judged | None:
    theirs = first(wanted)
    if not isinstance(theirs, dict) or not theirs.get("address"):
        return None
    ours = [each["address"].lower() for each in found["to"]]
    return theirs["address"], ours, theirs["address"].lower() in ours


def judge_words(wanted: Any, found: Explained, _: Expected) -> Judged | None:
    """In the text or, where a peer reads the HTML of two alternatives that differ, in the HTML."""
    wanted = "\n".join(wanted) if isinstance(wanted, list) else str(wanted)
    total = len(words(wanted))
    if not total or wanted == PLACEHOLDER:
        return None
    shown = html_text.to_text(found["html"] or "")
    lost = min(lost_words(wanted, found["text"]), lost_words(wanted, shown))
    return wanted, found["text"], lost <= (1 - BODY_SHARE) * total


def judge_id(wanted: Any, found: Explained, _: Expected) -> Judged:
    ours = (found["message_id"] or "").strip("<>")
    return wanted, ours, str(wanted).strip("<>") == ours


def judge_hashes(wanted: Any, found: Explained, expected: Expected) -> Iterator[Judged]:
    """One judgement an attachment whose decoded bytes the peer states."""
    ours = [each["sha256"] for each in found["attachments"]]
    for each in wanted if isinstance(wanted, list) else []:
        if isinstance(each, str):
            yield each, ours, each in ours
            continue
        if not isinstance(each, dict) or not each.get("sha256") or is_made_up(each, expected):
            continue
        yield (
            each,
            [(a["filename"], a["size"]) for a in found["attachments"]],
            each["sha256"] in ours,
        )


def is_made_up(each: Expected, expected: Expected) -> bool:
    """A copy of the body that the peer stores as a file, or a text it re-encoded."""
    copied = re.fullmatch(r"(?:message|document\d*)\.(?:html|txt)", each.get("filename") or "")
    return bool(copied and ("body" in expected or "extracted_files" in expected)) or (
        each.get("kind") == "Text"
    )


def judge_names(wanted: Any, found: Explained, expected: Expected) -> Iterator[Judged]:
    ours = [each["filename"] for each in found["attachments"]]
    for each in wanted.values() if isinstance(wanted, dict) else wanted:
        if isinstance(each, str):
            name = each
        elif isinstance(each, dict):
            if is_made_up(each, expected):
                continue
            name = each.get("filename") or each.get("Filename") or ""
        else:
            continue
        if name:
            yield name, ours, same(name) in [same(our) for our in ours]


def judge_bounce(wanted: Any, found: Explained, _: Expected) -> Judged:
    ours = found["automatic"] in {"bounce", "delayed"}
    return wanted, found["automatic"], bool(wanted) == ours


def judge_class(wanted: Any, found: Explained, expected: Expected) -> Judged | None:
    """Delayed or failed, by the class digit of the status the peer read."""
    statuses = {str(each.get("status") or "")[:1] for each in wanted} - {""}
    if (
        not expected.get("is_bounce")
        or not statuses
        or found["automatic"]
        not in {
            "bounce",
            "delayed",
        }
    ):
        return None
    ours = {each["status"][:1] for each in found["bounces"]}
    return statuses, found["bounces"], bool(statuses & ours)


def judge_permanent(wanted: Any, found: Explained, expected: Expected) -> Judged | None:
    """`permanent` of ours means 5.x.x; the peer's means a dead address, so only one way is told."""
    if not expected.get("is_bounce") or not any(each.get("permanent") for each in wanted):
        return None
    ours = any(each["permanent"] for each in found["bounces"])
    return wanted, found["bounces"], ours


def judge_failures(permanent: bool) -> Callable[..., Judged | None]:
    def judge(wanted: Any, found: Explained, _: Expected) -> Judged | None:
        if not wanted:
            return None
        ours = {
            each["recipient"].lower() for each in found["bounces"] if each["permanent"] is permanent
        }
        theirs = {str(each).lower() for each in wanted}
        return sorted(theirs), found["bounces"], theirs <= ours

    return judge


def judge_automatic(*kinds: str) -> Callable[..., Judged]:
    def judge(wanted: Any, found: Explained, _: Expected) -> Judged:
        return wanted, found["automatic"], bool(wanted) == (found["automatic"] in kinds)

    return judge


def judge_count(wanted: Any, found: Explained, _: Expected) -> Judged:
    return (
        wanted,
        [each["filename"] for each in found["attachments"]],
        int(wanted) == len(found["attachments"]),
    )


def judge_contains(wanted: Any, found: Explained, _: Expected) -> Iterator[Judged]:
    for each in wanted if isinstance(wanted, list) else [wanted]:
        ours = same(found["text"]) + same(found["html"])
        yield each, found["text"], same(each) in ours


#: fact of ours -> (key of the peer, judge)
FACTS: dict[str, tuple[tuple[str, Callable[..., Any]], ...]] = {
    "subject": (equal("subject", lambda found: found["subject"]),),
    "from": (
        equal("from_address", lambda found: address_of(found["from"]), lambda v: same(v).lower()),
        ("from", judge_from),
    ),
    "from name": (
        equal("from_name", lambda found: name_of(found["from"])),
        ("from", judge_name),
    ),
    "to": (("to", judge_to),),
    "message id": (("message_id", judge_id),),
    "body words": tuple(
        (key, judge_words)
        for key in (
            "body_text",
            "body_text_normalised",
            "text_body",
            "text_body_ignoring_whitespace",
            "text_bodies",
            "body_starts",
        )
    ),
    "body has": (("body_contains", judge_contains),),
    "sha256": tuple(
        (key, judge_hashes) for key in ("attachments", "attachment_sha256", "extracted_files")
    ),
    "file name": tuple((key, judge_names) for key in ("attachments", "attachment_names")),
    "files": (("attachment_count", judge_count),),
    "bounce": (("is_bounce", judge_bounce),),
    "class": (("bounce", judge_class),),
    "dead": (("bounce", judge_permanent),),
    "failed": (("permanent_failures", judge_failures(permanent=True)),),
    "deferred": (("temporary_failures", judge_failures(permanent=False)),),
    "feedback": (("is_feedback_report", judge_automatic("feedback-report")),),
    "auto": (("is_auto_reply", judge_automatic("auto-reply", "out-of-office", "list")),),
    "reply": (
        equal("reply_text", lambda found: found["reply_text"]),
        equal("first_fragment", lambda found: found["reply_text"]),
    ),
}
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
