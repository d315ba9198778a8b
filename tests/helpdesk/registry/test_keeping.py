"""A record's life: created, changed by two at once, switched off, removed, told by its history."""

from itertools import pairwise

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk import catalog
from helpdesk.desk import Desk
from helpdesk.errors import Conflict, Forbidden, Invalid, NotVisible
from helpdesk.models import Classification, Sector, Status
from helpdesk.policy import Policy
from helpdesk.registry import history, keeping, listing
from helpdesk.registry.described import (
    CANNED,
    CLASSIFICATION,
    REASON,
    REGISTERS,
    SECTOR,
    STATUS,
    SUBCLASSIFICATION,
)
from helpdesk.registry.listing import Asked
from helpdesk.registry.shape import Register
from tests.helpdesk.factories import desk_of, make_agent, make_provider, make_ticket


@pytest.fixture
def desk(session: Session, policy: Policy) -> Desk:
    return desk_of(make_agent(session), policy)


def id_of(session: Session, register: Register, code: str) -> int:
    return session.scalars(select(register.model.id).where(register.model.code == code)).one()


NEW = {
    "code": "tel",
    "name": "Telemedicina",
    "sector": "TIS",
    "days": "3",
    "unit": "business",
    "attention": "1",
    "web": "1",
}


def test_a_record_is_created_changed_and_told(session: Session, desk: Desk):
    record_id = keeping.create(session, desk, CLASSIFICATION, NEW)
    made = listing.record(session, desk, CLASSIFICATION, record_id)
    assert (made.title, made.texts["code"], made.names["sector"]) == (
        "Telemedicina",
        "TEL",
        "Conectividade TISS / Suporte TI",
    )
    changed = made.texts | {"days": "5", "closing_message": "Orientamos que"}
    keeping.change(session, desk, CLASSIFICATION, record_id, changed, made.version)
    last, first = history.of_record(session, desk, CLASSIFICATION, record_id)
    assert (last.actor, last.action) == ("Ana", "register_changed")
    assert last.changes == [
        {"field": "classification.days", "before": "3", "after": "5"},
        {"field": "classification.closing_message", "before": None, "after": "Orientamos que"},
    ]
    assert first.action == "register_added"
    assert first.note == "TEL · Telemedicina"


def test_saving_the_same_again_is_no_change(session: Session, desk: Desk):
    record_id = keeping.create(session, desk, CLASSIFICATION, NEW)
    made = listing.record(session, desk, CLASSIFICATION, record_id)
    keeping.change(session, desk, CLASSIFICATION, record_id, made.texts, made.version)
    assert len(history.of_record(session, desk, CLASSIFICATION, record_id)) == 1


def test_the_second_of_two_is_told(session: Session, desk: Desk):
    record_id = keeping.create(session, desk, SECTOR, {"code": "X", "name": "Um"})
    read = listing.record(session, desk, SECTOR, record_id)
    keeping.change(session, desk, SECTOR, record_id, {"code": "X", "name": "Dois"}, read.version)
    with pytest.raises(Conflict) as told:
        keeping.change(
            session, desk, SECTOR, record_id, {"code": "X", "name": "Três"}, read.version
        )
    assert told.value.code == "changed"
    now = listing.record(session, desk, SECTOR, record_id)
    assert now.title == "Dois"
    keeping.change(session, desk, SECTOR, record_id, {"code": "X", "name": "Três"}, now.version)
    assert session.get_one(Sector, record_id).name == "Três"


@pytest.mark.parametrize(
    ("register", "texts", "wrong"),
    [
        (SECTOR, {"code": "", "name": " "}, {"code": "required", "name": "required"}),
        (SECTOR, {"code": "ctm", "name": "Outro"}, {"code": "taken"}),
        (SECTOR, {"code": "A B", "name": "x" * 201}, {"code": "invalid", "name": "too_long"}),
        (
            CLASSIFICATION,
            NEW | {"days": "0", "unit": "hours", "sector": "NADA", "web": "talvez"},
            {"days": "range", "unit": "unknown", "sector": "unknown", "web": "invalid"},
        ),
        (CLASSIFICATION, NEW | {"days": "dois"}, {"days": "invalid"}),
        (CLASSIFICATION, NEW | {"attention": "9"}, {"attention": "range"}),
        (
            STATUS,
            {"code": "FIM", "label": "Fim", "situation": "closed", "pauses": "1"},
            {"pauses": "invalid"},
        ),
        (SUBCLASSIFICATION, {"code": "GLO.9", "name": "Nova"}, {"classification": "required"}),
        (REASON, {"subclassification": "GLO.99", "code": "A", "name": "B"}, {"subclassification": "unknown"}),
        (CANNED, {"shortcut": "oi", "title": "Oi", "body": "{nada}"}, {"body": "unknown"}),
    ],
)  # fmt: skip
def test_every_wrong_field_is_named_at_once(
    session: Session, desk: Desk, register: Register, texts: dict[str, str], wrong: dict[str, str]
):
    with pytest.raises(Invalid) as refused:
        keeping.create(session, desk, register, texts)
    assert {error.field: error.code for error in refused.value.errors} == wrong


def test_a_field_that_is_fixed_stays(session: Session, desk: Desk):
    record_id = id_of(session, SUBCLASSIFICATION, "GLO.1")
    read = listing.record(session, desk, SUBCLASSIFICATION, record_id)
    texts = read.texts | {"classification": "PAG", "name": "Outra"}
    keeping.change(session, desk, SUBCLASSIFICATION, record_id, texts, read.version)
    now = listing.record(session, desk, SUBCLASSIFICATION, record_id)
    assert (now.texts["classification"], now.title) == ("GLO", "Outra")


def test_what_was_used_is_switched_off_and_never_removed(session: Session, desk: Desk):
    ticket = make_ticket(session, desk.policy, make_provider(session))
    record_id = ticket.classification_id
    with pytest.raises(Conflict) as refused:
        keeping.remove(session, desk, CLASSIFICATION, record_id)
    assert refused.value.code == "used"
    keeping.switch(session, desk, CLASSIFICATION, record_id, active=False)
    code = session.get_one(Classification, record_id).code
    assert code not in {c.code for c in catalog.load(session, desk.policy).published()}
    keeping.switch(session, desk, CLASSIFICATION, record_id, active=True)
    keeping.switch(session, desk, CLASSIFICATION, record_id, active=True)
    actions = [line.action for line in history.of_record(session, desk, CLASSIFICATION, record_id)]
    assert actions == ["register_on", "register_off"]


def test_what_nobody_used_may_go_and_its_history_stays(session: Session, desk: Desk):
    record_id = keeping.create(session, desk, SECTOR, {"code": "X", "name": "Um"})
    keeping.remove(session, desk, SECTOR, record_id)
    with pytest.raises(NotVisible):
        listing.record(session, desk, SECTOR, record_id)
    gone = history.of_record(session, desk, SECTOR, record_id)[0]
    assert gone.action == "register_removed"
    assert {"field": "sector.name", "before": "Um", "after": None} in gone.changes


def test_what_ponte_depends_on_keeps_its_code_and_stays(session: Session, desk: Desk):
    record_id = id_of(session, STATUS, catalog.OPEN)
    read = listing.record(session, desk, STATUS, record_id)
    assert read.needed
    for attempt in (
        lambda: keeping.switch(session, desk, STATUS, record_id, active=False),
        lambda: keeping.remove(session, desk, STATUS, record_id),
        lambda: keeping.change(
            session, desk, STATUS, record_id, read.texts | {"code": "NOV"}, read.version
        ),
    ):
        with pytest.raises(Conflict) as refused:
            attempt()
        assert refused.value.code == "needed"
    keeping.change(session, desk, STATUS, record_id, read.texts | {"tint": "exp"}, read.version)
    assert session.get_one(Status, record_id).tint == "exp"


def test_a_sector_stays_while_something_leads_to_it(session: Session, desk: Desk):
    record_id = id_of(session, SECTOR, "CTM")
    with pytest.raises(Conflict) as refused:
        keeping.switch(session, desk, SECTOR, record_id, active=False)
    assert refused.value.code == "held"


def test_reading_and_writing_need_their_rights(session: Session, policy: Policy, desk: Desk):
    stranger = desk_of(make_agent(session, "leo", permissions=("ticket.read",)), policy)
    reader = desk_of(make_agent(session, "rui", permissions=("registers.sector.read",)), policy)
    for read in (
        lambda d: listing.page(session, d, SECTOR, Asked()),
        lambda d: listing.record(session, d, SECTOR, 1),
        lambda d: history.of_record(session, d, SECTOR, 1),
    ):
        with pytest.raises(Forbidden):
            read(stranger)
        read(reader)
    for write in (
        lambda: keeping.create(session, reader, SECTOR, {"code": "X", "name": "Um"}),
        lambda: keeping.change(session, reader, SECTOR, 1, {}, ""),
        lambda: keeping.switch(session, reader, SECTOR, 1, active=False),
        lambda: keeping.remove(session, reader, SECTOR, 1),
        lambda: keeping.preview(session, reader, SECTOR, {}),
        lambda: keeping.preview_end(session, reader, SECTOR, 1),
        lambda: keeping.preview_start(session, reader, SECTOR, 1),
    ):
        with pytest.raises(Forbidden):
            write()


@pytest.mark.parametrize("register", REGISTERS, ids=lambda r: r.name)
def test_a_list_pages_both_ways_and_finds_without_marks(
    session: Session, desk: Desk, register: Register
):
    whole = listing.page(session, desk, register, Asked(limit=1_000))
    assert (whole.previous, whole.next) == ("", "")
    walked: list[int] = []
    page = listing.page(session, desk, register, Asked(limit=2))
    pages = [page]
    while page.next:
        page = listing.page(session, desk, register, Asked(limit=2, after=page.next))
        pages.append(page)
    walked = [record.id for page in pages for record in page.rows]
    assert walked == [record.id for record in whole.rows]
    for earlier, later in pairwise(pages):
        back = listing.page(session, desk, register, Asked(limit=2, before=later.previous))
        assert back.rows == earlier.rows


def test_a_search_knows_no_marks_and_no_case(session: Session, desk: Desk):
    found = listing.page(session, desk, CLASSIFICATION, Asked(said="autorizacao GUIAS"))
    assert [record.texts["code"] for record in found.rows] == ["AUT"]
    below = listing.page(session, desk, SUBCLASSIFICATION, Asked(parent="GLO"))
    assert [record.texts["code"] for record in below.rows] == ["GLO.1", "GLO.2", "GLO.3"]
    off = listing.page(session, desk, SECTOR, Asked(active=False))
    assert off.rows == []


@pytest.mark.parametrize("cursor", ["x", "bnVsbA", "W10", "WyJcdTAwMDAiLDFd", "W3RydWUsIDFd"])
def test_a_cursor_that_is_not_ours_is_refused(session: Session, desk: Desk, cursor: str):
    with pytest.raises(Invalid):
        listing.page(session, desk, SECTOR, Asked(after=cursor))
