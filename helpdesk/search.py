"""Full text: the same tokens into FTS5 and tsvector, so both databases find the same tickets."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, column, select, table, text
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
_INSERT = {
    "sqlite": text("INSERT INTO message_search(rowid, tokens, number) VALUES (:id, :doc, :number)"),
    "postgresql": text(
        "INSERT INTO message_search(message_id, number, doc)"
        " VALUES (:id, :number, to_tsvector('simple', :doc))"
    ),
}
#: the column that holds the message's id, and what finds it
_MATCH = {
    "sqlite": ("rowid", "message_search MATCH :query"),
    "postgresql": ("message_id", "doc @@ to_tsquery('simple', :query)"),
}


def index(session: Session, documents: Sequence[tuple[int, int, str]]) -> None:
    """`documents`: message id, ticket number, everything that should be found."""
    rows = [
        {"id": message_id, "number": number, "doc": " ".join(words.tokens(document))}
        for message_id, number, document in documents
    ]
    if rows:
        session.execute(_INSERT[_dialect(session)], rows)


def hits(session: Session, actor: Actor, query: str) -> ColumnElement[bool] | None:
    """A predicate on `Ticket`, or None when the query has no word to look for.

    Only what the actor may read is searched, so that nothing else shows by what is found or not.
    A query of digits only is looked up as protocol and number first (by equality).
    """
    digits = "".join(query.split())
    if digits.isdecimal():
        exact = Ticket.protocol == digits
        if len(digits) < 19:  # noqa: PLR2004 - what a 64-bit number can hold
            exact = exact | (Ticket.number == int(digits))
        known = select(Ticket.number).where(exact, access.visible(actor)).limit(1)
        if session.scalar(known) is not None:
            return exact
    tokens = words.query(query)
    if not tokens:
        return None
    dialect = _dialect(session)
    # Tokens are letters and digits only (words.tokens), quoted all the same.
    expression = (
        " ".join(f'"{token}"' for token in tokens)
        if dialect == "sqlite"
        else " & ".join(f"'{token}'" for token in tokens)
    )
    key, matches = _MATCH[dialect]
    found = table("message_search", column(key, Id))
    newest = (
        select(Message.number)
        .select_from(found)
        .join(Message, Message.id == found.c[key])
        .join(Ticket, Ticket.number == Message.number)
        .where(text(matches).bindparams(query=expression))
        .where(access.visible(actor), access.readable(actor))
        .order_by(found.c[key].desc())
        .limit(MOST_HITS)
    )
    return Ticket.number.in_(newest)


def _dialect(session: Session) -> str:
    return session.get_bind().dialect.name
