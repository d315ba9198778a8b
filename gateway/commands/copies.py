"""`backup` and `restore`."""

import tarfile
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from gateway import backup, ledger, restoring
from gateway.archive import BadBackup
from gateway.blobs import open_blobs
from gateway.commands.instance import fail, instance, reason, say, settings
from gateway.runtime import clock, policy_of
from gateway.serve import AlreadyServed, serving
from gateway.work import Work


def write(file: Path) -> None:
    chosen = settings()
    with instance() as (work, policy):
        try:
            done = backup.write(work, open_blobs(chosen.blobs), policy, file, now=clock())
        except FileExistsError:
            fail(f"{file} is there already: name another file.")
    say(f"{done.rows} rows, {done.blobs} blobs, {done.size} octets: {file}")
    say(f"keys {', '.join(policy.keyring.ids)} are not in it: keep them apart from it")
    if done.missing:
        fail(f"{len(done.missing)} blobs are missing in the store:", *done.missing[:20])


def restore(file: Path) -> None:
    """Nobody serves meanwhile; what was erased since the backup is erased again."""
    chosen = settings()
    path = ledger.path_of(chosen)
    try:
        entries = ledger.read(path)
        policy, blobs = policy_of(chosen), open_blobs(chosen.blobs)
        with serving(chosen):
            work = Work(chosen.database.url)
            try:
                done = restoring.restore(work, blobs, policy, file, entries, now=clock())
            finally:
                work.close()
    except AlreadyServed:
        fail("The instance is running: stop it first.")
    except BadBackup as error:
        fail(f"{file}: {error}")
    except tarfile.TarError as error:
        fail(f"{file} is no backup: {error}")
    except (OSError, DBAPIError, ValueError) as error:
        fail(reason(error))
    say(f"backup of {done.at}: {done.rows} rows, {done.blobs} blobs")
    say(f"{done.erased} erasures of {path} done again")
    if done.missing:
        say(f"{len(done.missing)} blobs were missing when it was written")
