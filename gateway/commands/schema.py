"""`migrate` and `log verify`."""

from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError

from gateway.commands.instance import fail, instance, reason, say, settings
from gateway.work import Work
from helpdesk import install, migrations, seals, tallies


def migrate(*, bare: bool) -> None:
    chosen = settings()
    work = Work(chosen.database.url)
    try:
        with work.engine.begin() as connection:
            migrations.upgrade(connection)
        work.write_now(install.install, bare=bare)
        work.write_now(tallies.agree, chosen.insurer.timezone)
    except (CommandError, DBAPIError, OSError) as error:
        fail(reason(error))
    finally:
        work.close()
    say(f"schema {migrations.head()}")


def verify_log(*, head: str | None) -> None:
    with instance() as (work, policy):
        report = work.read_now(seals.verify, policy.keyring, expected_head=head)
    say(f"seals {report.seals}, rows {report.rows}, not yet sealed {report.unsealed}")
    say(f"head {report.head}")
    if report.broken is not None:
        fail(f"broken: {report.broken}")
