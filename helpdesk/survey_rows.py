"""What was answered to a survey form, as the rows of a file."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk import access
from helpdesk.border import Actor
from helpdesk.errors import NotVisible
from helpdesk.models import (
    Agent,
    Classification,
    SurveyAnswer,
    SurveyForm,
    SurveyQuestion,
    SurveySheet,
    Ticket,
)


@dataclass(frozen=True, slots=True)
class Line:
    """A sheet for a file: `values` by the column it stands in."""

    id: int
    number: int
    protocol: str
    classification: str
    at: datetime
    author: str
    corrected_at: datetime | None
    values: dict[tuple[int, str], tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Columns:
    """Of a form's file: `keys` are question and wording, so that a reworded question is two."""

    code: str
    keys: tuple[tuple[int, str], ...]


def columns(session: Session, actor: Actor, form_id: int) -> Columns:
    """Raises `Forbidden`, `NotVisible`."""
    access.require(actor, "ticket.export")
    form = session.get(SurveyForm, form_id)
    if form is None:
        raise NotVisible("survey_form", form_id)
    mine = SurveyQuestion.form_id == form_id
    asked = session.execute(
        select(SurveyQuestion.id, SurveyQuestion.label, SurveyQuestion.active)
        .where(mine)
        .order_by(SurveyQuestion.position, SurveyQuestion.id)
    ).all()
    worded: dict[int, list[str]] = {}
    for question, label in session.execute(
        select(SurveyAnswer.question_id, SurveyAnswer.label)
        .join(SurveyQuestion, SurveyQuestion.id == SurveyAnswer.question_id)
        .where(mine)
        .distinct()
    ):
        worded.setdefault(question, []).append(label)
    keys: list[tuple[int, str]] = []
    for question, label, active in asked:
        said = sorted(set(worded.get(question, ())) - {label})
        current = [label] if active or label in worded.get(question, ()) else []
        keys += [(question, one) for one in (*current, *said)]
    return Columns(form.code, tuple(keys))


def lines(session: Session, actor: Actor, form_id: int, after: int, limit: int) -> list[Line]:
    """Of the tickets this actor may know of, oldest first; `after`: the id of the last one read."""
    rows = session.execute(
        select(SurveySheet, Ticket.protocol, Classification.name, Agent.name)
        .join(Ticket, Ticket.number == SurveySheet.number)
        .join(Classification, Classification.id == Ticket.classification_id)
        .join(Agent, Agent.id == SurveySheet.agent_id)
        .where(
            SurveySheet.form_id == form_id,
            SurveySheet.id > after,
            access.visible(actor),
            Ticket.deleted_at.is_(None),
        )
        .order_by(SurveySheet.id)
        .limit(limit)
    ).all()
    values: dict[int, dict[tuple[int, str], tuple[str, str]]] = {}
    ids = [row[0].id for row in rows]
    for row in session.scalars(select(SurveyAnswer).where(SurveyAnswer.sheet_id.in_(ids))):
        key = (row.question_id, row.label)
        values.setdefault(row.sheet_id, {})[key] = (row.kind, row.value)
    return [
        Line(
            sheet.id, sheet.number, protocol or "", kind, sheet.at, author, sheet.corrected_at,
            values.get(sheet.id, {}),
        )
        for sheet, protocol, kind, author in rows
    ]  # fmt: skip
