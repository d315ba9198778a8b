"""First schema."""

import sqlalchemy as sa
from alembic import op

from helpdesk.models import base
from helpdesk.search_index import CREATE

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "blob",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", base.Id, nullable=False),
        sa.Column("touched_at", base.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_blob")),
    )
    op.create_table(
        "bot_state",
        sa.Column("channel", sa.String(length=12), nullable=False),
        sa.Column("chat_id", sa.String(length=64), nullable=False),
        sa.Column("state", base.Json, nullable=False),
        sa.Column("updated_at", base.Moment(timezone=True), nullable=False),
        sa.Column("version", base.Id, nullable=False),
        sa.PrimaryKeyConstraint("channel", "chat_id", name=op.f("pk_bot_state")),
    )
    op.create_table(
        "chat_line",
        sa.Column("id", base.Id, autoincrement=True, nullable=False),
        sa.Column("chat_id", sa.String(length=64), nullable=False),
        sa.Column("at", base.Moment(timezone=True), nullable=False),
        sa.Column("side", sa.String(length=10), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("buttons", base.Json, nullable=False),
        sa.Column("files", base.Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chat_line")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("chat_line", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_chat_line_chat_id_id"), ["chat_id", "id"], unique=False
        )

    op.create_table(
        "content",
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("number", base.Id, nullable=True),
        sa.Column("message_id", base.Id, nullable=True),
        sa.Column("at", base.Moment(timezone=True), nullable=False),
        sa.Column("repeats", base.Id, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_content")),
    )
    op.create_table(
        "draft",
        sa.Column("id", base.Id, autoincrement=True, nullable=False),
        sa.Column("owner_kind", sa.String(length=10), nullable=False),
        sa.Column("owner_id", base.Id, nullable=False),
        sa.Column("place", sa.String(length=60), nullable=False),
        sa.Column("fields", base.Json, nullable=False),
        sa.Column("files", base.Json, nullable=False),
        sa.Column("saved_at", base.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft")),
        sa.UniqueConstraint(
            "owner_kind", "owner_id", "place", name=op.f("uq_draft_owner_kind_owner_id_place")
        ),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "event",
        sa.Column("id", base.Id, autoincrement=True, nullable=False),
        sa.Column("number", base.Id, nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("version", base.Id, nullable=False),
        sa.Column("at", base.Moment(timezone=True), nullable=False),
        sa.Column("tx", base.Id, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_event_tx_id"), ["tx", "id"], unique=False)

    op.create_table(
        "holiday",
        sa.Column("id", base.Id, autoincrement=True, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("working", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holiday")),
        sa.UniqueConstraint("day", name=op.f("uq_holiday_day")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "inbound_raw",
        sa.Column("id", base.Id, autoincrement=True, nullable=False),
        sa.Column("arrival", sa.String(length=300), nullable=False),
        sa.Column("mailbox", sa.String(length=254), nullable=True),
        sa.Column("envelope_from", sa.String(length=320), nullable=True),
        sa.Column("recipients", base.Json, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", base.Id, nullable=False),
        sa.Column("received_at", base.Moment(timezone=True), nullable=False),
        sa.Column("thread_key", sa.String(length=320), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("lease_until", base.Moment(timezone=True), nullable=True),
        sa.Column("attempts", base.Id, nullable=False),
        sa.Column("quiet", sa.Boolean(), nullable=False),
        sa.Column("imported", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound_raw")),
        sa.UniqueConstraint("arrival", name=op.f("uq_inbound_raw_arrival")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("inbound_raw", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_inbound_raw_sha256"), ["sha256"], unique=False)
        batch_op.create_index(
            "ix_inbound_raw_thread",
            ["thread_key", "id"],
            unique=False,
            sqlite_where=sa.text("state = 'waiting'"),
            postgresql_where=sa.text("state = 'waiting'"),
        )
        batch_op.create_index(
            "ix_inbound_raw_waiting",
            ["id"],
            unique=False,
            sqlite_where=sa.text("state = 'waiting'"),
            postgresql_where=sa.text("state = 'waiting'"),
        )

    op.create_table(
        "lease",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("holder", sa.String(length=80), nullable=False),
        sa.Column("until", base.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )
    op.create_table(
        "mailbox_cursor",
        sa.Column("account", sa.String(length=300), nullable=False),
        sa.Column("uidvalidity", base.Id, nullable=False),
        sa.Column("uid", base.Id, nullable=False),
        sa.Column("at", base.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_mailbox_cursor")),
    )
    op.create_table(
        "parameter",
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("value", base.Json, nullable=False),
        sa.Column("changed_at", base.Moment(timezone=True), nullable=False),
        sa.Column("changed_by", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_parameter")),
    )
    op.create_table(
        "person",
        sa.Column("id", base.Id, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("invited_at", base.Moment(timezone=True), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("email", name=op.f("uq_person_email")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "profile",
        sa.Column("id", base.Id, autoincrement=True, nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("permissions", base.Json, nullable=False),
        sa.Column("groups", base.Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_profile")),
        sa.UniqueConstraint("code", name=op.f("uq_profile_code")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "protocol_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("last", base.Id, nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_protocol_day")),
    )
    op.create_table(
        "provider_type",
        sa.Column("id", base.Id, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_type")),
        sa.UniqueConstraint("name", name=op.f("uq_provider_type_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "seal",
        sa.Column("id", base.Id, autoincrement=True, nullable=False),
        sa.Column("book", sa.String(length=10), nullable=False),
        sa.Column("count", base.Id, nullable=False),
        sa.Column("root", sa.String(length=64), nullable=False),
        sa.Column("prev", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("at", base.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seal")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "sector",
        sa.Column("id", base.Id, autoincrement=True, nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sector")),
        sa.UniqueConstraint("code", name=op.f("uq_sector_code")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "session",
        sa.Column("id", base.Id, autoincrement=True, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("subject_id", base.Id, nullable=False),
        sa.Column("provider_id", base.Id, nullable=True),
        sa.Column("created_at", base.Moment(timezone=True), nullable=False),
        sa.Column("seen_at", base.Moment(timezone=True), nullable=False),
        sa.Column("expires_at", base.Moment(timezone=True), nullable=False),
        sa.Column("user_agent", sa.String(length=200), nullable=False),
        sa.Column("ended_at", base.Moment(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_session_token_hash")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_session_subject_id"), ["subject_id"], unique=False)

    op.create_table(
        "status",
        sa.Column("id", base.Id, autoincrement=True, nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("situation", sa.String(length=10), nullable=False),
        sa.Column("pauses", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("position", base.Id, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_status")),
        sa.UniqueConstraint("code", name=op.f("uq_status_code")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "throttle",
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("count", base.Id, nullable=False),
        sa.Column("until", base.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_throttle")),
    )
    op.create_table(
        "access_log",
        sa.Column("id", base.Id, autoincrement=True, nullable=False),
        sa.Column("at", base.Moment(timezone=True), nullable=False),
        sa.Column("actor_kind", sa.String(length=10), nullable=False),
        sa.Column("actor_id", base.Id, nullable=True),
        sa.Column("what", sa.String(length=40), nullable=False),
        sa.Column("number", base.Id, nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("seal_id", base.Id, nullable=True),
        sa.ForeignKeyConstraint(["seal_id"], ["seal.id"], name=op.f("fk_access_log_seal_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_log")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("access_log", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_access_log_seal_id"), ["seal_id"], unique=False)

    op.create_table(
        "agent",
        sa.Column("id", base.Id, autoincrement=True, nullable=False),
        sa.Column("login", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column(
            "sort_name",
            sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("profile_id", base.Id, nullable=False),
        sa.Column("sector_id", base.Id, nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["profile_id"], ["profile.id"], name=op.f("fk_agent_profile_id")),
        sa.ForeignKeyConstraint(["sector_id"], ["sector.id"], name=op.f("fk_agent_sector_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent")),
        sa.UniqueConstraint("login", name=op.f("uq_agent_login")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("agent", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_agent_email"), ["email"], unique=False)

    op.create_table(
        "binding",
        sa.Column("id", base.Id, autoincrement=True, nullable=False),
        sa.Column("channel", sa.String(length=12), nullable=False),
        sa.Column("chat_id", sa.String(length=64), nullable=False),
        sa.Column("person_id", base.Id, nullable=False),
        sa.Column("created_at", base.Moment(timezone=True), nullable=False),
        sa.Column("revoked_at", base.Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_binding_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_binding")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("binding", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_binding_channel_chat_id"), ["channel", "chat_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_binding_person_id"), ["person_id"], unique=False)

    op.create_table(
        "classification",
        sa.Column("id", base.Id, autoincrement=True, nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("sector_id", base.Id, nullable=True),
        sa.Column("days", base.Id, nullable=False),
        sa.Column("unit", sa.String(length=10), nullable=False),
        sa.Column("attention", base.Id, nullable=False),
        sa.Column("web", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("position", base.Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["sector_id"], ["sector.id"], name=op.f("fk_classification_sector_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_classification")),
        sa.UniqueConstraint("code", name=op.f("uq_classification_code")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "login_code",
        sa.Column("id", base.Id, autoincrement=True, nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("person_id", base.Id, nullable=True),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", base.Moment(timezone=True), nullable=False),
        sa.Column("expires_at", base.Moment(timezone=True), nullable=False),
        sa.Column("tries", base.Id, nullable=False),
        sa.Column("used_at", base.Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_login_code_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_code")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("login_code", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_login_code_address"), ["address"], unique=False)

    op.create_table(
        "provider",
        sa.Column("id", base.Id, autoincrement=True, nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column(
            "sort_name",
            sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("document", sa.String(length=14), nullable=False),
        sa.Column("type_id", base.Id, nullable=True),
        sa.Column("cnes", sa.String(length=7), nullable=False),
        sa.Column("city", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=2), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["type_id"], ["provider_type.id"], name=op.f("fk_provider_type_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider")),
        sa.UniqueConstraint("code", name=op.f("uq_provider_code")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("provider", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_provider_document"), ["document"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_provider_sort_name_id"), ["sort_name", "id"], unique=False
        )

    op.create_table(
        "api_token",
        sa.Column("id", base.Id, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("agent_id", base.Id, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", base.Moment(timezone=True), nullable=False),
        sa.Column("revoked_at", base.Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_api_token_agent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_token_token_hash")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "known_address",
        sa.Column("id", base.Id, autoincrement=True, nullable=False),
        sa.Column("provider_id", base.Id, nullable=False),
        sa.Column("person_id", base.Id, nullable=True),
        sa.Column("channel", sa.String(length=12), nullable=False),
        sa.Column("value", sa.String(length=254), nullable=False),
        sa.Column("failing_since", base.Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_known_address_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["provider.id"], name=op.f("fk_known_address_provider_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_address")),
        sa.UniqueConstraint(
            "provider_id",
            "channel",
            "value",
            name=op.f("uq_known_address_provider_id_channel_value"),
        ),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("known_address", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_known_address_channel_value"), ["channel", "value"], unique=False
        )

    op.create_table(
        "membership",
        sa.Column("id", base.Id, autoincrement=True, nullable=False),
        sa.Column("person_id", base.Id, nullable=False),
        sa.Column("provider_id", base.Id, nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("scope", sa.String(length=10), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_membership_person_id")),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["provider.id"], name=op.f("fk_membership_provider_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership")),
        sa.UniqueConstraint(
            "person_id", "provider_id", name=op.f("uq_membership_person_id_provider_id")
        ),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("membership", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_membership_provider_id"), ["provider_id"], unique=False
        )

    op.create_table(
        "subclassification",
        sa.Column("id", base.Id, autoincrement=True, nullable=False),
        sa.Column("classification_id", base.Id, nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("days", base.Id, nullable=True),
        sa.Column("unit", sa.String(length=10), nullable=True),
        sa.Column("attention", base.Id, nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("position", base.Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["classification_id"],
            ["classification.id"],
            name=op.f("fk_subclassification_classification_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subclassification")),
        sa.UniqueConstraint("code", name=op.f("uq_subclassification_code")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("subclassification", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_subclassification_classification_id"),
            ["classification_id"],
            unique=False,
        )

    op.create_table(
        "idempotency",
        sa.Column("token_id", base.Id, nullable=False),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("body_sha256", sa.String(length=64), nullable=False),
        sa.Column("status", base.Id, nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("at", base.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["token_id"], ["api_token.id"], name=op.f("fk_idempotency_token_id")
        ),
        sa.PrimaryKeyConstraint("token_id", "path", "key", name=op.f("pk_idempotency")),
    )
    op.create_table(
        "provider_terms",
        sa.Column("id", base.Id, autoincrement=True, nullable=False),
        sa.Column("provider_id", base.Id, nullable=False),
        sa.Column("classification_id", base.Id, nullable=False),
        sa.Column("subclassification_id", base.Id, nullable=True),
        sa.Column("days", base.Id, nullable=False),
        sa.Column("unit", sa.String(length=10), nullable=False),
        sa.Column("attention", base.Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["classification_id"],
            ["classification.id"],
            name=op.f("fk_provider_terms_classification_id"),
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["provider.id"], name=op.f("fk_provider_terms_provider_id")
        ),
        sa.ForeignKeyConstraint(
            ["subclassification_id"],
            ["subclassification.id"],
            name=op.f("fk_provider_terms_subclassification_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_terms")),
        sa.UniqueConstraint(
            "provider_id",
            "classification_id",
            "subclassification_id",
            name=op.f("uq_provider_terms_provider_id_classification_id_subclassification_id"),
        ),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "reason",
        sa.Column("id", base.Id, autoincrement=True, nullable=False),
        sa.Column("subclassification_id", base.Id, nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subclassification_id"],
            ["subclassification.id"],
            name=op.f("fk_reason_subclassification_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reason")),
        sa.UniqueConstraint("code", name=op.f("uq_reason_code")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("reason", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_reason_subclassification_id"), ["subclassification_id"], unique=False
        )

    op.create_table(
        "ticket",
        sa.Column("number", base.Id, autoincrement=True, nullable=False),
        sa.Column(
            "protocol",
            sa.String(length=40).with_variant(sa.String(length=40, collation="C"), "postgresql"),
            nullable=True,
        ),
        sa.Column("provider_id", base.Id, nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column(
            "sort_title",
            sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("contact_name", sa.String(length=200), nullable=False),
        sa.Column("contact_phone", sa.String(length=60), nullable=False),
        sa.Column("contact_email", sa.String(length=254), nullable=False),
        sa.Column("classification_id", base.Id, nullable=False),
        sa.Column("subclassification_id", base.Id, nullable=True),
        sa.Column("reason_id", base.Id, nullable=True),
        sa.Column("sector_id", base.Id, nullable=True),
        sa.Column("status_id", base.Id, nullable=False),
        sa.Column("situation", sa.String(length=10), nullable=False),
        sa.Column("waiting_on", sa.String(length=10), nullable=False),
        sa.Column("pending_until", base.Moment(timezone=True), nullable=True),
        sa.Column("assignee_id", base.Id, nullable=True),
        sa.Column("claimed_by", base.Id, nullable=True),
        sa.Column("claimed_until", base.Moment(timezone=True), nullable=True),
        sa.Column("started", sa.Boolean(), nullable=False),
        sa.Column("channel", sa.String(length=12), nullable=False),
        sa.Column("opened_kind", sa.String(length=10), nullable=False),
        sa.Column("opened_id", base.Id, nullable=True),
        sa.Column("opened_name", sa.String(length=200), nullable=False),
        sa.Column("opened_at", base.Moment(timezone=True), nullable=False),
        sa.Column("closed_at", base.Moment(timezone=True), nullable=True),
        sa.Column("deleted_at", base.Moment(timezone=True), nullable=True),
        sa.Column("cycle_at", base.Moment(timezone=True), nullable=False),
        sa.Column("days", base.Id, nullable=False),
        sa.Column("unit", sa.String(length=10), nullable=False),
        sa.Column("attention", base.Id, nullable=False),
        sa.Column("terms_source", sa.String(length=20), nullable=False),
        sa.Column("due_at", base.Moment(timezone=True), nullable=False),
        sa.Column("attention_at", base.Moment(timezone=True), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=True),
        sa.Column("subject", sa.String(length=998), nullable=True),
        sa.Column("mailbox", sa.String(length=254), nullable=True),
        sa.Column("secret_group", sa.String(length=40), nullable=True),
        sa.Column("merged_into", base.Id, nullable=True),
        sa.Column("follows", base.Id, nullable=True),
        sa.Column("imported", sa.Boolean(), nullable=False),
        sa.Column("version", base.Id, nullable=False),
        sa.Column("last_message_at", base.Moment(timezone=True), nullable=False),
        sa.Column("last_answer_id", base.Id, nullable=True),
        sa.ForeignKeyConstraint(["assignee_id"], ["agent.id"], name=op.f("fk_ticket_assignee_id")),
        sa.ForeignKeyConstraint(["claimed_by"], ["agent.id"], name=op.f("fk_ticket_claimed_by")),
        sa.ForeignKeyConstraint(
            ["classification_id"], ["classification.id"], name=op.f("fk_ticket_classification_id")
        ),
        sa.ForeignKeyConstraint(["follows"], ["ticket.number"], name=op.f("fk_ticket_follows")),
        sa.ForeignKeyConstraint(
            ["merged_into"], ["ticket.number"], name=op.f("fk_ticket_merged_into")
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["provider.id"], name=op.f("fk_ticket_provider_id")
        ),
        sa.ForeignKeyConstraint(["reason_id"], ["reason.id"], name=op.f("fk_ticket_reason_id")),
        sa.ForeignKeyConstraint(["sector_id"], ["sector.id"], name=op.f("fk_ticket_sector_id")),
        sa.ForeignKeyConstraint(["status_id"], ["status.id"], name=op.f("fk_ticket_status_id")),
        sa.ForeignKeyConstraint(
            ["subclassification_id"],
            ["subclassification.id"],
            name=op.f("fk_ticket_subclassification_id"),
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_ticket")),
        sa.UniqueConstraint("protocol", name=op.f("uq_ticket_protocol")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("ticket", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_ticket_assignee_id_situation_due_at_number"),
            ["assignee_id", "situation", "due_at", "number"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_ticket_classification_id_situation_due_at_number"),
            ["classification_id", "situation", "due_at", "number"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_ticket_provider_id_situation_number"),
            ["provider_id", "situation", "number"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_ticket_sector_id_situation_due_at_number"),
            ["sector_id", "situation", "due_at", "number"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_ticket_situation_due_at_number"),
            ["situation", "due_at", "number"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_ticket_situation_number"), ["situation", "number"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_ticket_situation_opened_at_number"),
            ["situation", "opened_at", "number"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_ticket_status_id_due_at_number"),
            ["status_id", "due_at", "number"],
            unique=False,
        )

    op.create_table(
        "endpoint",
        sa.Column("id", base.Id, autoincrement=True, nullable=False),
        sa.Column("number", base.Id, nullable=False),
        sa.Column("channel", sa.String(length=12), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("person_id", base.Id, nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("spoke", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["number"], ["ticket.number"], name=op.f("fk_endpoint_number")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_endpoint_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_endpoint")),
        sa.UniqueConstraint(
            "number", "channel", "address", name=op.f("uq_endpoint_number_channel_address")
        ),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("endpoint", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_endpoint_channel_address"), ["channel", "address"], unique=False
        )

    op.create_table(
        "log",
        sa.Column("id", base.Id, autoincrement=True, nullable=False),
        sa.Column("number", base.Id, nullable=True),
        sa.Column("at", base.Moment(timezone=True), nullable=False),
        sa.Column("actor_kind", sa.String(length=10), nullable=False),
        sa.Column("actor_id", base.Id, nullable=True),
        sa.Column("action", sa.String(length=30), nullable=False),
        sa.Column("private_digest", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("seal_id", base.Id, nullable=True),
        sa.ForeignKeyConstraint(["number"], ["ticket.number"], name=op.f("fk_log_number")),
        sa.ForeignKeyConstraint(["seal_id"], ["seal.id"], name=op.f("fk_log_seal_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("log", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_log_number_id"), ["number", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_log_seal_id"), ["seal_id"], unique=False)
        batch_op.create_index(
            "ix_log_unsealed",
            ["id"],
            unique=False,
            sqlite_where=sa.text("seal_id IS NULL"),
            postgresql_where=sa.text("seal_id IS NULL"),
        )

    op.create_table(
        "quarantine",
        sa.Column("id", base.Id, autoincrement=True, nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.Column("raw_id", base.Id, nullable=True),
        sa.Column("received_at", base.Moment(timezone=True), nullable=False),
        sa.Column("channel", sa.String(length=12), nullable=False),
        sa.Column("mailbox", sa.String(length=254), nullable=True),
        sa.Column("sender", sa.String(length=320), nullable=False),
        sa.Column("subject", sa.String(length=998), nullable=False),
        sa.Column("reason", sa.String(length=30), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("suggestion", base.Id, nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("number", base.Id, nullable=True),
        sa.Column("trace", base.Json, nullable=False),
        sa.Column("settled_at", base.Moment(timezone=True), nullable=True),
        sa.Column("settled_by", base.Id, nullable=True),
        sa.Column("placed_by", base.Id, nullable=True),
        sa.Column("placed_number", base.Id, nullable=True),
        sa.Column("placed_provider_id", base.Id, nullable=True),
        sa.ForeignKeyConstraint(["number"], ["ticket.number"], name=op.f("fk_quarantine_number")),
        sa.ForeignKeyConstraint(["placed_by"], ["agent.id"], name=op.f("fk_quarantine_placed_by")),
        sa.ForeignKeyConstraint(
            ["placed_number"], ["ticket.number"], name=op.f("fk_quarantine_placed_number")
        ),
        sa.ForeignKeyConstraint(
            ["placed_provider_id"], ["provider.id"], name=op.f("fk_quarantine_placed_provider_id")
        ),
        sa.ForeignKeyConstraint(["raw_id"], ["inbound_raw.id"], name=op.f("fk_quarantine_raw_id")),
        sa.ForeignKeyConstraint(
            ["settled_by"], ["agent.id"], name=op.f("fk_quarantine_settled_by")
        ),
        sa.ForeignKeyConstraint(
            ["suggestion"], ["ticket.number"], name=op.f("fk_quarantine_suggestion")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine")),
        sa.UniqueConstraint("public_id", name=op.f("uq_quarantine_public_id")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("quarantine", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_quarantine_raw_id"), ["raw_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_quarantine_state_id"), ["state", "id"], unique=False)

    op.create_table(
        "reading",
        sa.Column("person_id", base.Id, nullable=False),
        sa.Column("number", base.Id, nullable=False),
        sa.Column("message_id", base.Id, nullable=False),
        sa.ForeignKeyConstraint(["number"], ["ticket.number"], name=op.f("fk_reading_number")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_reading_person_id")),
        sa.PrimaryKeyConstraint("person_id", "number", name=op.f("pk_reading")),
    )
    op.create_table(
        "log_private",
        sa.Column("log_id", base.Id, nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.Column("values", base.Json, nullable=False),
        sa.ForeignKeyConstraint(["log_id"], ["log.id"], name=op.f("fk_log_private_log_id")),
        sa.PrimaryKeyConstraint("log_id", name=op.f("pk_log_private")),
    )
    op.create_table(
        "message",
        sa.Column("id", base.Id, autoincrement=True, nullable=False),
        sa.Column("number", base.Id, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("direction", sa.String(length=10), nullable=False),
        sa.Column("audience", sa.String(length=10), nullable=False),
        sa.Column("secret_group", sa.String(length=40), nullable=True),
        sa.Column("channel", sa.String(length=12), nullable=False),
        sa.Column("author_kind", sa.String(length=10), nullable=False),
        sa.Column("author_id", base.Id, nullable=True),
        sa.Column("author_name", sa.String(length=200), nullable=False),
        sa.Column("at", base.Moment(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("quoted", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=True),
        sa.Column("endpoint_id", base.Id, nullable=True),
        sa.Column("raw_id", base.Id, nullable=True),
        sa.Column("mail_id", sa.String(length=998), nullable=True),
        sa.Column("verdict", sa.String(length=10), nullable=True),
        sa.Column("match", base.Json, nullable=True),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["endpoint.id"], name=op.f("fk_message_endpoint_id")
        ),
        sa.ForeignKeyConstraint(["number"], ["ticket.number"], name=op.f("fk_message_number")),
        sa.ForeignKeyConstraint(["raw_id"], ["inbound_raw.id"], name=op.f("fk_message_raw_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.create_index(
            "ix_message_mail_id",
            ["mail_id"],
            unique=False,
            postgresql_where=sa.text("mail_id IS NOT NULL"),
        )
        batch_op.create_index(batch_op.f("ix_message_number_id"), ["number", "id"], unique=False)

    op.create_table(
        "attachment",
        sa.Column("id", base.Id, autoincrement=True, nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.Column("message_id", base.Id, nullable=False),
        sa.Column("number", base.Id, nullable=False),
        sa.Column("filename", sa.String(length=255), nullable=False),
        sa.Column("content_type", sa.String(length=127), nullable=False),
        sa.Column("size", base.Id, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("inline", sa.Boolean(), nullable=False),
        sa.Column("content_id", sa.String(length=255), nullable=True),
        sa.Column("audience", sa.String(length=10), nullable=False),
        sa.Column("secret_group", sa.String(length=40), nullable=True),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("fk_attachment_message_id")
        ),
        sa.ForeignKeyConstraint(["number"], ["ticket.number"], name=op.f("fk_attachment_number")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
        sa.UniqueConstraint("public_id", name=op.f("uq_attachment_public_id")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("attachment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_attachment_message_id"), ["message_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_attachment_sha256"), ["sha256"], unique=False)

    op.create_table(
        "delivery",
        sa.Column("id", base.Id, autoincrement=True, nullable=False),
        sa.Column("message_id", base.Id, nullable=False),
        sa.Column("number", base.Id, nullable=False),
        sa.Column("outbox_id", base.Id, nullable=True),
        sa.Column("channel", sa.String(length=12), nullable=False),
        sa.Column("recipient", sa.String(length=254), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("at", base.Moment(timezone=True), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("fk_delivery_message_id")
        ),
        sa.ForeignKeyConstraint(["number"], ["ticket.number"], name=op.f("fk_delivery_number")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_delivery_message_id"), ["message_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_delivery_number"), ["number"], unique=False)
        batch_op.create_index(batch_op.f("ix_delivery_outbox_id"), ["outbox_id"], unique=False)

    op.create_table(
        "outbox",
        sa.Column("id", base.Id, autoincrement=True, nullable=False),
        sa.Column("lane", sa.String(length=270), nullable=False),
        sa.Column("channel", sa.String(length=12), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("notice", sa.String(length=30), nullable=False),
        sa.Column("automatic", sa.Boolean(), nullable=False),
        sa.Column("data", base.Json, nullable=False),
        sa.Column("number", base.Id, nullable=True),
        sa.Column("endpoint_id", base.Id, nullable=True),
        sa.Column("message_id", base.Id, nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", base.Id, nullable=False),
        sa.Column("created_at", base.Moment(timezone=True), nullable=False),
        sa.Column("not_before", base.Moment(timezone=True), nullable=False),
        sa.Column("lease_until", base.Moment(timezone=True), nullable=True),
        sa.Column("sent_at", base.Moment(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["endpoint.id"], name=op.f("fk_outbox_endpoint_id")
        ),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_outbox_message_id")),
        sa.ForeignKeyConstraint(["number"], ["ticket.number"], name=op.f("fk_outbox_number")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_outbox_channel_address_created_at"),
            ["channel", "address", "created_at"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_outbox_number"), ["number"], unique=False)
        batch_op.create_index(
            "ix_outbox_queued",
            ["lane", "id"],
            unique=False,
            sqlite_where=sa.text("state = 'queued'"),
            postgresql_where=sa.text("state = 'queued'"),
        )
        batch_op.create_index(batch_op.f("ix_outbox_state_id"), ["state", "id"], unique=False)

    for statement in CREATE[op.get_bind().dialect.name]:
        op.execute(statement)
