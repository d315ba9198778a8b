"""What webhooks are told: nothing is skipped, nothing told twice, nobody of what is not theirs."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from gateway.work import Work
from helpdesk import access, alarms, departures, events, outbox, tickets, webhook_queue, webhooks
from helpdesk.border import SYSTEM, Actor
from helpdesk.errors import Forbidden, NotVisible
from helpdesk.models import Log, Webhook, WebhookDelivery
from helpdesk.policy import Policy
from helpdesk.tokens import Keyring
from helpdesk.webhook_queue import Letter
from tests.helpdesk import factories as make
from tests.helpdesk.factories import NOW

URL = "https://erp.example/ponte"


@pytest.fixture
def ana(work: Work) -> Actor:
    def prepare(session: Session) -> Actor:
        make.make_provider(session)
        return make.make_agent(session)

    return work.write_now(prepare)


def hook(work: Work, policy: Policy, actor: Actor, *kinds: str) -> int:
    desk = make.desk_of(actor, policy)
    row, _ = work.write_now(webhooks.create, desk, URL, kinds or webhooks.KINDS)
    return row.id


def happen(work: Work, policy: Policy, count: int = 1) -> list[int]:
    """Tickets are opened."""

    def open_some(session: Session) -> list[int]:
        provider = session.scalars(select(make.registers.Provider.id)).first() or 0
        return [make.make_ticket(session, policy, provider).number for _ in range(count)]

    return work.write_now(open_some)


def fan_out(work: Work) -> None:
    while work.read_now(webhook_queue.is_behind):
        work.write_now(webhook_queue.fan_out, now=NOW)


def claim(work: Work, policy: Policy, **more: Any) -> list[Letter]:
    now = more.pop("now", NOW)
    return work.write_now(webhook_queue.claim, policy, more.pop("busy", {}), now=now, **more)


def rows(work: Work) -> list[WebhookDelivery]:
    return work.read_now(
        lambda s: list(s.scalars(select(WebhookDelivery).order_by(WebhookDelivery.id)))
    )


def row_of(work: Work, webhook_id: int) -> Webhook:
    return work.read_now(lambda s: s.get_one(Webhook, webhook_id))


def test_what_is_told_is_that_something_happened_and_nothing_of_what(
    work: Work, policy: Policy, ana: Actor
):
    happen(work, policy)
    hook(work, policy, ana, "opened")
    [number] = happen(work, policy)
    fan_out(work)
    [letter] = claim(work, policy)
    said = json.loads(letter.body)
    assert said.keys() == {"id", "event", "at", "number", "protocol", "version"}
    ticket = work.read_now(lambda s: s.get(make.Ticket, number))
    assert (said["number"], said["protocol"]) == (number, ticket.protocol)
    assert (said["id"], said["event"], said["version"]) == (letter.public_id, "opened", 1)
    assert said["at"].endswith("-03:00")
    assert letter.url == URL
    assert letter.secret.startswith("whsec_")
    assert letter.secret not in repr(letter)


def test_each_is_told_of_the_events_it_asked_for_since_it_was_made(
    work: Work, policy: Policy, ana: Actor
):
    first = hook(work, policy, ana, "opened")
    [number] = happen(work, policy)
    second = hook(work, policy, ana, "message", "claim")
    work.write_now(tickets.note, make.desk_of(ana, policy), number, "Visto.")
    work.write_now(events.emit, None, "alarm", now=NOW)
    fan_out(work)
    fan_out(work)
    told = [(row.webhook_id, row.event) for row in rows(work)]
    assert told == [(first, "opened"), (second, "message")]
    assert not work.read_now(webhook_queue.is_behind)


def test_many_events_are_taken_in_many_steps(
    work: Work, policy: Policy, ana: Actor, monkeypatch: pytest.MonkeyPatch
):
    hook(work, policy, ana)
    [number] = happen(work, policy)

    def many(session: Session) -> None:
        events.emit_many(session, [(number, "changed", n) for n in range(1_100)], now=NOW)

    work.write_now(many)
    fan_out(work)
    versions = [row.version for row in rows(work) if row.event == "changed"]
    assert versions == list(range(1_100))


def test_who_commits_late_is_told_of_too(postgres_url: str, policy: Policy):
    work = Work(postgres_url)
    ana = work.write_now(lambda s: (make.make_provider(s), make.make_agent(s))[1])
    [number] = happen(work, policy)
    slow, fast = Session(work.engine), Session(work.engine)
    events.emit(slow, number, "changed", now=NOW, version=7)
    slow.flush()
    # Made while another transaction writes: that one's event is of the future.
    hook(work, policy, ana, "changed")
    events.emit(fast, number, "changed", now=NOW, version=8)
    fast.commit()
    fan_out(work)
    assert rows(work) == []
    slow.commit()
    fan_out(work)
    assert [row.version for row in rows(work)] == [7, 8]
    for session in (slow, fast):
        session.close()
    work.close()


def test_two_processes_share_the_work_and_double_nothing(postgres_url: str, policy: Policy):
    work = Work(postgres_url)
    ana = work.write_now(lambda s: (make.make_provider(s), make.make_agent(s))[1])
    hook(work, policy, ana, "opened")
    happen(work, policy, 3)
    first = Session(work.engine)
    webhook_queue.fan_out(first, now=NOW)
    first.flush()
    work.write_now(webhook_queue.fan_out, now=NOW)  # the row is in the other's hands
    assert rows(work) == []
    first.commit()
    fan_out(work)
    assert len(rows(work)) == 3
    ours = webhook_queue.claim(first, policy, {}, now=NOW, holder="a")
    first.flush()
    assert claim(work, policy, holder="b") == []
    first.commit()
    first.close()
    assert len(ours) == 3
    work.close()


def test_a_crash_before_the_commit_moves_nothing(work: Work, policy: Policy, ana: Actor):
    hook(work, policy, ana, "opened")
    happen(work, policy)

    def dies(session: Session) -> None:
        webhook_queue.fan_out(session, now=NOW)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work.write_now(dies)
    assert rows(work) == []
    fan_out(work)
    assert len(rows(work)) == 1


def test_what_the_agent_may_not_see_is_not_told(work: Work, policy: Policy, ana: Actor):
    rui = work.write_now(
        make.make_agent, "rui", permissions=("ticket.read", "registers.webhook.write")
    )
    hers, his = hook(work, policy, ana, "opened"), hook(work, policy, rui, "opened")
    secret, later = happen(work, policy, 2)
    work.write_now(make.hide, secret)
    fan_out(work)
    # Of a group that neither is in: not even who may everything.
    assert [(row.webhook_id, row.number) for row in rows(work)] == [(hers, later), (his, later)]
    work.write_now(make.hide, later)
    assert claim(work, policy) == []
    assert {(row.state, row.detail) for row in rows(work)} == {("failed", "hidden")}
    desk = make.desk_of(ana, policy)
    assert work.read_now(webhook_queue.listing, desk, hers) == []
    assert work.read_now(webhooks.one, desk, hers).last is None
    with pytest.raises(NotVisible):
        work.write_now(webhook_queue.retry, desk, hers, rows(work)[0].public_id)


def test_an_agent_who_leaves_is_told_nothing_more(work: Work, policy: Policy, ana: Actor):
    rui = work.write_now(
        make.make_agent, "rui", permissions=("ticket.read", "registers.webhook.write")
    )
    his = hook(work, policy, rui, "opened")
    happen(work, policy)
    fan_out(work)
    work.write_now(departures.agent, ana, rui.id or 0, now=NOW)
    happen(work, policy)
    fan_out(work)
    assert [(row.state, row.detail) for row in rows(work)] == [("failed", "off")]
    row = row_of(work, his)
    assert (row.active, row.why, row.sealed, row.ended_at) == (False, "departed", "", NOW)
    assert claim(work, policy) == []


def test_without_its_key_nothing_is_signed_and_so_nothing_leaves(
    work: Work, policy: Policy, ana: Actor
):
    hook(work, policy, ana, "opened")
    happen(work, policy)
    fan_out(work)
    assert claim(work, Policy(keyring=Keyring([b"n" * 32]))) == []
    assert [(row.state, row.detail) for row in rows(work)] == [("failed", "secret")]


def test_a_row_is_in_one_hand_until_its_lease_ends(work: Work, policy: Policy, ana: Actor):
    hook(work, policy, ana, "opened")
    happen(work, policy)
    fan_out(work)
    [first] = claim(work, policy, holder="dead")
    assert claim(work, policy) == []
    assert not work.read_now(webhook_queue.is_due, {}, now=NOW)
    assert work.write_now(webhook_queue.release, ["other"]) == 0
    assert work.write_now(webhook_queue.release, ["dead"]) == 1
    [second] = claim(work, policy)
    [third] = claim(work, policy, now=NOW + webhook_queue.LEASE + timedelta(seconds=1))
    assert first.public_id == second.public_id == third.public_id
    assert work.write_now(webhook_queue.release) == 1


def test_a_slow_one_holds_up_itself_alone(work: Work, policy: Policy, ana: Actor):
    slow, quick = hook(work, policy, ana, "opened"), hook(work, policy, ana, "opened")
    happen(work, policy, 10)
    fan_out(work)
    first = claim(work, policy)
    assert [letter.webhook_id for letter in first] == [slow] * 4 + [quick] * 4
    assert not work.read_now(webhook_queue.is_due, {slow: 4, quick: 4}, now=NOW)
    assert [each.webhook_id for each in claim(work, policy, busy={slow: 4, quick: 1})] == [
        quick
    ] * 3


def test_tries_are_spread_over_a_day_and_then_it_has_failed(work: Work, policy: Policy, ana: Actor):
    hook_id = hook(work, policy, ana, "opened")
    happen(work, policy)
    fan_out(work)
    now = NOW
    waits: list[float] = []
    while letters := claim(work, policy, now=now):
        work.write_now(webhook_queue.settle, letters[0].id, now=now, status=500, detail="answer")
        [row] = rows(work)
        waits.append((row.next_at - now) / timedelta(minutes=1))
        now = max(now, row.next_at)
    assert len(waits) == webhook_queue.MOST_ATTEMPTS
    assert 18 < (now - NOW) / timedelta(hours=1) < 30
    assert all(0.8 * 2**n <= wait <= 1.2 * 2**n for n, wait in enumerate(waits[:8]))
    assert (row.state, row.status, row.detail) == ("failed", 500, "answer")
    assert row_of(work, hook_id).failing_since == NOW
    # It is seen, told, and over with the first that arrives.
    found = work.read_now(alarms.of_database, policy, [], now=now)
    [alarm] = [each for each in found if each.kind == "webhook"]
    assert (alarm.code, alarm.detail, alarm.since) == (f"webhook:{hook_id}", "erp.example", NOW)
    work.write_now(webhook_queue.retry, make.desk_of(ana, policy, now), hook_id, row.public_id)
    [again] = claim(work, policy, now=now)
    work.write_now(webhook_queue.settle, again.id, now=now, status=200)
    assert row_of(work, hook_id).failing_since is None
    found = work.read_now(alarms.of_database, policy, [], now=now)
    assert not [each for each in found if each.kind == "webhook"]


def test_who_answers_that_it_is_gone_is_told_nothing_more(work: Work, policy: Policy, ana: Actor):
    hook_id = hook(work, policy, ana, "opened")
    happen(work, policy, 2)
    fan_out(work)
    first, second = claim(work, policy)
    work.write_now(webhook_queue.settle, first.id, now=NOW, status=410, detail="answer")
    assert [(row.state, row.detail) for row in rows(work)] == [
        ("failed", "answer"),
        ("failed", "off"),
    ]
    row = row_of(work, hook_id)
    assert (row.active, row.why, row.failing_since) == (False, "gone", None)
    # What was under way meanwhile: that it arrived is true, that it did not changes nothing.
    work.write_now(webhook_queue.settle, second.id, now=NOW, status=500, detail="answer")
    assert rows(work)[1].detail == "off"
    work.write_now(webhook_queue.settle, second.id, now=NOW, status=200)
    assert rows(work)[1].state == "delivered"
    done = work.read_now(lambda s: s.execute(select(Log.action, Log.actor_kind)).all())
    assert ("webhook_ended", str(SYSTEM.kind)) in [tuple(each) for each in done]


def test_rows_are_kept_a_month_and_so_is_what_was_switched_off(
    work: Work, policy: Policy, ana: Actor
):
    hook_id = hook(work, policy, ana, "opened")
    happen(work, policy)
    fan_out(work)
    [letter] = claim(work, policy)
    work.write_now(webhooks.switch_off, make.desk_of(ana, policy), hook_id)
    work.write_now(webhook_queue.forget, now=NOW + webhook_queue.KEPT)
    assert len(rows(work)) == 1
    work.write_now(webhook_queue.forget, now=NOW + webhook_queue.KEPT + timedelta(seconds=1))
    assert rows(work) == []
    assert work.read_now(lambda s: s.get(Webhook, hook_id)) is None
    work.write_now(webhook_queue.settle, letter.id, now=NOW, status=200)
    assert rows(work) == []


def test_events_that_a_webhook_was_not_judged_by_are_not_forgotten(
    work: Work, policy: Policy, ana: Actor
):
    """No worker ran for days."""
    hook_id = hook(work, policy, ana, "opened")
    happen(work, policy, 2)
    later = NOW + events.KEPT + timedelta(hours=1)
    assert work.write_now(events.purge, now=later) == 0
    fan_out(work)
    assert len(rows(work)) == 2
    assert work.write_now(events.purge, now=later) > 0
    happen(work, policy)
    work.write_now(webhooks.switch_off, make.desk_of(ana, policy), hook_id)
    happen(work, policy)
    assert work.write_now(events.purge, now=later) > 0


def test_nobody_makes_or_keeps_one_without_the_right(work: Work, policy: Policy, ana: Actor):
    hook_id = hook(work, policy, ana)
    for rights in (
        ("ticket.read",),
        ("registers.webhook.write",),
        ("ticket.read", "registers.webhook.read"),
    ):
        other = work.write_now(
            make.make_agent, f"a{len(rights)}{rights[-1][-4:]}", permissions=rights
        )
        with pytest.raises(Forbidden):
            work.write_now(webhooks.create, make.desk_of(other, policy), URL, ["opened"])
    reader = make.desk_of(other, policy)
    assert work.read_now(webhooks.listing, reader) == []
    for verb, more in ((webhooks.switch_off, ()), (webhook_queue.retry, ("x",))):
        with pytest.raises(Forbidden):
            work.write_now(verb, reader, hook_id, *more)
    assert access.writes("webhook") in access.PERMISSIONS


def test_an_idle_instance_with_webhooks_writes_nothing(work: Work, policy: Policy, ana: Actor):
    hook(work, policy, ana)
    work.write_now(webhook_queue.fan_out, now=NOW)
    assert not work.read_now(webhook_queue.is_behind)
    assert not work.read_now(webhook_queue.is_due, {}, now=NOW)
    assert claim(work, policy) == []
    assert outbox.backoff(1) > timedelta()
    work.write_now(lambda s: s.execute(update(Webhook).values(active=False)))
    happen(work, policy)
    assert not work.read_now(webhook_queue.is_behind)
