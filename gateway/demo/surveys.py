"""The demo's survey forms, made and filled in by the same verbs as real ones."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk import surveys
from helpdesk.desk import Desk
from helpdesk.models import SurveyForm, SurveyQuestion
from helpdesk.registry import keeping
from helpdesk.registry.surveys import FORM, QUESTION


def register(session: Session, desk: Desk, told: Sequence[dict[str, Any]]) -> None:
    """`told`: texts of forms, each with its questions in their order."""
    for place, form in enumerate(told):
        keeping.create(session, desk, FORM, form["form"] | {"position": str(place)})
        for position, question in enumerate(form["questions"]):
            texts = question | {"form": form["form"]["code"], "position": str(position)}
            keeping.create(session, desk, QUESTION, texts)


def fill(session: Session, desk: Desk, number: int, step: dict[str, Any]) -> None:
    """`answers` of the step: lists of texts by the question's code."""
    form = session.scalars(select(SurveyForm).where(SurveyForm.code == step["form"])).one()
    rows = session.scalars(select(SurveyQuestion).where(SurveyQuestion.form_id == form.id))
    fields = {row.code: f"q{row.id}" for row in rows}
    given = {fields[code]: said for code, said in step["answers"].items()}
    surveys.fill(session, desk, number, form.id, given, 0)
