"""What a survey form may ask, and what counts as an answer: pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from helpdesk import text
from helpdesk.errors import FieldError, Invalid

#: the marks of a scale, from the worst to the best
SCALES = {"scale5": range(1, 6), "scale10": range(11)}
KINDS = ("short", "long", "one", "several", *SCALES, "number", "date", "flag")
#: chosen among the question's own options
CHOSEN = frozenset({"one", "several"})
#: what somebody said in words of their own: about a person, it can be erased
FREE = frozenset({"short", "long", "number", "date"})
#: one of a few: the panel counts them
COUNTED = frozenset({"one", "flag", *SCALES})
LONGEST = {"short": 200, "long": 4_000}
MOST_OPTIONS, LONGEST_OPTION = 30, 100
#: what parts several options, and options of a question: none holds it
BETWEEN = "\n"
#: 1.234 · 1.234,5 as people here write, 1234 · 1234,5 · 0.5 as anybody may
_NUMBER = re.compile(
    r"(-?)(?:([1-9][0-9]{0,2}(?:\.[0-9]{3}){1,3})(?:,([0-9]{1,6}))?"
    r"|([0-9]{1,12})(?:[.,]([0-9]{1,6}))?)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """`known`: every option there ever was, see `SurveyQuestion.known`."""

    id: int
    code: str
    label: str
    help: str = ""
    kind: str
    options: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    required: bool = False

    @property
    def field(self) -> str:
        """What the form calls it."""
        return f"q{self.id}"


@dataclass(frozen=True, slots=True)
class Said:
    """An answer as it is kept: `value` in the one spelling its kind has, `part` where it counts."""

    value: str
    part: int | None = None


def options_of(said: str) -> tuple[str, ...]:
    """One a line, without empty ones."""
    lines = (" ".join(line.split()) for line in text.normalise(said).split(BETWEEN))
    return tuple(line for line in lines if line)


def check_options(kind: str, said: str) -> Sequence[FieldError]:
    """What stands against these options for a question of this kind."""
    options = options_of(said)
    if kind not in CHOSEN:
        return [FieldError("options", "unasked")] if options else []
    if len(options) < 2:  # noqa: PLR2004 - one is no choice
        return [FieldError("options", "too_few", (("least", 2),))]
    if len(options) > MOST_OPTIONS:
        return [FieldError("options", "too_many", (("limit", MOST_OPTIONS),))]
    if any(len(option) > LONGEST_OPTION for option in options):
        return [FieldError("options", "too_long", (("limit", LONGEST_OPTION),))]
    if len({option.casefold() for option in options}) < len(options):
        return [FieldError("options", "repeated")]
    return []


def read(questions: Sequence[Question], given: Mapping[str, Sequence[str]]) -> dict[int, Said]:
    """What was answered, by question id; what was left empty is not in it. `given`: texts by
    `Question.field`. Raises `Invalid` with every wrong field."""
    found: dict[int, Said] = {}
    errors: list[FieldError] = []
    for question in questions:
        texts = [text.normalise(one).strip() for one in given.get(question.field, ())]
        said = [one for one in texts if one]
        if not said:
            if question.required:
                errors.append(FieldError(question.field, "required"))
            continue
        try:
            found[question.id] = _READ[question.kind](question, said)
        except Invalid as error:
            errors += error.errors
    if errors:
        raise Invalid(*errors)
    return found


def _wrong(question: Question, code: str, **data: object) -> Invalid:
    return Invalid(FieldError(question.field, code, tuple(data.items())))


def _words(question: Question, said: list[str]) -> Said:
    value = " ".join(said[-1].split()) if question.kind == "short" else said[-1]
    limit = LONGEST[question.kind]
    if len(value) > limit:
        raise _wrong(question, "too_long", limit=limit, length=len(value))
    return Said(value)


def _one(question: Question, said: list[str]) -> Said:
    if said[-1] not in question.options:
        raise _wrong(question, "unknown")
    return Said(said[-1], question.known.index(said[-1]))


def _several(question: Question, said: list[str]) -> Said:
    if not set(said) <= set(question.options):
        raise _wrong(question, "unknown")
    return Said(BETWEEN.join(option for option in question.options if option in said))


def _mark(question: Question, said: list[str]) -> Said:
    marks = SCALES[question.kind]
    if said[-1] not in {str(mark) for mark in marks}:
        raise _wrong(question, "range", least=marks[0], most=marks[-1])
    return Said(said[-1], int(said[-1]))


def _number(question: Question, said: list[str]) -> Said:
    found = _NUMBER.fullmatch(said[-1])
    if found is None:
        raise _wrong(question, "number")
    sign, grouped, cents, whole, rest = found.groups()
    digits = (grouped or whole).replace(".", "").lstrip("0") or "0"
    value = f"{digits},{(cents or rest or '').rstrip('0')}".rstrip(",")
    return Said(value if value == "0" else sign + value)


def _date(question: Question, said: list[str]) -> Said:
    try:
        return Said(date.fromisoformat(said[-1]).isoformat())
    except ValueError as error:
        raise _wrong(question, "date") from error


def _flag(question: Question, said: list[str]) -> Said:
    if said[-1] not in {"0", "1"}:
        raise _wrong(question, "unknown")
    return Said(said[-1], int(said[-1]))


_READ = {
    "short": _words,
    "long": _words,
    "one": _one,
    "several": _several,
    **dict.fromkeys(SCALES, _mark),
    "number": _number,
    "date": _date,
    "flag": _flag,
}
