"""Survey forms (pesquisas): what is asked, and what was answered in a ticket."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.models.base import AUTO, Base, Code, Key, Long, Name


class SurveyForm(Base):
    """`classifications` and `subclassifications`: ids of those it is for; neither is all."""

    __tablename__ = "survey_form"
    __table_args__ = (AUTO,)

    id: Mapped[Key]
    code: Mapped[Code] = mapped_column(unique=True)
    name: Mapped[Name]
    classifications: Mapped[list[Any]] = mapped_column(default=list)
    subclassifications: Mapped[list[Any]] = mapped_column(default=list)
    position: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)


class SurveyQuestion(Base):
    """`kind`: a word of `survey_rules.KINDS`. `options`: one a line."""

    __tablename__ = "survey_question"
    __table_args__ = (UniqueConstraint("form_id", "code"), AUTO)

    id: Mapped[Key]
    form_id: Mapped[int] = mapped_column(ForeignKey("survey_form.id"))
    code: Mapped[Code]
    label: Mapped[str] = mapped_column(String(300))
    help: Mapped[str] = mapped_column(String(300), default="")
    kind: Mapped[str] = mapped_column(String(10))
    options: Mapped[Long] = mapped_column(default="")
    #: every option there ever was, in the order they came: `SurveyAnswer.part` counts them
    known: Mapped[list[Any]] = mapped_column(default=list)
    required: Mapped[bool] = mapped_column(default=False)
    position: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)


class SurveySheet(Base):
    """A form that was filled in: one a ticket. `version` rises when it is corrected."""

    __tablename__ = "survey_sheet"
    __table_args__ = (UniqueConstraint("number", "form_id"), Index(None, "form_id", "id"), AUTO)

    id: Mapped[Key]
    number: Mapped[int] = mapped_column(ForeignKey("ticket.number"))
    form_id: Mapped[int] = mapped_column(ForeignKey("survey_form.id"))
    #: who filled it in, and who corrected it last
    agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id"))
    corrected_by: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    at: Mapped[datetime]
    corrected_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)


class SurveyAnswer(Base):
    """What was said to one question, with the words it was asked in. What was left empty has no
    row; one whose `value` is empty was erased (helpdesk/privacy)."""

    __tablename__ = "survey_answer"
    __table_args__ = (
        UniqueConstraint("sheet_id", "question_id"),
        # What the panel counts and the list behind each count, without reading an answer.
        Index(None, "question_id", "at", "part", "number"),
        Index(None, "number"),
        AUTO,
    )

    id: Mapped[Key]
    sheet_id: Mapped[int] = mapped_column(ForeignKey("survey_sheet.id"))
    question_id: Mapped[int] = mapped_column(ForeignKey("survey_question.id"))
    #: copies of the sheet's
    number: Mapped[int] = mapped_column(ForeignKey("ticket.number"))
    at: Mapped[datetime]
    label: Mapped[str] = mapped_column(String(300))
    kind: Mapped[str] = mapped_column(String(10))
    value: Mapped[Long]
    #: what is counted: the mark of a scale, 1 for yes and 0 for no, the option's place in
    #: `SurveyQuestion.known`
    part: Mapped[int | None]
