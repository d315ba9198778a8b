"""Who may connect and send how much."""

import pytest

from channels.mail import smtp_limits
from channels.mail.smtp_limits import Clients, Limits

STRANGER, OTHER = "192.0.2.1", "2001:db8::1"


class Seconds:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize("client", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", ""])
def test_this_machine_is_trusted(client: str):
    assert Clients(Limits()).is_trusted(client)


@pytest.mark.parametrize("client", [STRANGER, OTHER, "fe80::1%eth0", "::ffff:192.0.2.1"])
def test_others_are_not(client: str):
    assert not Clients(Limits()).is_trusted(client)


def test_connections_are_counted_for_each_client_and_together():
    clients = Clients(Limits(connections=3, connections_each=2))
    assert [clients.enter(STRANGER) for _ in range(3)] == [True, True, False]
    assert clients.enter(OTHER)
    assert not clients.enter("127.0.0.1")
    clients.leave(STRANGER)
    assert clients.enter("127.0.0.1")


def test_messages_come_back_with_time():
    seconds = Seconds()
    clients = Clients(Limits(messages_a_minute=60), seconds)
    assert sum(clients.may_send(STRANGER) for _ in range(100)) == 60
    assert clients.may_send(OTHER)
    seconds.now += 10
    assert sum(clients.may_send(STRANGER) for _ in range(100)) == 10
    seconds.now += 3_600
    assert sum(clients.may_send(STRANGER) for _ in range(100)) == 60


def test_a_known_sender_may_send_what_it_may_in_an_hour_all_at_once():
    clients = Clients(Limits(), Seconds())
    assert all(clients.may_send(STRANGER) for _ in range(600))


def test_clients_that_went_quiet_are_forgotten(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(smtp_limits, "MOST_CLIENTS", 3)
    seconds = Seconds()
    clients = Clients(Limits(messages_a_minute=1), seconds)
    assert all(clients.may_send(f"192.0.2.{n}") for n in range(3))
    seconds.now += 59
    assert clients.may_send("192.0.2.9")
    assert not clients.may_send("192.0.2.9")
    seconds.now += 2
    assert clients.may_send("192.0.2.10")
    assert not clients.may_send("192.0.2.9")
