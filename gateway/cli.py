"""The command line: every command of `ponte`, in its groups.

What a command does is in `gateway.commands`, imported when it runs: `ponte --help` loads neither
the database nor the web.
"""

# The decorators of rich-click are typed in part.
# pyright: reportUnknownMemberType=false

from importlib import import_module
from pathlib import Path
from typing import Any

import rich_click as click

#: an MTA keeps the message and comes again (EX_TEMPFAIL of sysexits.h)
TRY_AGAIN = 75

FILES = click.Path(exists=True, path_type=Path, allow_dash=True, dir_okay=False)
PATHS = click.Path(exists=True, path_type=Path)
FOLDER = click.Path(exists=True, path_type=Path, file_okay=False)


def _run(command: str, **given: Any) -> None:
    """`module.function` of `gateway.commands`; it returns nothing, or raises `SystemExit`."""
    module, _, function = command.partition(".")
    getattr(import_module(f"gateway.commands.{module}"), function)(**given)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="ponte", message="%(version)s")
def main() -> None:
    """Ponte: form, e-mail and chat between providers and the operadora, under one protocol."""


@main.command()
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535))
@click.option(
    "--data",
    default="data/demo",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the demo keeps its data; a second run goes on with it.",
)
def demo(**given: Any) -> None:
    """Everything on loopback with invented data: prints addresses and log-ins."""
    _run("serving.demo", **given)


@main.command()
@click.option(
    "--only", type=click.Choice(["web", "worker"]), help="Split over processes (PostgreSQL)."
)
def serve(**given: Any) -> None:
    """The configured instance: pages, listeners, outbox, timers, until a signal."""
    _run("serving.serve", **given)


@main.command()
@click.option("--bare", is_flag=True, help="Leave out the twenty usual classifications.")
def migrate(**given: Any) -> None:
    """Create or upgrade the schema, and the registers that are missing."""
    _run("schema.migrate", **given)


@main.command()
def doctor() -> None:
    """Check settings, database, blob store, mail and bot: a line each, exit 1 if one fails."""
    _run("doctor.run")


@main.group()
def agent() -> None:
    """Agents of the operadora."""


@agent.command("add")
@click.argument("login")
@click.option("--name", required=True)
@click.option("--email", required=True)
@click.option("--profile", default="atendente", show_default=True)
@click.option("--sector", help="Code of the sector the agent works in.")
@click.option(
    "--password-stdin", is_flag=True, required=True, help="Read the password from standard input."
)
def agent_add(password_stdin: bool, **given: Any) -> None:  # noqa: ARG001, FBT001 - says where from
    """Create an agent."""
    _run("people.add_agent", **given)


@agent.command("forget-factors")
@click.argument("login")
def agent_forget_factors(login: str) -> None:
    """Remove app, passkeys and recovery codes of an agent who lost them."""
    _run("people.forget_factors", login=login)


@main.group()
def provider() -> None:
    """Providers and the people who speak for them."""


@provider.command("import")
@click.argument("file", type=FILES)
def provider_import(**given: Any) -> None:
    """Import providers from a CSV file, all or nothing.

    Header: code,name,document,type,email,phone,person and, if you like, cnes, city, state. Comma
    or semicolon; UTF-8 or Windows-1252. An empty cell keeps what is stored; a repeated code adds a
    person.
    """
    _run("people.import_providers", **given)


@provider.command("invite")
@click.argument("code")
@click.argument("email")
def provider_invite(**given: Any) -> None:
    """Invite somebody by e-mail to speak for a provider."""
    _run("people.invite", **given)


@main.group()
def token() -> None:
    """Tokens of the API."""


@token.command("add")
@click.argument("name")
@click.option("--agent", "login", required=True, help="Login of the agent it acts as.")
def token_add(**given: Any) -> None:
    """Print a new API token, once: alone on the last line."""
    _run("people.add_token", **given)


@main.group()
def mail() -> None:
    """Mail by hand: from an MTA, from files, explained."""


@mail.command("receive")
@click.option("--mailbox", help="The address of ours it came to.")
def mail_receive(**given: Any) -> None:
    """Store one message from standard input: exit 0 stored, 75 try again."""
    _run("mail.receive", **given)


@mail.command("import")
@click.argument("paths", nargs=-1, required=True, type=PATHS, metavar="PATH...")
@click.option("--notify", is_flag=True, help="Acknowledge and notify as if it had just arrived.")
def mail_import(**given: Any) -> None:
    """Import .eml files, mboxes and Maildirs: one JSON line a message."""
    _run("mail.import_paths", **given)


@mail.command("explain")
@click.argument("files", nargs=-1, required=True, type=FILES, metavar="FILE...")
def mail_explain(**given: Any) -> None:
    """Print what is understood of each file ("-" for standard input) as a JSON line."""
    _run("explain.run", **given)


@main.group()
def outbox() -> None:
    """What waits to leave and what failed."""


@outbox.command("list")
def outbox_list() -> None:
    """List what waits, what failed and why, oldest first."""
    _run("queues.list_outbox")


@outbox.command("retry")
@click.argument("id", type=click.IntRange(min=1))
def outbox_retry(**given: Any) -> None:
    """Send one again, at once."""
    _run("queues.retry_outbox", **given)


@main.group()
def quarantine() -> None:
    """What came in and could not be placed."""


@quarantine.command("list")
def quarantine_list() -> None:
    """List held messages and why, newest first."""
    _run("queues.list_quarantine")


@quarantine.command("show")
@click.argument("id")
def quarantine_show(**given: Any) -> None:
    """Say of one held message why it waits and how each step judged it."""
    _run("queues.show_quarantine", **given)


@quarantine.command("replay")
@click.argument("raw_id", type=click.IntRange(min=1))
def quarantine_replay(**given: Any) -> None:
    """Understand a raw arrival again after a fix; nobody outside is told."""
    _run("queues.replay_arrival", **given)


@quarantine.command("retry")
@click.argument("id")
def quarantine_retry(**given: Any) -> None:
    """Judge one again: its sender may be registered by now."""
    _run("queues.retry_quarantine", **given)


@main.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def backup(file: Path) -> None:
    """Write a consistent copy while the instance runs: database and blobs, but no keys."""
    _run("copies.write", file=file)


@main.command()
@click.argument("file", type=click.Path(exists=True, path_type=Path, dir_okay=False))
def restore(file: Path) -> None:
    """Read a backup into an empty database; what was erased since is erased again."""
    _run("copies.restore", file=file)


@main.group()
def log() -> None:
    """The log of changes."""


@log.command("verify")
@click.option("--head", metavar="HASH", help="A seal kept outside the database: it must be there.")
def log_verify(**given: Any) -> None:
    """Check every seal; exit 1 and name the first broken one."""
    _run("schema.verify_log", **given)


@main.command()
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.option("--size", "sizes", type=int, multiple=True, help="Tickets, for the console.")
@click.option("--url", "urls", multiple=True, help="A filled database, for the console.")
@click.option("--corpora", type=FOLDER, help="Messages with what other projects expect of them.")
@click.option("--replies", type=FOLDER, help="Messages with their new text, in files beside them.")
def bench(**given: Any) -> None:
    """Run benchmarks, each beside its physical limit in the same run."""
    _run("benches.run", **given)
