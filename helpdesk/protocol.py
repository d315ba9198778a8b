"""The number a provider is told: how it is written, and how it is found in what people type.

By default registro ANS (6) + AAAAMMDD + sequence of the local day, at least 6 digits wide.
"""

import re
from datetime import date
from string import Formatter

NARROWEST = 6
#: what the column holds
LONGEST = 40
FIELDS = frozenset({"ans", "date", "seq"})
#: a protocol is part of an address, and `n<number>` there means something else
_SAFE = re.compile(r"(?!n[0-9]+\Z)[0-9A-Za-z][0-9A-Za-z._-]*")
#: a date spec that tells these apart tells all days apart, at one width
_DAYS = (
    date(2026, 1, 2),
    date(2026, 1, 3),
    date(2026, 2, 2),
    date(2026, 11, 12),
    date(2026, 12, 11),
    date(2027, 1, 2),
)

_CHAIN = re.compile(r"[0-9]+(?:[ \t\u00a0.\u2013\u2014/-]{1,3}[0-9]+)*")
_GROUP = re.compile(r"[0-9]+")
SHORTEST_FOUND, LONGEST_FOUND = 20, 26
_DATE = slice(6, 14)

#: weights of the check digit; an observation that held for all 1,106 active operadoras, no statute
_WEIGHTS = (6, 5, 4, 3, 2)
REGISTRATION = re.compile(r"[0-9]{6}")


def render(template: str, ans: str, day: date, sequence: int) -> str:
    """Write protocol number `sequence` of `day`. `ans` is the registro ANS, digits only.

    The template is one `check_template` accepts.
    """
    return template.format(ans=int(ans), date=day, seq=sequence)


def check_template(template: str) -> None:
    """Raise `ValueError` with the reason when numbers made from it could repeat or mislead."""
    reason = _fault_of_fields(template) or _fault_of_numbers(template)
    if reason:
        raise ValueError(reason)


def find(text: str) -> tuple[str, ...]:
    """List what looks like protocols of the default form: plain digits, in order, distinct.

    20 to 26 digits that stand alone and hold a date from the 7th on, in one piece or in groups with
    blanks, dots or dashes between them. Whether they exist is for the database to say.
    """
    found: dict[str, None] = {}
    for chain in _CHAIN.finditer(text):
        groups: list[str] = _GROUP.findall(chain[0])
        start = 0
        while start < len(groups):
            taken = _protocol_at(groups, start)
            if taken:
                found["".join(groups[start : start + taken])] = None
            start += taken or 1
    return tuple(found)


def ans_check(registration: str) -> bool:
    """Tell whether six digits carry the check digit of a registro ANS; for a warning, no more."""
    if not REGISTRATION.fullmatch(registration):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(registration, _WEIGHTS, strict=False))
    expected = 11 - total % 11
    return int(registration[-1]) == {10: 0, 11: 1}.get(expected, expected)


def _protocol_at(groups: list[str], start: int) -> int:
    """Count the groups from `start` that make one protocol, 0 when they make none."""
    joined = ""
    for taken, group in enumerate(groups[start : start + LONGEST_FOUND], 1):
        if taken > 1 and _is_protocol(group):
            return 0
        joined += group
        if len(joined) >= SHORTEST_FOUND:
            return taken if _is_protocol(joined) else 0
    return 0


def _is_protocol(digits: str) -> bool:
    if not SHORTEST_FOUND <= len(digits) <= LONGEST_FOUND or digits[6:8] != "20":
        return False
    try:
        date.fromisoformat(digits[_DATE])
    except ValueError:
        return False
    return True


def _fields(template: str) -> dict[str, str]:
    """Map the fields of a template to their format specs. Raises `ValueError`."""
    fields: dict[str, str] = {}
    for _, name, spec, conversion in Formatter().parse(template):
        if name is not None and (name not in FIELDS or conversion or "{" in (spec or "")):
            msg = f"unknown field {{{name}}}"
            raise ValueError(msg)
        if name is not None:
            fields[name] = spec or ""
    return fields


def _fault_of_fields(template: str) -> str | None:
    missing = sorted({"date", "seq"} - _fields(template).keys())
    return f"missing field {{{missing[0]}}}" if missing else None


def _fault_of_numbers(template: str) -> str | None:
    """Write some numbers and look at them: a format spec has more ways to fail than rules."""
    fields = _fields(template)
    numbers = [format(number, fields["seq"]) for number in (1, 2)]
    days = [format(day, fields["date"]) for day in _DAYS]
    sample = render(template, "999997", _DAYS[0], 1)
    if len(numbers[0]) < NARROWEST or not all(number.isdecimal() for number in numbers):
        return f"{{seq}} needs at least {NARROWEST} digits, as in {{seq:06}}"
    if len(set(days)) < len(_DAYS) or len({len(day) for day in days}) > 1:
        return "{date} needs year, month and day at full width, as in {date:%Y%m%d}"
    if not _SAFE.fullmatch(sample) or len(sample) > LONGEST:
        return f"{sample}: needs up to {LONGEST} letters, digits, dots and dashes"
    return None
