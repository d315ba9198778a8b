"""Full text: the same tokens into FTS5 and tsvector, so both databases find the same tickets."""

import itertools
import json
import math
from collections.abc import Callable, Iterator, Sequence
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
#: of a row of `attachment_text`; an index of PostgreSQL holds it
ATTACHED_DOC = (
    "(to_tsvector('simple', words) || array_to_tsvector(ARRAY["
    f"'#{SMALL}:' || CAST(attachment_id >> {SMALL} AS text),"
    f" '#{LARGE}:' || CAST(attachment_id >> {LARGE} AS text)]))"
)
#: kept by triggers: whoever writes or deletes a text has indexed it
ATTACHED: dict[str, tuple[str, ...]] = {
    "sqlite": (
        (
            "CREATE VIRTUAL TABLE attachment_search USING fts5(words, content='attachment_text',"
            " content_rowid='attachment_id', tokenize='unicode61 remove_diacritics 0')"
        ),
        (
            "CREATE TRIGGER attachment_text_new AFTER INSERT ON attachment_text BEGIN"
            " INSERT INTO attachment_search(rowid, words) VALUES (NEW.attachment_id, NEW.words);"
            " END"
        ),
        (
            "CREATE TRIGGER attachment_text_gone AFTER DELETE ON attachment_text BEGIN"
            " INSERT INTO attachment_search(attachment_search, rowid, words)"
            " VALUES ('delete', OLD.attachment_id, OLD.words); END"
        ),
    ),
    "postgresql": (
        f"CREATE INDEX ix_attachment_text_doc ON attachment_text USING gin ({ATTACHED_DOC})",
    ),
}
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
_DOCUMENTS = {
    "sqlite": text("SELECT rowid, number, tokens FROM message_search ORDER BY rowid"),
    # Without the marks of its blocks: whoever reads it makes its own.
    "postgresql": text(
        "SELECT message_id, number, (SELECT coalesce(string_agg(lexeme, ' '), '')"
        " FROM unnest(doc) WHERE lexeme NOT LIKE '#%') FROM message_search ORDER BY message_id"
    ),
}


@dataclass(frozen=True, slots=True)
class _Source:
    """`found`: by database the table, the column that holds the id, and what finds it. `id` is
    that column of the table itself, which `joined` leads to the message."""

    found: dict[str, tuple[str, str, str]]
    id: Any
    joined: Callable[[Any, Any], Any]
    gate: Callable[[Actor], ColumnElement[bool]]


_QUERY = "@@ (to_tsquery('simple', :query) && CAST(:among AS tsquery))"
_MESSAGES = _Source(
    found={
        "sqlite": ("message_search", "rowid", "message_search MATCH :query"),
        "postgresql": ("message_search", "message_id", f"doc {_QUERY}"),
    },
    id=Message.id,
    joined=lambda query, key: query.join(Message, Message.id == key),
    gate=lambda _: true(),
)
#: the text of attachments: found by who may open the file
_ATTACHED = _Source(
    found={
        "sqlite": ("attachment_search", "rowid", "attachment_search MATCH :query"),
        "postgresql": ("attachment_text", "attachment_id", f"{ATTACHED_DOC} {_QUERY}"),
    },
    id=Attachment.id,
    joined=lambda query, key: query.join(Attachment, Attachment.id == key).join(
        Message, Message.id == Attachment.message_id
    ),
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


def documents(session: Session) -> Iterator[list[Any]]:
    """Everything that is indexed, as `put` takes it: message id, ticket number, words."""
    rows = session.execute(_DOCUMENTS[_dialect(session)], execution_options={"yield_per": 1_000})
    for message_id, number, doc in rows:
        yield [message_id, number, doc]


def put(session: Session, rows: Sequence[Sequence[Any]]) -> None:
    """What `documents` gave, of either database."""
    named: list[dict[str, Any]] = [
        {"id": message_id, "number": number, "doc": doc} for message_id, number, doc in rows
    ]
    if named:
        session.execute(_INSERT[_dialect(session)], named)


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
    if _dialect(session) == "sqlite":
        expression = " ".join(f'"{token}"' for token in tokens)
        found = [
            _newest(session, actor, of, {"query": expression}, MOST_HITS)
            for of in (_MESSAGES, _ATTACHED)
        ]
    else:
        expression = " & ".join(f"'{token}'" for token in tokens)
        found = [_by_blocks(session, actor, of, expression) for of in (_MESSAGES, _ATTACHED)]
    together = sorted(itertools.chain(*found), reverse=True)[:MOST_HITS]
    complete = all(len(hits) < MOST_HITS for hits in [*found, together])
    return Hits(list(dict.fromkeys(number for _, number in together)), complete)


def among(session: Session, numbers: Sequence[int]) -> ColumnElement[bool]:
    """A predicate on `Ticket`: one of so many that no statement takes each by itself."""
    if _dialect(session) == "sqlite":
        listed = func.json_each(json.dumps(list(numbers))).table_valued("value")
        return Ticket.number.in_(select(listed.c.value))
    # As text: the driver takes longer to write thousands of numbers than the database to find them.
    spelled = "{" + ",".join(map(str, numbers)) + "}"
    return Ticket.number == any_(cast(literal(spelled), ARRAY(BigInteger)))


def _newest(
    session: Session, actor: Actor, of: _Source, parameters: dict[str, str], most: int
) -> list[tuple[int, int]]:
    """Message and ticket of each that is found, the newest first."""
    name, key, matches = of.found[_dialect(session)]
    given = text(matches).bindparams(**parameters)
    found: Any = table(name, column(key, Id))
    if _dialect(session) == "postgresql":
        # Sorted before it is joined (`OFFSET` keeps it so): how many there are PostgreSQL guesses
        # far too low, and would join all of them to throw most away.
        fenced = select(found.c[key]).where(given).order_by(found.c[key].desc()).offset(0)
        found, given = fenced.subquery(), true()
    query = of.joined(select(Message.id, Message.number).select_from(found), found.c[key])
    query = (
        query.join(Ticket, Ticket.number == Message.number)
        .where(given)
        .where(access.visible(actor), access.readable(actor), of.gate(actor))
        .order_by(found.c[key].desc())
        .limit(most)
    )
    return [tuple(row) for row in session.execute(query)]


def _by_blocks(
    session: Session, actor: Actor, of: _Source, expression: str
) -> list[tuple[int, int]]:
    """Ask blocks, the newest first, until they hold enough hits; everything once the blocks that
    are left are not likely to hold more than is wanted."""
    # How common a word is decides how it is looked up: no plan suits all of them.
    session.execute(text("SET LOCAL plan_cache_mode = force_custom_plan"))
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


def _dialect(session: Session) -> str:
    return session.get_bind().dialect.name
