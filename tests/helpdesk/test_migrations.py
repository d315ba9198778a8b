from sqlalchemy import select

from gateway.work import Work
from helpdesk.install import install
from helpdesk.migrations import current, differences, upgrade
from helpdesk.models import Classification, Profile


def test_models_and_migrations_agree(work: Work):
    with work.engine.connect() as connection:
        assert current(connection) is not None
        assert differences(connection) == []


def test_migrating_again_changes_nothing(work: Work):
    with work.engine.begin() as connection:
        before = current(connection)
        upgrade(connection)
        assert current(connection) == before


def test_the_registers_are_installed_once(work: Work):
    codes = work.read_now(lambda session: session.scalars(select(Classification.code)).all())
    assert len(codes) == 21
    assert "TRI" in codes
    work.write_now(install)
    profiles = work.read_now(lambda session: session.scalars(select(Profile.code)).all())
    assert sorted(profiles) == ["admin", "atendente"]
