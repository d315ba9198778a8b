"""Full text: both databases find the same tickets, the newest first."""

import itertools
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    any_,
    cast,
    column,
    func,
    literal,
    select,
    table,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from helpdesk import access, words
from helpdesk.border import Actor
from helpdesk.models import Attachment, Message, Ticket
from helpdesk.models.base import Id
from helpdesk.search_index import ATTACHED_DOC, LARGE, SMALL, dialect

#: newest hits first; a search that finds more says so instead of counting on
MOST_HITS = 10_000


@dataclass(frozen=True, slots=True)
class _Source:
    """`found`: by database the table, the column that holds the id, and what finds it. `id` is
    that column of the table itself, `beside` what else of the found table is read, and `told`
    leads from it to the ids of the messages and the numbers of the tickets."""

    found: dict[str, tuple[str, str, str]]
    id: Any
    beside: tuple[str, ...]
    told: Callable[[Any, str], tuple[Any, Any, Any]]
    gate: Callable[[Actor], ColumnElement[bool]]


def _of_messages(found: Any, key: str) -> tuple[Any, Any, Any]:
    return select(found.c[key], found.c.number), found.c[key], found.c.number


def _of_attachments(found: Any, key: str) -> tuple[Any, Any, Any]:
    query = select(Attachment.message_id, Attachment.number).select_from(found)
    query = query.join(Attachment, Attachment.id == found.c[key])
    return query, Attachment.message_id, Attachment.number


_QUERY = "@@ (to_tsquery('simple', :query) && CAST(:among AS tsquery))"
_MESSAGES = _Source(
    found={
        "sqlite": ("message_search", "rowid", "message_search MATCH :query"),
        "postgresql": ("message_search", "message_id", f"doc {_QUERY}"),
    },
    id=Message.id,
    beside=("number",),
    told=_of_messages,
    gate=lambda _: true(),
)
#: the text of attachments: found by who may open the file
_ATTACHED = _Source(
    found={
        "sqlite": ("attachment_search", "rowid", "attachment_search MATCH :query"),
        "postgresql": ("attachment_text", "attachment_id", f"{ATTACHED_DOC} {_QUERY}"),
    },
    id=Attachment.id,
    beside=(),
    told=_of_attachments,
    gate=access.downloadable,
)
#: small blocks that are asked first: they tell how common the words are
_FIRST = 2
#: of those that are likely to hold the hits that are missing, so many times as many are asked next
_LIKELY = 1.5


@dataclass(frozen=True, slots=True)
class Hits:
    """Tickets a search found. Not `complete` when it stopped at the newest messages."""

    numbers: list[int]
    complete: bool


def hits(session: Session, actor: Actor, query: str) -> Hits | None:
    """Tickets with every word of the query in one message or one attachment; None when it has no
    word.

    Only what the actor may read is searched, so that nothing else shows by what is found or not.
    A query of digits only is looked up as protocol and number first (by equality).
    """
    digits = "".join(query.split())
    if digits.isdecimal():
        exact = Ticket.protocol == digits
        if len(digits) < 19:  # noqa: PLR2004 - what a 64-bit number can hold
            exact = exact | (Ticket.number == int(digits))
        known = session.scalars(select(Ticket.number).where(exact, access.visible(actor)))
        if numbers := list(known):
            return Hits(numbers, complete=True)
    tokens = words.query(query)
    if not tokens:
        return None
    # Tokens are letters and digits only (words.tokens), quoted all the same.
    if dialect(session) == "sqlite":
        expression = " ".join(f'"{token}"' for token in tokens)
        found = [
            _newest(session, actor, of, {"query": expression}, MOST_HITS)
            for of in (_MESSAGES, _ATTACHED)
        ]
    else:
        expression = " & ".join(f"'{token}'" for token in tokens)
        # How common a word is decides how it is looked up: no plan suits all of them. What is read
        # of the hits afterwards may keep its plan.
        session.execute(text("SET LOCAL plan_cache_mode = force_custom_plan"))
        found = [_by_blocks(session, actor, of, expression) for of in (_MESSAGES, _ATTACHED)]
        session.execute(text("SET LOCAL plan_cache_mode = auto"))
    together = sorted(itertools.chain(*found), reverse=True)[:MOST_HITS]
    complete = all(len(hits) < MOST_HITS for hits in [*found, together])
    return Hits(list(dict.fromkeys(number for _, number in together)), complete)


def among(session: Session, numbers: Sequence[int]) -> ColumnElement[bool]:
    """A predicate on `Ticket`: one of so many that no statement takes each by itself."""
    if dialect(session) == "sqlite":
        listed = func.json_each(json.dumps(list(numbers))).table_valued("value")
        return Ticket.number.in_(select(listed.c.value))
    # As text: the driver takes longer to write thousands of numbers than the database to find them.
    spelled = "{" + ",".join(map(str, numbers)) + "}"
    return Ticket.number == any_(cast(literal(spelled), ARRAY(BigInteger)))


def _newest(
    session: Session, actor: Actor, of: _Source, parameters: dict[str, str], most: int
) -> list[tuple[int, int]]:
    """Message and ticket of each that is found, the newest first."""
    name, key, matches = of.found[dialect(session)]
    given = text(matches).bindparams(**parameters)
    found: Any = table(name, *(column(each, Id) for each in (key, *of.beside)))
    if dialect(session) == "postgresql":
        # Sorted before it is joined (`OFFSET` keeps it so): how many there are PostgreSQL guesses
        # far too low, and would join all of them to throw most away.
        fenced = select(*found.c).where(given).order_by(found.c[key].desc()).offset(0)
        found, given = fenced.subquery(), true()
    query, message_id, number = of.told(found, key)
    gate = access.unkept(actor, number, message_id)
    if gate is None:
        query = query.join(Message, Message.id == message_id)
        query = query.join(Ticket, Ticket.number == number)
        gate = access.visible(actor) & access.readable(actor)
    query = query.where(given, gate, of.gate(actor)).order_by(found.c[key].desc()).limit(most)
    return [tuple(row) for row in session.execute(query).all()]


def _by_blocks(
    session: Session, actor: Actor, of: _Source, expression: str
) -> list[tuple[int, int]]:
    """Ask blocks, the newest first, until they hold enough hits; everything once the blocks that
    are left are not likely to hold more than is wanted."""
    found: list[tuple[int, int]] = []
    last = session.scalar(select(func.max(of.id))) or 0
    end, count = last >> SMALL, _FIRST
    while count <= end:
        begin = end - count + 1
        given = {"query": expression, "among": _among(begin, end)}
        found += _newest(session, actor, of, given, MOST_HITS - len(found))
        missing = MOST_HITS - len(found)
        if missing == 0:
            return found
        asked = last - (begin << SMALL) + 1
        end = begin - 1
        # As many blocks as hold what is missing, if they hold as much as those before.
        count = math.ceil(_LIKELY * missing * asked / (len(found) << SMALL)) if found else end + 1
    return _newest(session, actor, of, {"query": expression, "among": ""}, MOST_HITS)


def _among(begin: int, end: int) -> str:
    """The small blocks from one to another, by the marks of large ones where these are whole."""
    each = 1 << (LARGE - SMALL)
    whole = range(-(-begin // each), (end + 1) // each)
    rest = (n for n in range(begin, end + 1) if n // each not in whole)
    marks = [*(f"'#{LARGE}:{n}'" for n in whole), *(f"'#{SMALL}:{n}'" for n in rest)]
    return " | ".join(marks)
