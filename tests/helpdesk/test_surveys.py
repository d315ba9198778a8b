"""Survey forms: what counts as an answer, two at one sheet, secrecy, the panel's counts."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some
from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk import grid, history, privacy, survey_figures, survey_rows, survey_rules, surveys
from helpdesk.border import Contact
from helpdesk.desk import Desk
from helpdesk.errors import Conflict, Forbidden, Invalid, NotVisible
from helpdesk.filters import Filter
from helpdesk.history import Sought
from helpdesk.models import Log, LogPrivate, SurveyAnswer
from helpdesk.panel_groups import Scope
from helpdesk.policy import Policy
from helpdesk.privacy.places import Words
from helpdesk.registry import keeping, listing
from helpdesk.registry.surveys import FORM, QUESTION
from helpdesk.survey_figures import Counted
from helpdesk.survey_rules import KINDS, Question, Said
from tests.helpdesk import factories as make
from tests.helpdesk.factories import NOW

OPTIONS = ("Rapidez", "Clareza", "Portal")
#: what people type, near what is right and far from it
TYPED = some.one_of(
    some.text(max_size=30),
    some.sampled_from([*OPTIONS, "0", "1", "5", "10", "11", "2026-11-29", "1.234,50", "-0,0", ""]),
    some.decimals(allow_nan=False, allow_infinity=False, places=2).map(str),
    some.dates().map(str),
)


def _read(question: Question, typed: list[str]) -> tuple[dict[int, Said], set[str]]:
    try:
        return survey_rules.read([question], {question.field: typed}), set()
    except Invalid as error:
        return {}, {e.field for e in error.errors}


@given(some.sampled_from(KINDS), some.booleans(), some.lists(TYPED, max_size=4))
def test_an_answer_is_kept_in_one_spelling_or_refused_at_its_field(
    kind: str, required: bool, typed: list[str]
):
    chosen = OPTIONS if kind in survey_rules.CHOSEN else ()
    question = Question(
        id=7, code="Q", label="?", kind=kind, options=chosen, known=chosen, required=required
    )
    found, refused = _read(question, typed)
    if refused:
        assert refused == {"q7"}
        return
    if 7 not in found:
        assert not required
        return
    said = found[7]
    assert said.value == said.value.strip() != ""
    assert (said.part is not None) == (kind in survey_rules.COUNTED)
    again = said.value.split("\n") if kind == "several" else [said.value]
    assert survey_rules.read([question], {"q7": again})[7] == said


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("1.234,50", "1234,5"), ("0.5", "0,5"), ("007", "7"), ("-0", "0"), ("1.234", "1234")],
)
def test_numbers_are_read_as_people_here_write_them(typed: str, kept: str):
    question = Question(id=1, code="N", label="?", kind="number")
    assert survey_rules.read([question], {"q1": [typed]})[1].value == kept


@pytest.fixture
def chief(session: Session, policy: Policy) -> Desk:
    return make.desk_of(make.make_agent(session), policy)


@pytest.fixture
def asked(session: Session, chief: Desk) -> tuple[int, dict[str, str]]:
    """A form for glosses; its id, and what its questions are called in it."""
    form = keeping.create(
        session, chief, FORM, {"code": "sat", "name": "Satisfação", "classifications": "GLO"}
    )
    fields: dict[str, str] = {}
    for code, kind, more in (
        ("NOTA", "scale5", {"required": "1"}),
        ("CAUSA", "one", {"options": "Nossa\nDo prestador"}),
        ("DISSE", "long", {}),
    ):
        texts = {"form": "SAT", "code": code, "label": f"{code.title()}?", "kind": kind, **more}
        fields[code] = f"q{keeping.create(session, chief, QUESTION, texts)}"
    return form, fields


def test_a_question_is_checked_and_what_was_answered_stays(
    session: Session, policy: Policy, chief: Desk, asked: tuple[int, dict[str, str]]
):
    form, fields = asked
    ticket = make.make_ticket(session, policy, make.make_provider(session))
    for kind, options, code in (
        ("one", "Só uma", "too_few"),
        ("several", "A\na", "repeated"),
        ("flag", "Sim\nNão", "unasked"),
    ):
        texts = {"form": "SAT", "code": "X", "label": "?", "kind": kind, "options": options}
        with pytest.raises(Invalid) as refused:
            keeping.create(session, chief, QUESTION, texts)
        assert [(e.field, e.code) for e in refused.value.errors] == [("options", code)]
    given = {fields["NOTA"]: ["4"], fields["CAUSA"]: ["Nossa"]}
    surveys.fill(session, chief, ticket.number, form, given, 0)
    session.flush()
    question = int(fields["CAUSA"][1:])
    with pytest.raises(Conflict) as used:
        keeping.remove(session, chief, QUESTION, question)
    assert used.value.code == "used"
    record = listing.record(session, chief, QUESTION, question)
    reworded = record.texts | {"label": "De quem?", "options": "Do prestador\nDe ninguém"}
    keeping.change(session, chief, QUESTION, question, reworded, record.version)
    session.flush()
    (sheet,) = surveys.sheets(session, chief.actor, ticket.number)
    assert [(one.label, one.value) for one in sheet.answers][1] == ("Causa?", "Nossa")
    opened = surveys.open_form(session, chief.actor, ticket.number, form)
    assert opened.questions[1].options == ("Do prestador", "De ninguém", "Nossa")
    columns = survey_rows.columns(session, chief.actor, form)
    assert [words for _, words in columns.keys] == ["Nota?", "De quem?", "Causa?", "Disse?"]
    scope = Scope(policy.day(NOW), policy.day(NOW))
    found = survey_figures.read(session, chief.actor, scope, "SAT", policy=policy)
    assert [(m.word, m.count) for m in found.figures[1].marks] == [
        ("Do prestador", 0), ("De ninguém", 0), ("Nossa", 1),
    ]  # fmt: skip


def test_it_is_filled_in_once_corrected_with_history_and_by_one_at_a_time(
    session: Session, policy: Policy, chief: Desk, asked: tuple[int, dict[str, str]]
):
    form, fields = asked
    ticket = make.make_ticket(session, policy, make.make_provider(session))
    number = ticket.number
    with pytest.raises(Invalid) as refused:
        surveys.fill(session, chief, number, form, {fields["CAUSA"]: ["Outra"]}, 0)
    assert {(e.field, e.code) for e in refused.value.errors} == {
        (fields["NOTA"], "required"), (fields["CAUSA"], "unknown"),
    }  # fmt: skip
    surveys.fill(session, chief, number, form, {fields["NOTA"]: ["2"]}, 0)
    rui = make.desk_of(make.make_agent(session, "rui"), policy, NOW + timedelta(hours=1))
    with pytest.raises(Conflict):
        surveys.fill(session, rui, number, form, {fields["NOTA"]: ["5"]}, 0)
    better = {fields["NOTA"]: ["3"], fields["DISSE"]: ["Demorou."]}
    surveys.fill(session, rui, number, form, better, 1)
    surveys.fill(session, rui, number, form, better, 2)
    session.flush()
    (sheet,) = surveys.sheets(session, chief.actor, number)
    assert (sheet.version, sheet.author, bool(sheet.corrector)) == (2, "Ana", True)
    entries, _ = history.changes(session, chief.actor, number, Sought())
    assert [e.action for e in entries][:2] == ["survey_corrected", "survey_answered"]
    assert [(c["field"], c["before"], c["after"]) for c in entries[0].changes] == [
        ("Nota?", "2", "3"), ("Disse?", None, "Demorou."),
    ]  # fmt: skip
    lea = make.make_agent(session, "lea", permissions=("ticket.read", "panel"))
    with pytest.raises(Forbidden):
        surveys.fill(session, make.desk_of(lea, policy), number, form, better, 2)
    with pytest.raises(Forbidden):
        survey_rows.columns(session, lea, form)
    with pytest.raises(NotVisible):
        surveys.open_form(session, lea, number, 999)


def test_who_may_not_read_the_ticket_sees_no_answer_and_counts_lead_to_their_list(
    session: Session, policy: Policy, chief: Desk, asked: tuple[int, dict[str, str]]
):
    form, fields = asked
    provider = make.make_provider(session)
    numbers = [make.make_ticket(session, policy, provider).number for _ in range(3)]
    for number in numbers:
        surveys.fill(session, chief, number, form, {fields["NOTA"]: ["4"]}, 0)
    make.hide(session, numbers[0])
    session.flush()
    other = make.make_agent(session, "rui", groups=())
    day = policy.day(NOW)
    for actor in (replace(chief.actor, groups=frozenset({"juridico"})), other):
        read = survey_figures.read(session, actor, Scope(day, day), "", policy=policy)
        mark = next(m for m in read.figures[0].marks if m.part == 4)
        counted = Counted(int(fields["NOTA"][1:]), 4, day, day)
        page = grid.page(
            session, actor, Filter(answered=counted), grid.Order(), policy=policy, now=NOW, limit=50
        )
        assert mark.count == len(page.rows) == len(survey_rows.lines(session, actor, form, 0, 9))
        assert mark.count == (3 if actor.groups else 2)
    with pytest.raises(NotVisible):
        surveys.sheets(session, other, numbers[0])
    keeping.create(session, chief, FORM, {"code": "OCA", "name": "Sem perguntas"})
    (offer,) = surveys.offers(session, chief.actor, numbers[1])
    assert (offer.code, offer.fits, offer.filled) == ("SAT", False, True)


def test_what_was_said_goes_with_the_person_and_the_counts_stay(
    session: Session, policy: Policy, chief: Desk, asked: tuple[int, dict[str, str]]
):
    form, fields = asked
    provider = make.make_provider(session, "P7")
    person = make.make_person(session, provider, "Luciana Zarabatana", "lu@clinica.example")
    contact = Contact(person.name, "(31) 3222-0101", "lu@clinica.example")
    ticket = make.opened(session, make.form(person, provider, contact=contact), policy)
    given = {fields["NOTA"]: ["1"], fields["DISSE"]: ["Minha filha piorou."]}
    surveys.fill(session, chief, ticket.number, form, given, 0)
    session.flush()
    subject = privacy.of_person(session, person.id or 0, texts=True)
    told = privacy.told(session, privacy.find(session, subject))
    assert told["tickets"][0]["surveys"][0]["answer"] == "Minha filha piorou."
    words = Words(name="Pessoa apagada", title="Conteúdo apagado")
    privacy.erase(session, chief.actor, subject, "Pedido.", words, now=NOW)
    session.flush()
    session.expire_all()
    values = session.scalars(select(SurveyAnswer.value).order_by(SurveyAnswer.id)).all()
    assert values == ["1", ""]
    kept = select(LogPrivate.log_id).join(Log, Log.id == LogPrivate.log_id)
    assert session.scalars(kept.where(Log.action == "survey_answered")).all() == []
