"""Pesquisas: a form that is filled in beside a ticket, once a form, and corrected afterwards.

Whoever may read the ticket reads its answers, nobody else does.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from helpdesk import access, audit, desk, events, survey_rules
from helpdesk.audit import Change
from helpdesk.border import Actor
from helpdesk.desk import Desk
from helpdesk.errors import Conflict, NotVisible
from helpdesk.models import (
    Agent,
    SurveyAnswer,
    SurveyForm,
    SurveyQuestion,
    SurveySheet,
    Ticket,
)
from helpdesk.survey_rules import BETWEEN, CHOSEN, Question, Said
from helpdesk.workflow import Action


@dataclass(frozen=True, slots=True)
class Offer:
    """A form that may be filled in here. `fits`: it is meant for the ticket's classification;
    `filled`: it already is."""

    id: int
    code: str
    name: str
    fits: bool
    filled: bool


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer, in the words it was asked with; `value` is empty when it was erased."""

    question_id: int
    label: str
    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """A form as it was filled in; `corrector` is empty while nobody corrected it. `open`: the form
    is still in use."""

    form_id: int
    name: str
    open: bool
    author: str
    at: datetime
    corrector: str
    corrected_at: datetime | None
    version: int
    answers: tuple[Answered, ...]


@dataclass(frozen=True, slots=True)
class Opened:
    """A form to be filled in; `sheet` is what was filled in before."""

    id: int
    name: str
    questions: tuple[Question, ...]
    sheet: Sheet | None


def offers(session: Session, actor: Actor, number: int) -> list[Offer]:
    """The active forms that ask something, those for the ticket's classification first. Raises
    `NotVisible`."""
    ticket = access.ticket(session, actor, number)
    filled = set(
        session.scalars(select(SurveySheet.form_id).where(SurveySheet.number == number)).all()
    )
    asking = select(SurveyQuestion.form_id).where(SurveyQuestion.active)
    rows = session.scalars(
        select(SurveyForm)
        .where(SurveyForm.active, SurveyForm.id.in_(asking))
        .order_by(SurveyForm.position, SurveyForm.id)
    )
    found = [
        Offer(row.id, row.code, row.name, _fits(row, ticket), row.id in filled) for row in rows
    ]
    return sorted(found, key=lambda offer: not offer.fits)


def sheets(session: Session, actor: Actor, number: int) -> list[Sheet]:
    """What was filled in beside a ticket, oldest first. Raises `NotVisible`."""
    access.ticket(session, actor, number)
    return _sheets(session, number)


def open_form(session: Session, actor: Actor, number: int, form_id: int) -> Opened:
    """What to fill in, or to correct. Raises `NotVisible`: of the ticket, or of a form that is
    not in use and was not filled in here."""
    access.ticket(session, actor, number)
    return _opened(session, number, form_id)


def fill(
    session: Session,
    by: Desk,
    number: int,
    form_id: int,
    given: Mapping[str, Sequence[str]],
    version: int,
) -> None:
    """Fill in, or correct what was filled in. `given`: texts by `Question.field`. `version`: that
    of the sheet that was read, 0 where there was none.

    Raises `Forbidden`, `NotVisible`, `Invalid` with every wrong field, and `Conflict` (`changed`)
    when somebody filled it in or corrected it meanwhile.
    """
    ticket = desk.load(session, by, number, Action.SURVEY)
    found = _opened(session, number, form_id)
    before = found.sheet
    if (before.version if before else 0) != version:
        raise Conflict("changed")
    said = survey_rules.read(found.questions, given)
    changes = _changes(found, said)
    if before is not None and not changes:
        return
    sheet = _kept(session, by, number, form_id)
    _write(session, sheet, found.questions, said)
    ticket.version += 1
    audit.record(
        session,
        by.actor,
        "survey_answered" if before is None else "survey_corrected",
        now=by.now,
        number=number,
        changes=changes,
        note=found.name,
    )
    events.emit(session, number, "changed", now=by.now, version=ticket.version)


def _fits(form: SurveyForm, ticket: Ticket) -> bool:
    if not form.classifications and not form.subclassifications:
        return True
    return (
        ticket.classification_id in form.classifications
        or ticket.subclassification_id in form.subclassifications
    )


def _opened(session: Session, number: int, form_id: int) -> Opened:
    form = session.get(SurveyForm, form_id)
    filled = next((one for one in _sheets(session, number) if one.form_id == form_id), None)
    if form is None or not (form.active or filled):
        raise NotVisible("survey_form", form_id)
    rows = session.scalars(
        select(SurveyQuestion)
        .where(SurveyQuestion.form_id == form_id, SurveyQuestion.active)
        .order_by(SurveyQuestion.position, SurveyQuestion.id)
    )
    answers = {one.question_id: one for one in filled.answers} if filled else {}
    questions = tuple(_question(row, answers.get(row.id)) for row in rows)
    return Opened(form.id, form.name, questions, filled)


def _question(row: SurveyQuestion, answered: Answered | None) -> Question:
    """What was chosen once may stay chosen, although nobody is offered it any more."""
    options = survey_rules.options_of(row.options)
    if answered is not None and row.kind in CHOSEN:
        chosen = answered.value.split(BETWEEN)
        options = (*options, *(one for one in chosen if one and one not in options))
    return Question(
        id=row.id,
        code=row.code,
        label=row.label,
        help=row.help,
        kind=row.kind,
        options=options,
        known=tuple(row.known),
        required=row.required,
    )


def _changes(found: Opened, said: Mapping[int, Said]) -> list[Change]:
    """Of the questions that are asked now; what else was answered stays."""
    before = {one.question_id: one.value for one in found.sheet.answers} if found.sheet else {}
    told: list[Change] = []
    for question in found.questions:
        old = before.get(question.id) or None
        new = said[question.id].value if question.id in said else None
        if old != new:
            told.append(
                Change(question.label, spoken(question.kind, old), spoken(question.kind, new))
            )
    return told


def spoken(kind: str, value: str | None) -> object:
    """An answer as the log holds it: yes and no are no words yet."""
    if value is None or kind not in {"flag", "several"}:
        return value
    return value == "1" if kind == "flag" else value.replace(BETWEEN, " · ")


def _kept(session: Session, by: Desk, number: int, form_id: int) -> SurveySheet:
    sheet = session.scalar(
        select(SurveySheet).where(SurveySheet.number == number, SurveySheet.form_id == form_id)
    )
    if sheet is None:
        sheet = SurveySheet(number=number, form_id=form_id, agent_id=by.actor.id, at=by.now)
        session.add(sheet)
        session.flush()  # its answers need its id
        return sheet
    sheet.corrected_by, sheet.corrected_at = by.actor.id, by.now
    sheet.version += 1
    return sheet


def _write(
    session: Session, sheet: SurveySheet, questions: Iterable[Question], said: Mapping[int, Said]
) -> None:
    """An answer that stays the same keeps the words it was asked with."""
    query = select(SurveyAnswer).where(SurveyAnswer.sheet_id == sheet.id)
    before = {row.question_id: row for row in session.scalars(query)}
    for question in questions:
        old, new = before.get(question.id), said.get(question.id)
        if (new.value if new else "") == (old.value if old else ""):
            continue  # what was erased is empty, too, and stays told as erased
        if new is None:
            session.delete(old)
            continue
        row = old or SurveyAnswer(
            sheet_id=sheet.id, question_id=question.id, number=sheet.number, at=sheet.at
        )
        row.label, row.kind = question.label, question.kind
        row.value, row.part = new.value, new.part
        session.add(row)


def _sheets(session: Session, number: int) -> list[Sheet]:
    corrector = aliased(Agent)
    rows = session.execute(
        select(SurveySheet, SurveyForm, Agent.name, corrector.name)
        .join(SurveyForm, SurveyForm.id == SurveySheet.form_id)
        .join(Agent, Agent.id == SurveySheet.agent_id)
        .outerjoin(corrector, corrector.id == SurveySheet.corrected_by)
        .where(SurveySheet.number == number)
        .order_by(SurveySheet.id)
    ).all()
    answers: dict[int, list[Answered]] = {}
    for row in session.scalars(
        select(SurveyAnswer)
        .join(SurveyQuestion, SurveyQuestion.id == SurveyAnswer.question_id)
        .where(SurveyAnswer.number == number)
        .order_by(SurveyQuestion.position, SurveyQuestion.id)
    ):
        told = Answered(row.question_id, row.label, row.kind, row.value)
        answers.setdefault(row.sheet_id, []).append(told)
    return [
        Sheet(
            form_id=form.id,
            name=form.name,
            open=form.active,
            author=author,
            at=sheet.at,
            corrector=by or "",
            corrected_at=sheet.corrected_at,
            version=sheet.version,
            answers=tuple(answers.get(sheet.id, ())),
        )
        for sheet, form, author, by in rows
    ]
