"""What was answered to survey forms, added up for the panel.

The panel reads the answers of one form in a period from their index, and of each only whose ticket
it is: what it costs follows what is asked about (docs/decisions/0026).
"""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, and_, false, func, select
from sqlalchemy.orm import Session

from helpdesk import access, periods, survey_rules
from helpdesk.border import Actor
from helpdesk.models import SurveyAnswer, SurveyForm, SurveyQuestion, Ticket
from helpdesk.panel_groups import Scope
from helpdesk.policy import Policy
from helpdesk.survey_rules import COUNTED, SCALES


@dataclass(frozen=True, slots=True)
class Mark:
    """One of a question's few answers and how often it was given. `word`: the mark, the option,
    `1` for yes and `0` for no."""

    part: int
    word: str
    count: int


@dataclass(frozen=True, slots=True)
class Figure:
    """A question of the form, in the order of its marks."""

    id: int
    label: str
    kind: str
    marks: tuple[Mark, ...]

    @property
    def total(self) -> int:
        return sum(mark.count for mark in self.marks)

    @property
    def mean(self) -> float | None:
        """Of a scale; None for what has no middle, or no answer."""
        if self.kind not in SCALES or not self.total:
            return None
        return sum(mark.part * mark.count for mark in self.marks) / self.total


@dataclass(frozen=True, slots=True)
class Surveyed:
    """`forms`: code and name of those that can be chosen; `code` of the one that is, "" for none.
    `form_id` is its id."""

    forms: tuple[tuple[str, str], ...] = ()
    code: str = ""
    form_id: int = 0
    figures: tuple[Figure, ...] = ()


@dataclass(frozen=True, slots=True)
class Counted:
    """What a number of the panel counts: tickets with this answer, given on these local days."""

    question: int
    part: int
    first: date
    last: date

    def where(self, policy: Policy) -> ColumnElement[bool]:
        """A predicate on `Ticket`."""
        given = select(SurveyAnswer.number).where(
            SurveyAnswer.question_id == self.question,
            SurveyAnswer.part == self.part,
            _between(self.first, self.last, policy),
        )
        return Ticket.number.in_(given)


def read(session: Session, actor: Actor, scope: Scope, code: str, *, policy: Policy) -> Surveyed:
    """`code`: of the form that is asked for; the first one where there is none of it."""
    counted = SurveyQuestion.kind.in_(COUNTED)
    asking = select(SurveyQuestion.form_id).where(counted)
    forms = session.execute(
        select(SurveyForm.id, SurveyForm.code, SurveyForm.name)
        .where(SurveyForm.active, SurveyForm.id.in_(asking))
        .order_by(SurveyForm.position, SurveyForm.id)
    ).all()
    if not forms:
        return Surveyed()
    chosen = next((form for form in forms if form.code == code), forms[0])
    questions = session.scalars(
        select(SurveyQuestion)
        .where(SurveyQuestion.form_id == chosen.id, counted)
        .order_by(SurveyQuestion.position, SurveyQuestion.id)
    ).all()
    counts = _counts(session, actor, scope, [row.id for row in questions], policy)
    figures = [_figure(row, counts.get(row.id, {})) for row in questions]
    return Surveyed(
        forms=tuple((form.code, form.name) for form in forms),
        code=chosen.code,
        form_id=chosen.id,
        figures=tuple(
            figure
            for row, figure in zip(questions, figures, strict=True)
            if row.active or figure.total
        ),
    )


def named(session: Session, counted: Counted) -> Figure | None:
    """The question and the one mark of a filter; None for what there is not."""
    row = session.get(SurveyQuestion, counted.question)
    if row is None:
        return None
    return Figure(row.id, row.label, row.kind, (Mark(counted.part, _word(row, counted.part), 0),))


def _counts(
    session: Session, actor: Actor, scope: Scope, questions: list[int], policy: Policy
) -> dict[int, dict[int, int]]:
    where = [
        SurveyAnswer.question_id.in_(questions),
        _between(scope.first, scope.last, policy),
        SurveyAnswer.part.is_not(None),
        access.visible(actor),
        Ticket.deleted_at.is_(None),
    ]
    if scope.classifications:
        where.append(Ticket.classification_id.in_(scope.classifications))
    if scope.sectors:
        where.append(Ticket.sector_id.in_(scope.sectors))
    rows = session.execute(
        select(SurveyAnswer.question_id, SurveyAnswer.part, func.count())
        .join(Ticket, Ticket.number == SurveyAnswer.number)
        .where(and_(*where) if questions else false())
        .group_by(SurveyAnswer.question_id, SurveyAnswer.part)
    )
    found: dict[int, dict[int, int]] = {}
    for question, part, count in rows:
        found.setdefault(question, {})[part or 0] = count
    return found


def _figure(row: SurveyQuestion, counts: dict[int, int]) -> Figure:
    """Every mark that is offered, and what else was given before it went."""
    match row.kind:
        case "one":
            offered = [row.known.index(one) for one in survey_rules.options_of(row.options)]
        case "flag":
            offered = [1, 0]
        case _:
            offered = [*SCALES[row.kind]]
    parts = [*offered, *sorted(counts.keys() - set(offered))]
    marks = tuple(Mark(part, _word(row, part), counts.get(part, 0)) for part in parts)
    return Figure(row.id, row.label, row.kind, marks)


def _word(row: SurveyQuestion, part: int) -> str:
    if row.kind == "one":
        return row.known[part] if part < len(row.known) else str(part)
    return str(part)


def _between(first: date, last: date, policy: Policy) -> ColumnElement[bool]:
    return and_(
        SurveyAnswer.at >= periods.midnight(first, policy),
        SurveyAnswer.at < periods.midnight(last + timedelta(days=1), policy),
    )
