"""What providers say of how they were attended."""

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.models.base import AUTO, Base, Key, Long, Name


class Rating(Base):
    """One a closing. `score`: 1 (bad) to 5 (good)."""

    __tablename__ = "rating"
    __table_args__ = (UniqueConstraint("message_id"), AUTO)

    id: Mapped[Key]
    number: Mapped[int] = mapped_column(ForeignKey("ticket.number"), index=True)
    #: the closing it is about
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"))
    score: Mapped[int]
    comment: Mapped[Long] = mapped_column(default="")
    #: as they are called on the ticket
    author: Mapped[Name] = mapped_column(default="")
    at: Mapped[datetime]
