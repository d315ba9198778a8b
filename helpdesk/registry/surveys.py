"""The registers of survey forms (pesquisas) and of what each asks."""

from typing import Any

from helpdesk import survey_rules
from helpdesk.models import (
    Classification,
    Subclassification,
    SurveyAnswer,
    SurveyForm,
    SurveyQuestion,
    SurveySheet,
)
from helpdesk.registry.described import code
from helpdesk.registry.shape import Field, Register

#: as long as a question may be; its help too
LONGEST = 300
#: of all its options together
LONGEST_OPTIONS = survey_rules.MOST_OPTIONS * (survey_rules.LONGEST_OPTION + 1)


def _position() -> Field:
    return Field(name="position", kind="number", required=False, default="0", listed=True)


def _keep_options(row: Any) -> None:
    """An option that goes keeps its number: what was answered with it still counts under it."""
    known: list[str] = list(row.known or ())
    new = [one for one in survey_rules.options_of(row.options) if one not in known]
    row.known = [*known, *new]


FORM = Register(
    name="survey_form",
    right="form",
    model=SurveyForm,
    fields=(
        Field(name="code", limit=40, clean=code, listed=True),
        Field(name="name", listed=True),
        Field(
            name="classifications", kind="refs", required=False, listed=True,
            of=Classification.code, called=Classification.name,
        ),
        Field(
            name="subclassifications", kind="refs", required=False, listed=True,
            of=Subclassification.code, called=Subclassification.name,
        ),
        _position(),
    ),
    order=("position", "id"),
    children=("survey_question",),
    uses=(SurveyQuestion.form_id, SurveySheet.form_id),
)  # fmt: skip

QUESTION = Register(
    name="survey_question",
    right="form",
    model=SurveyQuestion,
    title="label",
    fields=(
        Field(
            name="form", kind="ref", column="form_id",
            of=SurveyForm.code, called=SurveyForm.name, listed=True, fixed=True,
        ),
        Field(name="code", limit=40, clean=code, listed=True),
        Field(name="label", limit=LONGEST, listed=True),
        Field(
            name="kind", kind="choice", choices=survey_rules.KINDS, label="question_kind",
            listed=True, fixed=True,
        ),
        Field(name="options", kind="long", required=False, limit=LONGEST_OPTIONS),
        Field(name="required", kind="flag", listed=True),
        Field(name="help", required=False, limit=LONGEST),
        _position(),
    ),
    key=("code", "form"),
    order=("form_id", "position", "id"),
    parent="form",
    uses=(SurveyAnswer.question_id,),
    check=lambda _session, _desk, values: survey_rules.check_options(
        values["kind"], values["options"]
    ),
    settle=lambda _session, _desk, row, _values: _keep_options(row),
)  # fmt: skip
