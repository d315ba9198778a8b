"""Providers, people and agents: all or nothing, empty keeps, a repeated code adds a person."""

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from helpdesk import provider_csv, registers
from helpdesk.errors import Invalid, NotVisible
from helpdesk.models import (
    Agent,
    KnownAddress,
    Log,
    Membership,
    Outbox,
    Person,
    Provider,
    ProviderType,
)
from helpdesk.policy import Policy
from helpdesk.registers import ImportRefused, ProviderRow
from tests.helpdesk.factories import NOW, make_provider

CSV = """code,name,document,type,email,phone,person,cnes,city,state,remarks
P1,Clínica Vila Serena,12.ABC.345/01DE-35,Clínica médica,Faturas@Vila.example,(31) 3222-0101,Luciana Reis,1234567,Belo Horizonte,mg,x
P1,,,,marcos@vila.example,,Marcos,,,,
P2,Laboratório Aurora,,Tipo novo,,,,,,,
"""


def load(session: Session, text: str | bytes) -> tuple[int, int]:
    data = text.encode() if isinstance(text, str) else text
    counted = registers.import_providers(session, provider_csv.parse(data), now=NOW)
    session.flush()
    return counted


def provider(session: Session, code: str = "P1") -> Provider:
    return session.scalars(select(Provider).where(Provider.code == code)).one()


def problems(session: Session, text: str | bytes) -> list[tuple[int, str]]:
    with pytest.raises(ImportRefused) as refused:
        load(session, text)
    assert session.scalars(select(Provider)).all() == []
    return list(refused.value.problems)


def test_a_file_is_imported(session: Session):
    assert load(session, CSV) == (2, 0)
    found = provider(session)
    assert (found.name, found.sort_name) == ("Clínica Vila Serena", "clinica vila serena")
    assert (found.document, found.cnes, found.state) == ("12ABC34501DE35", "1234567", "MG")
    assert (found.email, found.phone) == ("faturas@vila.example", "(31) 3222-0101")
    known = session.scalars(select(KnownAddress.value).order_by(KnownAddress.id)).all()
    assert known == ["faturas@vila.example", "marcos@vila.example"]
    people = session.scalars(select(Person.name).order_by(Person.id)).all()
    assert people == ["Luciana Reis", "Marcos"]
    assert len(session.scalars(select(Membership)).all()) == 2
    kind = session.get_one(ProviderType, provider(session, "P2").type_id)
    assert kind.name == "Tipo novo"
    actions = session.scalars(select(Log.action).order_by(Log.id)).all()
    assert actions == ["provider_added", "provider_added"]


def test_an_empty_cell_keeps_what_is_there(session: Session):
    load(session, CSV)
    changed = "code;name;phone;email;person\nP1;;(31) 3333-0000;;\nP2;Aurora Diagnósticos;;;\n"
    assert load(session, changed) == (0, 2)
    found = provider(session)
    assert (found.name, found.phone, found.email) == (
        "Clínica Vila Serena", "(31) 3333-0000", "faturas@vila.example",
    )  # fmt: skip
    assert provider(session, "P2").sort_name == "aurora diagnosticos"
    assert load(session, CSV) == (0, 2)
    assert len(session.scalars(select(Person)).all()) == 2
    assert len(session.scalars(select(KnownAddress)).all()) == 2


def test_the_same_again_changes_and_logs_nothing(session: Session):
    load(session, CSV)
    load(session, CSV)
    assert len(session.scalars(select(Log)).all()) == 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_a_file_of_any_spreadsheet(session: Session, encoding: str):
    load(session, CSV.replace("\n", "\r\n").encode(encoding))
    assert provider(session).name == "Clínica Vila Serena"


def test_every_wrong_line_is_named_and_nothing_is_imported(session: Session):
    text = (
        "code,name,document,email,cnes,state\n"
        "P1,Boa,,,,\n"
        ",Sem código,,,,\n"
        f"P3,{'x' * 201},,,,MGX\n"
        '"P4","Nome\nem duas",11.111.111/1111-11,,,\n'
        "P5,E,,não,12,\n"
        "P6,,,,,\n"
    )
    assert problems(session, text) == [
        (3, "code: is required"),
        (4, "name: is longer than 200"),
        (4, "state: is longer than 2"),
        (5, "document: is not valid"),
        (7, "cnes: is not valid"),
        (7, "email: is not valid"),
        (8, "name: is required for a new provider"),
    ]


def test_a_new_provider_needs_a_name_on_some_line(session: Session):
    assert problems(session, "code,name\nP1,\nP2,Boa\n") == [
        (2, "name: is required for a new provider")
    ]


def test_the_name_may_stand_on_a_later_line_of_the_code(session: Session):
    assert load(session, "code,name\nP1,\nP1,Boa\n") == (1, 0)
    assert provider(session).name == "Boa"


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("name\nx\n", 1, "there is no column code"),
        ("", 1, "there is no column code"),
        ("code,name,name\nP1,a,b\n", 1, "the column name is there twice"),
        ("code,name\nP1,a,b\n", 2, "has 3 cells, the header has 2"),
        ('code,name\nP1,"a\n', 2, "unexpected end of data"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(session: Session, text: str, line: int, why: str):
    [(at, said)] = problems(session, text)
    assert at == line
    assert why in said


def test_empty_lines_are_no_providers(session: Session):
    assert load(session, "code,name\n\nP1,a\n,\n") == (1, 0)


def test_one_provider_is_changed(session: Session):
    make_provider(session, email="a@vila.example")
    row = ProviderRow(code="P1", active=False, email="b@vila.example", person="Bia")
    found = registers.upsert_provider(session, row, now=NOW)
    assert (found.active, found.email) == (False, "a@vila.example")
    for bad in (ProviderRow(code="NEW"), ProviderRow(code="P1", type="x" * 201)):
        with pytest.raises(Invalid):
            registers.upsert_provider(session, bad, now=NOW)


def test_an_address_with_accents_is_kept_as_mail_writes_it(session: Session):
    make_provider(session, email="Faturas@Clínica.example", person="Lu")
    known = session.scalars(select(KnownAddress.value)).one()
    assert known == "faturas@xn--clnica-4va.example"
    assert session.scalars(select(Person.email)).one() == known


def test_an_address_gets_its_person_later(session: Session):
    make_provider(session, email="a@vila.example")
    registers.upsert_provider(
        session, ProviderRow(code="P1", email="a@vila.example", person="Bia"), now=NOW
    )
    session.flush()
    assert session.scalars(select(KnownAddress.person_id)).one() is not None


def test_the_first_invited_manages(session: Session, policy: Policy):
    make_provider(session)
    for email in ("a@vila.example", "B@Vila.example"):
        registers.invite(session, "P1", email, policy, now=NOW)
    session.flush()
    roles = session.execute(
        select(Person.email, Membership.role)
        .join(Membership, Membership.person_id == Person.id)
        .order_by(Membership.id)
    )
    assert [tuple(row) for row in roles] == [
        ("a@vila.example", "manager"), ("b@vila.example", "member"),
    ]  # fmt: skip
    rows = session.scalars(select(Outbox)).all()
    assert {row.notice for row in rows} == {"invitation"}
    assert all(row.data["link"].startswith(policy.public_url + "/convite/") for row in rows)
    with pytest.raises(NotVisible):
        registers.invite(session, "P9", "a@vila.example", policy, now=NOW)
    with pytest.raises(Invalid):
        registers.invite(session, "P1", "nobody", policy, now=NOW)


def test_who_left_is_back_when_invited_again(session: Session, policy: Policy):
    make_provider(session)
    person = registers.invite(session, "P1", "a@vila.example", policy, now=NOW)
    session.flush()
    session.execute(update(Membership).values(active=False))
    person.active = False
    session.flush()
    session.expire_all()
    registers.invite(session, "P1", "a@vila.example", policy, now=NOW)
    session.flush()
    session.expire_all()
    assert session.scalars(select(Membership.active)).one()
    assert person.active


def test_an_agent_is_added(session: Session):
    agent = registers.add_agent(
        session, "ana", "Ána", "Ana@Op.example", "hash", now=NOW, sector="FIN"
    )
    session.flush()
    assert (agent.email, agent.sort_name, agent.active) == ("ana@op.example", "ana", True)
    assert agent.sector_id is not None


BAD_AGENTS = [
    ({"login": "ana"}, "login"),
    ({"login": "A na"}, "login"),
    ({"login": "x" * 41}, "login"),
    ({"name": " "}, "name"),
    ({"name": "x" * 201}, "name"),
    ({"email": "nobody"}, "email"),
    ({"profile": "?"}, "profile"),
    ({"sector": "?"}, "sector"),
]


@pytest.mark.parametrize(("more", "field"), BAD_AGENTS)
def test_a_wrong_agent_is_refused(session: Session, more: dict[str, str], field: str):
    registers.add_agent(session, "ana", "Ana", "ana@op.example", "", now=NOW)
    session.flush()
    fields = {"login": "bia", "name": "Bia", "email": "bia@op.example", "password_hash": ""} | more
    with pytest.raises(Invalid) as refused:
        registers.add_agent(session, now=NOW, **fields)  # type: ignore[arg-type]
    assert [error.field for error in refused.value.errors] == [field]
    assert len(session.scalars(select(Agent)).all()) == 1
