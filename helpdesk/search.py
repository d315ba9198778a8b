"""Full text: the same tokens into FTS5 and tsvector, so both databases find the same tickets."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    any_,
    column,
    func,
    literal,
    select,
    table,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from helpdesk import access, words
from helpdesk.border import Actor
from helpdesk.models import Message, Ticket
from helpdesk.models.base import Id

#: newest hits first; a search that finds more says so instead of counting on
MOST_HITS = 10_000

CREATE = {
    "sqlite": (
        (
            "CREATE VIRTUAL TABLE message_search USING fts5"
            "(tokens, number UNINDEXED, tokenize='unicode61 remove_diacritics 0')"
        ),
    ),
    "postgresql": (
        (
            "CREATE TABLE message_search"
            " (message_id bigint PRIMARY KEY, number bigint NOT NULL, doc tsvector NOT NULL)"
        ),
        "CREATE INDEX ix_message_search_doc ON message_search USING gin (doc)",
        "CREATE INDEX ix_message_search_number ON message_search (number)",
    ),
}
#: GIN knows no order. So each document of PostgreSQL also holds which block of ids it stands in,
#: and a search asks for the newest blocks first. No word looks like `#14:7`.
SMALL, LARGE = 14, 18
_OF_BLOCK = (
    f"array_to_tsvector(ARRAY['#{SMALL}:' || ({{id}} >> {SMALL}),"
    f" '#{LARGE}:' || ({{id}} >> {LARGE})])"
)
BLOCKS: dict[str, tuple[str, ...]] = {
    "sqlite": (),
    "postgresql": (
        "UPDATE message_search SET doc = doc || "  # noqa: S608 - constants
        + _OF_BLOCK.format(id="message_id"),
    ),
}
DOC_INDEX = "CREATE INDEX ix_message_search_doc ON message_search USING gin (doc)"
#: from a table `bench_words` of id, number and words
FROM_WORDS = (
    "INSERT INTO message_search(message_id, number, doc)"  # noqa: S608 - constants
    f" SELECT id, number, to_tsvector('simple', doc) || {_OF_BLOCK.format(id='id')}"
    " FROM bench_words"
)
_INSERT = {
    "sqlite": text("INSERT INTO message_search(rowid, tokens, number) VALUES (:id, :doc, :number)"),
    "postgresql": text(
        "INSERT INTO message_search(message_id, number, doc)"  # noqa: S608 - constants
        " VALUES (:id, :number, to_tsvector('simple', :doc) || "
        + _OF_BLOCK.format(id="CAST(:id AS bigint)")
        + ")"
    ),
}
_FORGET = {
    "sqlite": text("DELETE FROM message_search WHERE rowid = :id"),
    "postgresql": text("DELETE FROM message_search WHERE message_id = :id"),
}
#: the column that holds the message's id, and what finds it
_MATCH = {
    "sqlite": ("rowid", "message_search MATCH :query"),
    "postgresql": (
        "message_id",
        "doc @@ (to_tsquery('simple', :query) && CAST(:among AS tsquery))",
    ),
}
#: how many of the newest blocks are asked, by shift, one after the other until the hits suffice
_STRETCHES = ((SMALL, 2), (SMALL, 4), (SMALL, 8), (SMALL, 16), (LARGE, 2), (LARGE, 4), (LARGE, 8))
#: a stretch is worth asking when it is likely to hold all the hits that are wanted
_LIKELY = 1.5


@dataclass(frozen=True, slots=True)
class Hits:
    """Tickets a search found. Not `complete` when it stopped at the newest messages."""

    numbers: list[int]
    complete: bool


def index(session: Session, documents: Sequence[tuple[int, int, str]]) -> None:
    """`documents`: message id, ticket number, everything that should be found."""
    rows = [
        {"id": message_id, "number": number, "doc": " ".join(words.tokens(document))}
        for message_id, number, document in documents
    ]
    if rows:
        session.execute(_INSERT[_dialect(session)], rows)


def forget(session: Session, message_id: int) -> None:
    """Nothing finds the message any more, until it is indexed again."""
    session.execute(_FORGET[_dialect(session)], {"id": message_id})


def hits(session: Session, actor: Actor, query: str) -> Hits | None:
    """Tickets with every word of the query in one message; None when it has no word.

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
    if _dialect(session) == "sqlite":
        expression = " ".join(f'"{token}"' for token in tokens)
        found = _newest(session, actor, {"query": expression})
    else:
        expression = " & ".join(f"'{token}'" for token in tokens)
        found = _by_blocks(session, actor, expression)
    return Hits(list(dict.fromkeys(found)), complete=len(found) < MOST_HITS)


def among(session: Session, numbers: Sequence[int]) -> ColumnElement[bool]:
    """A predicate on `Ticket`: one of so many that no statement takes each by itself."""
    if _dialect(session) == "sqlite":
        listed = func.json_each(json.dumps(list(numbers))).table_valued("value")
        return Ticket.number.in_(select(listed.c.value))
    return Ticket.number == any_(literal(list(numbers), ARRAY(BigInteger)))


def _newest(session: Session, actor: Actor, parameters: dict[str, str]) -> list[int]:
    """The ticket of each message that is found, newest message first."""
    key, matches = _MATCH[_dialect(session)]
    found = table("message_search", column(key, Id))
    query = (
        select(Message.number)
        .select_from(found)
        .join(Message, Message.id == found.c[key])
        .join(Ticket, Ticket.number == Message.number)
        .where(text(matches).bindparams(**parameters))
        .where(access.visible(actor), access.readable(actor))
        .order_by(found.c[key].desc())
        .limit(MOST_HITS)
    )
    return list(session.scalars(query))


def _by_blocks(session: Session, actor: Actor, expression: str) -> list[int]:
    """Ask newer blocks until they hold enough hits, at last everything."""
    last = session.scalar(select(func.max(Message.id))) or 0
    share: float | None = None
    for shift, count in _STRETCHES:
        block = last >> shift
        blocks = range(max(0, block - count + 1), block + 1)
        size = last - (blocks[0] << shift) + 1
        if blocks[0] == 0 or (share is not None and share * size < _LIKELY * MOST_HITS):
            continue
        any_block = " | ".join(f"'#{shift}:{n}'" for n in blocks)
        found = _newest(session, actor, {"query": expression, "among": any_block})
        if len(found) == MOST_HITS:
            return found
        share = len(found) / size
    return _newest(session, actor, {"query": expression, "among": ""})


def _dialect(session: Session) -> str:
    return session.get_bind().dialect.name
