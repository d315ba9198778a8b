"""Whether a message is a delivery report at all, when its form does not say so."""

import re
from collections.abc import Sequence

from channels.mail import bounce_phrases as phrases
from channels.mail import headers
from channels.mail.bounce_status import REPLY, SURE_STATUS
from channels.mail.bounce_text import REACH, TRACE
from channels.mail.mailboxes import Mailbox, mailboxes
from channels.mail.parse_mime import Part

_FORWARDED = re.compile(r"\s*(?:fwd?|fw|enc|res|tr|rv|wg|i)\s*:", re.IGNORECASE)
_REPLY = re.compile(r"\s*(?:re|res|aw|sv|antw|r)\s*:", re.IGNORECASE)
#: programs name themselves here: those of people and, seldom, of servers
_PROGRAM = ("user-agent", "x-mailer")
_RETURNED = frozenset({"message/rfc822", "text/rfc822-headers", "message/global"})
_OTHER_REPORTS = frozenset({"message/feedback-report", "message/disposition-notification"})
#: how much of the evidence a server's own report has to show
_ENOUGH = 2


def is_suspect(root: Part) -> bool:
    """Whether it is worth reading the text for a failure: most mail is not."""
    return (
        root.get("x-failed-recipients") is not None
        or _null_path(root)
        or _is_machine(root)
        or bool(phrases.SUBJECT.search(_subject(root)))
    )


def is_persons(root: Part) -> bool:
    """A person hands a report on, or speaks of one: by subject, by program, by what it answers.

    A server that redirects a report leaves its sender and its type as they were.
    """
    if _is_machine(root) or root.content[0] == "multipart/report":
        return False
    subject = _subject(root)
    answers = root.get("in-reply-to") is not None or root.get("references") is not None
    return bool(
        _FORWARDED.match(subject)
        or (_REPLY.match(subject) and answers)
        or any(phrases.PROGRAM.search(headers.text(root.get(name) or b"")) for name in _PROGRAM)
    )


def is_bounce(root: Part, reports: Sequence[tuple[str, bytes]], text: str, told: str) -> bool:
    """Whether a message without a delivery-status part tells of a delivery that failed.

    Only a server's own name is taken at its word; anybody else has to show the message that came
    back, because people write of failures, too.
    """
    if root.get("x-failed-recipients") is not None:
        return True
    kinds = {kind for kind, _ in reports}
    if kinds & _OTHER_REPORTS or is_persons(root):
        return False
    subject, null_path = _subject(root), _null_path(root)
    titled = bool(phrases.SUBJECT.search(subject))
    says = bool(phrases.TEXT.search(told))
    coded = bool(SURE_STATUS.search(told) or set(REPLY.findall(told)) & phrases.REPLIES.keys())
    copied = bool(kinds & _RETURNED) or bool(TRACE.search(text[:REACH], 20))
    returned = copied or len(told) < len(text[:REACH])
    if _is_machine(root):
        evidence = (titled, says, coded, returned, null_path, _is_daemon(root))
        return (titled or says or returned) and sum(evidence) >= _ENOUGH
    shown = copied and (null_path or titled or _is_answerless(root))
    servers = bool(phrases.SERVERS_SUBJECT.match(subject)) and (coded or returned or null_path)
    return says and (
        shown or servers or (titled and null_path and SURE_STATUS.search(told) is not None)
    )


def is_late(root: Part, told: str) -> bool:
    if phrases.DELAYED_SUBJECT.search(_subject(root)):
        return True
    return bool(phrases.DELAYED_TEXT.search(told)) and not phrases.GIVEN_UP.search(told)


def _subject(root: Part) -> str:
    return headers.text(root.get("subject") or b"")[:500]


def _null_path(root: Part) -> bool:
    path = root.get("return-path")
    return path is not None and path.strip() in {b"<>", b""}


def _senders(root: Part) -> tuple[Mailbox, ...]:
    return tuple(mailboxes(root.get("from") or b""))


def _is_machine(root: Part) -> bool:
    senders = _senders(root)
    if not senders:
        return not (root.get("from") or b"").strip(b" <>")
    return any(
        phrases.MACHINE.match(each.address.partition("@")[0] or each.name)
        or phrases.MACHINE_NAME.search(each.name)
        for each in senders
    )


def _is_daemon(root: Part) -> bool:
    """A name no person has, unlike postmaster."""
    return any(phrases.DAEMON.match(each.address or each.name) for each in _senders(root))


def _is_answerless(root: Part) -> bool:
    return any(phrases.ANSWERLESS.match(each.address) for each in _senders(root))
