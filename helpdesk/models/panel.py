"""What the panel adds up, see helpdesk/tallies.py."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.models.base import AUTO, Base, Id, Key

_MEASURE = String(12)
_GROUP = String(40)


class Tally(Base):
    """How many tickets: of a `measure`, at a local day (counted from 1970-01-01) and a part of it.

    What has no sector, agent or secret group counts under 0 and "". Only measures of agents hold
    an agent. `running` is counted by deadline instead: `at` its end and `part` the beginning of
    attention, in microseconds since 1970.
    """

    __tablename__ = "tally"
    # Walked by measure and day: the rows of a period lie beside each other.
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - SQLAlchemy reads a plain one

    measure: Mapped[str] = mapped_column(_MEASURE, primary_key=True)
    at: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    part: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    classification_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    sector_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    agent_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    secret_group: Mapped[str] = mapped_column(_GROUP, primary_key=True)
    n: Mapped[int]


class TallyChange(Base):
    """What is added to a tally and not folded into it yet: many write here at once, and none waits
    for another as they would for one shared sum."""

    __tablename__ = "tally_change"
    __table_args__ = (AUTO,)

    id: Mapped[Key]
    measure: Mapped[str] = mapped_column(_MEASURE)
    at: Mapped[int]
    part: Mapped[int]
    classification_id: Mapped[int]
    sector_id: Mapped[int]
    agent_id: Mapped[int]
    secret_group: Mapped[str] = mapped_column(_GROUP)
    n: Mapped[int]


class LocalOffset(Base):
    """Since when the operadora's clocks are how many seconds ahead of UTC: a database knows no
    zones, and days are local."""

    __tablename__ = "local_offset"

    since: Mapped[datetime] = mapped_column(primary_key=True)
    seconds: Mapped[int]
