"""What counts as a reply well cut: words of the expected one lost, words leaked from the quote."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from channels.mail import ending_phrases as endings

#: under which peers state the reply alone
KEYS = ("reply_text", "first_fragment", "reply_text_html_stripped")
#: under which a peer states it as Markdown, once a setting: any of them will do
MARKDOWN = "reply_text_markdown"
#: under which a peer states only what stands in the reply, in its signature, in what is quoted
CHECKS = "checks"
_FOLDED = re.compile(r"<details.*?</details>", re.DOTALL)
#: a message that loses more than this share of its words has lost its answer
MOST_LOST = 0.2
_WORD = re.compile(r"\w+")


@dataclass(slots=True)
class ReplyWords:
    """Sums over the messages of one source."""

    messages: int = 0
    equal: int = 0
    wanted: int = 0
    lost: int = 0
    got: int = 0
    leaked: int = 0
    #: messages that lose more than `MOST_LOST`
    losing: int = 0
    #: messages with a text of which nothing is shown
    empty: int = 0
    #: words of signatures that a peer counts as the reply and we fold; not in `lost`
    folded: int = 0

    def add(self, other: "ReplyWords") -> None:
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


def judge(wanted: str, got: str) -> ReplyWords:
    """One message: the reply that its source expects beside the one that we show."""
    total, lost = len(words(wanted)), lost_words(wanted, got)
    folded = lost if lost and _signs(wanted, got) else 0
    lost -= folded
    return ReplyWords(
        messages=1,
        equal=" ".join(wanted.split()).lower() == " ".join(got.split()).lower(),
        wanted=total,
        lost=lost,
        got=len(words(got)),
        leaked=lost_words(got, wanted),
        losing=lost > total * MOST_LOST,
        empty=not got.strip() and bool(wanted.strip()),
        folded=folded,
    )


def _signs(wanted: str, got: str) -> bool:
    """Whether all that `got` lacks begins with `-- ` or with the line of a telephone."""
    if not got.strip() or not wanted.strip().startswith(got.strip()):
        return False
    first = wanted.strip()[len(got.strip()) :].strip().split("\n")[0]
    return bool(endings.SIGNATURE_DELIMITER.match(first) or endings.DEVICE.match(first))


def judge_expected(expected: Mapping[str, Any], got: str) -> ReplyWords:
    """Everything that a peer states about the reply of one message."""
    sums = ReplyWords()
    for key in KEYS:
        if isinstance(expected.get(key), str):
            sums.add(judge(expected[key], got))
    if expected.get(MARKDOWN):
        judged = (judge(_unmarked(each), got) for each in expected[MARKDOWN])
        sums.add(min(judged, key=lambda each: each.lost + each.leaked))
    if isinstance(expected.get(CHECKS), list):
        sums.add(_checked(expected[CHECKS], got))
    return sums


def _unmarked(text: str) -> str:
    return _FOLDED.sub("", text).replace("*", "")


def _checked(checks: Iterable[Mapping[str, str]], got: str) -> ReplyWords:
    """Phrases that stand in the reply (`replies[0].body`) or in what is quoted (`replies[1]…`).
    A polite ending is a signature to that peer and a part of the reply to us."""
    sums = ReplyWords(messages=1, equal=True)
    for check in checks:
        said = check["value"]
        if not said or check["op"] == "not in":
            continue
        present = " ".join(said.split()) in " ".join(got.split())
        count = len(words(said))
        if check["of"] == "mail.replies[0].body":
            sums.wanted += count
            sums.got += count if present else 0
            sums.lost += 0 if present else lost_words(said, got)
            sums.equal &= present if check["op"] == "in" else said.split() == got.split()
        elif "replies[0]" not in check["of"]:
            sums.got += count if present else 0
            sums.leaked += count if present else 0
            sums.equal &= not present
    sums.losing = sums.lost > sums.wanted * MOST_LOST
    sums.empty = not got.strip()
    return sums


def words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def lost_words(wanted: str, got: str) -> int:
    return sum((Counter(words(wanted)) - Counter(words(got))).values())
