"""What an invitation says (iCalendar, RFC 5545): its words, for messages that have no others."""

import re

from channels.mail import charset

#: lines that a person reads of an event, in the order of the file
_SAID = frozenset({"SUMMARY", "DTSTART", "DTEND", "LOCATION", "DESCRIPTION", "COMMENT"})
_LINE = re.compile(r"^([A-Z-]+)((?:;[^:\n\"]*(?:\"[^\"\n]*\"[^:\n\"]*)*)?):(.*)$", re.MULTILINE)
_FOLD = re.compile(r"\n[ \t]")
_TIME = re.compile(r"^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z?))?$")
_ESCAPED = re.compile(r"\\([\\;,nN])")
#: longer calendars are nobody's invitation
_LONGEST = 64 * 1024
_EVENT = "BEGIN:VEVENT"


def text(data: bytes, label: str | None) -> str:
    """The words of the first events; "" when there are none. `label` is the declared charset."""
    read = charset.clean(charset.decode(data[:_LONGEST], label or "utf-8"))
    _, found, events = _FOLD.sub("", read).partition(_EVENT)
    if not found:
        return ""
    said = [
        _value(line[3]) for line in _LINE.finditer(events) if line[1] in _SAID and line[3].strip()
    ]
    return "\n".join(dict.fromkeys(said))


def _value(written: str) -> str:
    stamp = _TIME.match(written.strip())
    if stamp is None:
        return _ESCAPED.sub(lambda mark: "\n" if mark[1] in "nN" else mark[1], written).strip()
    year, month, day, hour, minute, _, zone = stamp.groups()
    clock = f" {hour}:{minute}{' UTC' if zone else ''}" if hour else ""
    return f"{year}-{month}-{day}{clock}"
