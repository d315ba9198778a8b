"""What full text is looked for in: the same tokens into FTS5 and tsvector."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from helpdesk import words

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


def index(session: Session, documents: Sequence[tuple[int, int, str]]) -> None:
    """`documents`: message id, ticket number, everything that should be found."""
    rows = [
        {"id": message_id, "number": number, "doc": " ".join(words.tokens(document))}
        for message_id, number, document in documents
    ]
    if rows:
        session.execute(_INSERT[dialect(session)], rows)


def forget(session: Session, message_id: int) -> None:
    """Nothing finds the message any more, until it is indexed again."""
    session.execute(_FORGET[dialect(session)], {"id": message_id})


def documents(session: Session) -> Iterator[list[Any]]:
    """Everything that is indexed, as `put` takes it: message id, ticket number, words."""
    rows = session.execute(_DOCUMENTS[dialect(session)], execution_options={"yield_per": 1_000})
    for message_id, number, doc in rows:
        yield [message_id, number, doc]


def put(session: Session, rows: Sequence[Sequence[Any]]) -> None:
    """What `documents` gave, of either database."""
    named: list[dict[str, Any]] = [
        {"id": message_id, "number": number, "doc": doc} for message_id, number, doc in rows
    ]
    if named:
        session.execute(_INSERT[dialect(session)], named)


def dialect(session: Session) -> str:
    """The database: sqlite or postgresql."""
    return session.get_bind().dialect.name
