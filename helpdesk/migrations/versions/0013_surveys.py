"""Survey forms and what was answered to them."""

import sqlalchemy as sa
from alembic import op

from helpdesk.models import base

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

FILL, NEAR = "ticket.survey", "ticket.note"


def upgrade() -> None:
    op.create_table(
        "survey_form",
        sa.Column("id", base.Id, autoincrement=True, nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("classifications", base.Json, nullable=False),
        sa.Column("subclassifications", base.Json, nullable=False),
        sa.Column("position", base.Id, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_form")),
        sa.UniqueConstraint("code", name=op.f("uq_survey_form_code")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "survey_question",
        sa.Column("id", base.Id, autoincrement=True, nullable=False),
        sa.Column("form_id", base.Id, nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("label", sa.String(length=300), nullable=False),
        sa.Column("help", sa.String(length=300), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("options", sa.Text(), nullable=False),
        sa.Column("known", base.Json, nullable=False),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.Column("position", base.Id, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["form_id"], ["survey_form.id"], name=op.f("fk_survey_question_form_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_question")),
        sa.UniqueConstraint("form_id", "code", name=op.f("uq_survey_question_form_id_code")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "survey_sheet",
        sa.Column("id", base.Id, autoincrement=True, nullable=False),
        sa.Column("number", base.Id, nullable=False),
        sa.Column("form_id", base.Id, nullable=False),
        sa.Column("agent_id", base.Id, nullable=False),
        sa.Column("corrected_by", base.Id, nullable=True),
        sa.Column("at", base.Moment(timezone=True), nullable=False),
        sa.Column("corrected_at", base.Moment(timezone=True), nullable=True),
        sa.Column("version", base.Id, nullable=False),
        sa.ForeignKeyConstraint(["number"], ["ticket.number"], name=op.f("fk_survey_sheet_number")),
        sa.ForeignKeyConstraint(
            ["form_id"], ["survey_form.id"], name=op.f("fk_survey_sheet_form_id")
        ),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_survey_sheet_agent_id")),
        sa.ForeignKeyConstraint(
            ["corrected_by"], ["agent.id"], name=op.f("fk_survey_sheet_corrected_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_sheet")),
        sa.UniqueConstraint("number", "form_id", name=op.f("uq_survey_sheet_number_form_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_survey_sheet_form_id_id"), "survey_sheet", ["form_id", "id"])
    op.create_table(
        "survey_answer",
        sa.Column("id", base.Id, autoincrement=True, nullable=False),
        sa.Column("sheet_id", base.Id, nullable=False),
        sa.Column("question_id", base.Id, nullable=False),
        sa.Column("number", base.Id, nullable=False),
        sa.Column("at", base.Moment(timezone=True), nullable=False),
        sa.Column("label", sa.String(length=300), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("part", base.Id, nullable=True),
        sa.ForeignKeyConstraint(
            ["sheet_id"], ["survey_sheet.id"], name=op.f("fk_survey_answer_sheet_id")
        ),
        sa.ForeignKeyConstraint(
            ["question_id"], ["survey_question.id"], name=op.f("fk_survey_answer_question_id")
        ),
        sa.ForeignKeyConstraint(
            ["number"], ["ticket.number"], name=op.f("fk_survey_answer_number")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_answer")),
        sa.UniqueConstraint(
            "sheet_id", "question_id", name=op.f("uq_survey_answer_sheet_id_question_id")
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_survey_answer_question_id_at_part_number"),
        "survey_answer",
        ["question_id", "at", "part", "number"],
    )
    op.create_index(op.f("ix_survey_answer_number"), "survey_answer", ["number"])
    _grant()


def _grant() -> None:
    """Who writes in tickets fills surveys in, too."""
    profile = sa.table("profile", sa.column("id", base.Id), sa.column("permissions", base.Json))
    connection = op.get_bind()
    for row in connection.execute(sa.select(profile)).all():
        if NEAR in row.permissions and FILL not in row.permissions:
            connection.execute(
                sa.update(profile)
                .where(profile.c.id == row.id)
                .values(permissions=[*row.permissions, FILL])
            )
