"""One gate: for an outsider all is the same whether the secret ticket exists or not."""

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import date

import pytest
from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from helpdesk import (
    access,
    bots,
    contacts,
    events,
    grid,
    outbox,
    search,
    thread,
    tickets,
)
from helpdesk.border import SYSTEM, Actor, ActorKind, File, Verdict
from helpdesk.errors import HelpdeskError, NotVisible
from helpdesk.filters import Filter
from helpdesk.grid import Order
from helpdesk.models import (
    Attachment,
    Content,
    Delivery,
    Endpoint,
    Event,
    Log,
    LogPrivate,
    Message,
    Outbox,
    Ticket,
)
from helpdesk.policy import Policy
from tests.helpdesk.factories import (
    CLINIC,
    NOW,
    desk_of,
    form,
    hide,
    know,
    mail,
    make_agent,
    make_person,
    make_provider,
    opened,
    outbox_of,
)

#: a word and a figure that stand nowhere else
WORD, FIGURE = "quimioterapia", "70707"
FILE = File("laudo.pdf", "application/pdf", 5, "e" * 64)


def build(session: Session, policy: Policy, *, secret: bool) -> dict[str, Actor]:
    """Three tickets; the second is secret, or was never there."""
    provider_id = make_provider(session)
    other_id = make_provider(session, "P2", name="Laboratório")
    know(session, provider_id, CLINIC)
    actors = {
        "ana": make_agent(session, "ana"),
        "lia": make_agent(session, "lia", groups=("juridico",)),
        "nobody": make_agent(session, "nobody", permissions=("registers.classification.read",)),
        "luciana": make_person(session, provider_id, "Luciana", "luciana@clinica.example"),
        "marcos": make_person(session, other_id, "Marcos", "marcos@lab.example"),
        "stranger": Actor(ActorKind.UNKNOWN),
    }
    desk = desk_of(actors["lia"], policy)
    first = opened(session, mail(title="Glosa", text="glosa", message_id="<1@x>"), policy)
    if secret:
        hidden = opened(
            session, mail(title=f"Glosa {WORD}", text=f"{WORD} {FIGURE}", files=(FILE,)), policy
        )
        hidden.follows = first.number
        session.flush()
        tickets.reply(session, desk, hidden.number, f"glosa {WORD}", files=[FILE])
        hide(session, hidden.number)
        session.expire_all()
    return actors


def spy(session: Session, actor: Actor, policy: Policy) -> str:
    """Everything an actor can look at, as bytes. Number 2 would be the secret ticket's."""
    look: dict[str, Callable[[], object]] = {
        f"grid {n} {key}": lambda q=q, key=key: asdict(
            grid.page(session, actor, Filter(q=q), Order(key), policy=policy, now=NOW)
        )
        for n, q in enumerate(("", WORD, FIGURE, "glosa", "2", "41999920261124000002"))
        for key in ("due", "title")
    }
    look |= {
        "count": lambda: grid.count(
            session, actor, Filter(opened_from=date(2026, 1, 1)), policy=policy, now=NOW
        ),
        "find": lambda: thread.find(session, actor, "n2"),
        "protocol": lambda: thread.find(session, actor, "41999920261124000002"),
        "view": lambda: asdict(thread.view(session, actor, 2, policy=policy, now=NOW)),
        "linked": lambda: asdict(thread.view(session, actor, 1, policy=policy, now=NOW)),
        "log": lambda: thread.log(session, actor, 2),
        "previous": lambda: thread.previous(session, actor, 1, policy=policy, now=NOW),
        "raw": lambda: thread.raw(session, actor, 2),
        "chat": lambda: bots.conversation(session, actor, "2"),
        "chats": lambda: [
            t.number for t in bots.open_tickets(session, actor, before=None, limit=9)
        ],
        "hear": lambda: bots.may_hear(session, actor, 2),
        "events": lambda: [
            e.number
            for e in events.after(session, events.Cursor())
            if bots.may_hear(session, actor, e.number)
        ],
        "outbox": lambda: [row.id for row in outbox.listing(session, actor)],
        "claim": lambda: tickets.claim(session, desk_of(actor, policy), 2),
        "mine": lambda: contacts.page(
            session, actor, 1, "all", policy=policy, now=NOW, q="2"
        ),
        "read": lambda: thread.mark_read(session, actor, 2),
    }  # fmt: skip
    seen: dict[str, object] = {}
    for name, call in look.items():
        try:
            seen[name] = call()
        except HelpdeskError as error:
            seen[name] = f"{type(error).__name__} {error}"
    return json.dumps(seen, default=str, sort_keys=True)


def take_away(session: Session, number: int) -> None:
    """As if it had never been there."""
    session.execute(delete(LogPrivate).where(LogPrivate.log_id.in_(
        select(Log.id).where(Log.number == number)
    )))  # fmt: skip
    session.execute(
        text(
            "DELETE FROM message_search WHERE number = :number"
        ).bindparams(number=number)
    )  # fmt: skip
    for table in (Log, Event, Content, Delivery, Outbox, Attachment, Message, Endpoint, Ticket):
        session.execute(delete(table).where(table.number == number))
    session.expire_all()


@pytest.mark.parametrize("who", ["ana", "nobody", "marcos", "stranger"])
def test_an_outsider_cannot_tell_whether_it_exists(session: Session, policy: Policy, who: str):
    actors = build(session, policy, secret=True)
    page = grid.page(session, actors[who], Filter(), Order(), policy=policy, now=NOW)
    assert page.total == len(page.rows) == {"ana": 1}.get(who, 0)
    seen = spy(session, actors[who], policy)
    assert WORD not in seen
    take_away(session, 2)
    assert spy(session, actors[who], policy) == seen


def test_who_belongs_sees_it(session: Session, policy: Policy):
    actors = build(session, policy, secret=True)
    for who in ("lia", "luciana"):
        page = grid.page(session, actors[who], Filter(), Order(), policy=policy, now=NOW)
        assert {row.number for row in page.rows} == {1, 2}
    found = grid.page(session, actors["lia"], Filter(q=WORD), Order(), policy=policy, now=NOW)
    assert [row.number for row in found.rows] == [2]
    assert {
        m.secret for m in thread.view(session, actors["lia"], 2, policy=policy, now=NOW).messages
    } == {"juridico"}
    assert grid.count(session, SYSTEM, Filter(), policy=policy, now=NOW) == (2, True)


def test_an_attachment_needs_ticket_message_and_itself(session: Session, policy: Policy):
    actors = build(session, policy, secret=True)
    file = session.scalars(select(Attachment)).first()
    assert file is not None
    for who in ("ana", "nobody", "marcos", "stranger"):
        with pytest.raises(NotVisible):
            thread.attachment(session, actors[who], file.public_id)
    seen = thread.attachment(session, actors["lia"], file.public_id)
    assert (seen.sha256, seen.filename) == (FILE.sha256, FILE.filename)
    with pytest.raises(NotVisible):
        thread.attachment(session, actors["lia"], "0" * 32)
    file.secret_group = "diretoria"
    session.flush()
    with pytest.raises(NotVisible):
        thread.attachment(session, actors["lia"], file.public_id)
    assert thread.attachment(session, SYSTEM, file.public_id)


def test_a_person_sees_what_is_public(session: Session, policy: Policy):
    actors = build(session, policy, secret=False)
    ana, luciana = actors["ana"], actors["luciana"]
    tickets.note(session, desk_of(ana, policy), 1, f"nota {WORD}", files=[FILE])
    view = thread.view(session, luciana, 1, policy=policy, now=NOW)
    assert [m.kind for m in view.messages] == ["opening"]
    file = session.scalars(select(Attachment)).one()
    assert file.audience == "internal"
    with pytest.raises(NotVisible):
        thread.attachment(session, luciana, file.public_id)
    with pytest.raises(NotVisible):
        thread.log(session, luciana, 1)
    # What only a note says is not found, and what an agent finds is more.
    for actor, hits in ((luciana, 0), (ana, 1)):
        page = grid.page(session, actor, Filter(q=WORD), Order(), policy=policy, now=NOW)
        assert page.total == hits


def test_a_secret_message_in_an_open_ticket_is_not_found(session: Session, policy: Policy):
    actors = build(session, policy, secret=False)
    said = tickets.reply(session, desk_of(actors["lia"], policy), 1, WORD)
    session.get_one(Message, said).secret_group = "juridico"
    session.flush()
    # The secret keeps out agents of other groups; the answer is public, so its provider reads it.
    for who, hits in (("ana", []), ("lia", [1]), ("luciana", [1])):
        found = search.hits(session, actors[who], WORD)
        assert found is not None
        assert found.numbers == hits


def test_scope_own_sees_what_they_opened_or_take_part_in(session: Session, policy: Policy):
    actors = build(session, policy, secret=False)
    olga = make_person(session, 1, "Olga", "olga@clinica.example", scope="own")
    mine = opened(session, form(olga, 1), policy).number

    def seen(actor: Actor) -> set[int]:
        return set(session.scalars(select(Ticket.number).where(access.visible(actor))))

    assert seen(olga) == {mine}
    assert seen(actors["luciana"]) == {1, mine}
    assert access.visible_numbers(session, olga, [1, mine]) == {mine}
    assert access.visible_numbers(session, olga, []) == set()
    opened(
        session,
        mail("olga@clinica.example", tokens=(), protocols=("41999920261124000001",),
             verdict=Verdict.VERIFIED),
        policy,
    )  # fmt: skip
    assert seen(olga) == {1, mine}


def test_raw_mail_is_for_agents(session: Session, policy: Policy):
    actors = build(session, policy, secret=False)
    message_id = session.scalars(select(Message.id)).first() or 0
    for who in ("ana", "luciana", "marcos"):
        with pytest.raises(NotVisible):
            thread.raw(session, actors[who], message_id)
    assert outbox_of(session, 1)
