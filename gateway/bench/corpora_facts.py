"""What counts as right: how the facts of other projects' tests are compared with ours."""

# What other projects state is JSON of any shape.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false
# pyright: reportUnknownArgumentType=false

import re
from collections.abc import Callable, Iterator
from typing import Any

from channels.mail import html_text
from gateway.bench.corpora_replies import lost_words, words

#: of a peer's words that have to be there
BODY_SHARE = 0.9
#: what one peer shows instead of a body without text
PLACEHOLDER = "no visible content"

Explained = dict[str, Any]
Expected = dict[str, Any]
#: (wanted, got, whether they agree)
Judged = tuple[object, object, bool]


def same(text: object) -> str:
    return " ".join(str(text or "").split())


def squeezed(text: object) -> str:
    return "".join(str(text or "").split())


def first(wanted: Any) -> Any:
    return wanted[0] if isinstance(wanted, list) and wanted else wanted


def address_of(found: Any) -> str:
    return (first(found) or {}).get("address", "").lower() if found else ""


def name_of(found: Any) -> str:
    return (first(found) or {}).get("name", "") if found else ""


def equal(
    key: str, got: Callable[[Explained], str], clean: Callable[[object], str] = same
) -> tuple[str, Callable[..., Judged]]:
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


def judge_bounce(*, is_one: bool) -> Callable[..., Judged | None]:
    """Reports found, or messages that are none taken for one."""

    def judge(wanted: Any, found: Explained, expected: Expected) -> Judged | None:
        if not wanted and "permanent_failures" in expected:
            # There it only says that the peer found no address
            return None
        ours = found["automatic"] in {"bounce", "delayed"}
        return (wanted, found["automatic"], is_one == ours) if bool(wanted) == is_one else None

    return judge


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


def judge_failures(*, permanent: bool) -> Callable[..., Judged | None]:
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


def judge_inline(wanted: Any, found: Explained, _: Expected) -> Iterator[Judged]:
    """Each answer written between the lines of the quotation has to be in the new text."""
    shown = same(found["reply_text"])
    for each in wanted:
        yield each, found["reply_text"], same(each) in shown


#: fact of ours -> (key of the peer, judge)
FACTS: dict[str, tuple[tuple[str, Callable[..., Any]], ...]] = {
    "subject": (equal("subject", lambda found: found["subject"]),),
    "from": (
        equal(
            "from_address",
            lambda found: address_of(found["from"]),
            lambda v: same(v).lower().strip('"'),
        ),
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
    "bounce": (("is_bounce", judge_bounce(is_one=True)),),
    "no bounce": (("is_bounce", judge_bounce(is_one=False)),),
    "class": (("bounce", judge_class),),
    "dead": (("bounce", judge_permanent),),
    "failed": (("permanent_failures", judge_failures(permanent=True)),),
    "deferred": (("temporary_failures", judge_failures(permanent=False)),),
    "feedback": (("is_feedback_report", judge_automatic("feedback-report")),),
    "auto": (
        (
            "is_auto_reply",
            judge_automatic("auto-reply", "out-of-office", "list", "bounce", "delayed"),
        ),
    ),
    "inline": (("inline", judge_inline),),
    "reply": (
        equal("reply_text", lambda found: found["reply_text"]),
        equal("first_fragment", lambda found: found["reply_text"]),
    ),
}
