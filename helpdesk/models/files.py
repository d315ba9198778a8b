"""Attached files: what hangs on a message, the text read from it, the bytes."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.models.base import AUTO, Base, Id, Key, Long

WAITING = "text_state = 'waiting'"
#: what holds text to be searched, by type and, where the type says nothing, by the name's ending
TEXTUAL = ("text/", "application/pdf", "application/xml", "application/json")
ENDINGS = (".pdf", ".xml", ".txt", ".csv", ".json", ".html", ".htm")


def has_text(content_type: str, filename: str) -> bool:
    """Whether a reader is worth trying; what the bytes are it finds out itself."""
    kind = content_type.lower()
    return kind.startswith(TEXTUAL) or kind.endswith("+xml") or filename.lower().endswith(ENDINGS)


def _text_state(context: DefaultExecutionContext) -> str:
    row = context.get_current_parameters()
    return "waiting" if has_text(row["content_type"], row["filename"]) else ""


class Attachment(Base):
    __tablename__ = "attachment"
    __table_args__ = (
        Index(
            "ix_attachment_waiting",
            "id",
            sqlite_where=text(WAITING),
            postgresql_where=text(WAITING),
        ),
        AUTO,
    )

    id: Mapped[Key]
    #: random 128 bits, hex: the only id that leaves the database
    public_id: Mapped[str] = mapped_column(String(32), unique=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"), index=True)
    number: Mapped[int] = mapped_column(ForeignKey("ticket.number"))
    filename: Mapped[str] = mapped_column(String(255))
    content_type: Mapped[str] = mapped_column(String(127))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    inline: Mapped[bool] = mapped_column(default=False)
    content_id: Mapped[str | None] = mapped_column(String(255))
    audience: Mapped[str] = mapped_column(String(10), default="public")
    secret_group: Mapped[str | None] = mapped_column(String(40))
    #: "" nothing to read; waiting, read, unread (`text_error` says why), see `attachment_texts`
    text_state: Mapped[str] = mapped_column(String(10), default=_text_state, server_default="")
    text_error: Mapped[str] = mapped_column(String(20), default="", server_default="")
    text_attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    text_until: Mapped[datetime | None]


class AttachmentText(Base):
    """The words of an attachment, as the search sees them. Goes with the attachment, and the
    full-text index goes with it."""

    __tablename__ = "attachment_text"

    attachment_id: Mapped[int] = mapped_column(
        Id, ForeignKey("attachment.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    words: Mapped[Long]


class Blob(Base):
    """Bytes the store holds; collected when unreferenced and untouched for 24 h."""

    __tablename__ = "blob"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    size: Mapped[int]
    touched_at: Mapped[datetime]


class Upload(Base):
    """A file on its way in pieces: what came so far. Kept a day after the last of it."""

    __tablename__ = "upload"
    __table_args__ = (Index(None, "owner_kind", "owner_id"), Index(None, "touched_at"), AUTO)

    id: Mapped[Key]
    #: random 128 bits, hex: what the browser calls it
    public_id: Mapped[str] = mapped_column(String(32), unique=True)
    owner_kind: Mapped[str] = mapped_column(String(10))
    owner_id: Mapped[int]
    #: the form it is for, as of a draft; "" no particular one
    place: Mapped[str] = mapped_column(String(60))
    #: the asked item it was chosen for
    item: Mapped[int | None]
    filename: Mapped[str] = mapped_column(String(255))
    #: as the browser says; once whole, as its bytes say
    content_type: Mapped[str] = mapped_column(String(127))
    #: tells a changed file from the one of the same name and size before
    mark: Mapped[str] = mapped_column(String(40))
    size: Mapped[int]
    received: Mapped[int]
    #: sha256 of each piece that came, in order
    pieces: Mapped[list[Any]]
    #: of the whole, once it was looked at and taken; "" before
    sha256: Mapped[str] = mapped_column(String(64))
    touched_at: Mapped[datetime]
