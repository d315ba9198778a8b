"""An address typed into a form is confirmed by its owner, by a button and not by a link."""

from datetime import timedelta

import pytest

from helpdesk import confirming, letters
from helpdesk.models import Endpoint, Log, Outbox
from tests.channels.web.conftest import Portal, Visit

GIVEN = "outra@clinica.example"


def link_of(portal: Portal) -> str:
    """What the notice carries when it leaves."""

    def write(session: object) -> str:
        rows = session.query(Outbox).filter(Outbox.notice == "confirm_address").all()  # type: ignore[attr-defined]
        (letter,) = letters.write(session, rows, portal.runtime.policy)  # type: ignore[arg-type]
        return str(letter.data["link"])

    found = portal.read(write)
    assert found.startswith("http")
    return "/confirmar/" + found.rpartition("/confirmar/")[2]


def state(portal: Portal) -> str:
    (endpoint,) = portal.all(Endpoint, Endpoint.address == GIVEN)
    return str(endpoint.state)


def test_only_the_button_confirms(portal: Portal, visit: Visit) -> None:
    receipt = portal.open(email_given=GIVEN)
    path = link_of(portal)
    for _ in range(2):
        page = visit.get(path)
        assert page.status_code == 200
        assert GIVEN in page.text
        assert str(receipt.protocol) in page.text
    assert state(portal) == "unconfirmed"
    answer = visit.post(path)
    assert answer.status_code == 200
    assert "Endereço confirmado" in answer.text
    assert state(portal) == "active"
    assert [n.address for n in portal.notices("opened")] == [GIVEN]
    assert len(portal.all(Log, Log.action == "endpoint_confirmed")) == 1
    visit.get(path)
    assert "Endereço confirmado" in visit.post(path).text
    assert len(portal.notices("opened")) == 1


def test_the_link_ends(portal: Portal, visit: Visit) -> None:
    portal.open(email_given=GIVEN)
    path = link_of(portal)
    visit.get(path)
    portal.now += confirming.LIFE + timedelta(seconds=1)
    assert visit.post(path).status_code == 410
    assert "Este link não vale mais" in visit.get(path).text
    assert state(portal) == "unconfirmed"


def test_the_link_of_a_removed_address_is_void(portal: Portal, visit: Visit) -> None:
    portal.open(email_given=GIVEN)
    path = link_of(portal)
    (endpoint,) = portal.all(Endpoint, Endpoint.address == GIVEN)
    visit.get(path)
    portal.set(Endpoint, endpoint.id, state="removed")
    assert visit.post(path).status_code == 410
    assert state(portal) == "removed"


@pytest.mark.parametrize("token", ["x", "AAAA", "a" * 200, "ação"])
def test_a_forged_link_is_void(portal: Portal, visit: Visit, token: str) -> None:
    assert visit.get(f"/confirmar/{token}").status_code == 410
    assert visit.get(f"/convite/{token}").status_code == 410


def test_a_link_for_something_else_confirms_nothing(portal: Portal, visit: Visit) -> None:
    portal.open(email_given=GIVEN)
    keyring = portal.runtime.policy.keyring
    token = keyring.link_token("form-upload", "1", portal.now + timedelta(days=1))
    visit.get("/")
    assert visit.post(f"/confirmar/{token}").status_code == 410
