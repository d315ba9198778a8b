"""`ponte demo`: everything on loopback with invented data, so that all three round trips can be
walked by hand without any outside server."""

import asyncio
import contextlib
import logging
import socket
import sys
from pathlib import Path

from gateway import logs
from gateway.demo import mailbox, pages, story
from gateway.runtime import Runtime, build, clock
from gateway.serve import main, serving
from gateway.settings import Settings
from helpdesk import inbound, install, migrations

SMTP_PORT = 2525


def settings_of(port: int, data: Path, smtp_port: int, relay_port: int) -> Settings:
    """The demo's settings: nothing from the environment, nothing off this machine."""
    told = story.load()["insurer"]
    return Settings.model_validate(
        {
            "database": {"url": f"sqlite:///{data / 'ponte.db'}"},
            "blobs": {"url": f"file:{data / 'blobs'}"},
            "web": {"host": "127.0.0.1", "port": port},
            "insurer": {
                "name": told["name"],
                "ans_registration": told["registration"],
                "state": "MG",
            },
            "mail": {
                "address": told["address"],
                "smtp_listen": f"127.0.0.1:{smtp_port}",
                "relay_url": f"smtp://127.0.0.1:{relay_port}",
            },
        }
    )


def run(port: int = 8000, data: Path = Path("data/demo")) -> None:
    """Until Ctrl-C; a second run keeps the data. Raises `serve.AlreadyServed`, `OSError`."""
    logs.configure(logging.WARNING)
    smtp_port = _free_port(SMTP_PORT)
    box = mailbox.Mailbox(data / "mailbox")
    relay = mailbox.bind()
    settings = settings_of(port, data.absolute(), smtp_port, relay.getsockname()[1])
    runtime = build(settings)
    try:
        with serving(settings):
            prepare(runtime)
            asyncio.run(_serve(runtime, box, relay, smtp_port))
    finally:
        runtime.close()


def _free_port(wanted: int) -> int:
    """`wanted`, or another when somebody has it: what is printed must be ours."""
    for port in (wanted, 0):
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)) as probe:
            return probe.getsockname()[1]
    return wanted


def prepare(runtime: Runtime) -> None:
    """Schema, registers and, once, the story."""
    with runtime.work.engine.begin() as connection:
        migrations.upgrade(connection)
    runtime.work.write_now(install.install)
    if not runtime.work.read_now(story.is_told):
        now = clock()
        runtime.work.write_now(story.tell, runtime.policy, now)
        runtime.work.write_now(
            inbound.store, story.strangers(runtime.blobs, runtime.policy, now), now
        )


async def _serve(
    runtime: Runtime, box: mailbox.Mailbox, relay: "mailbox.Socket", smtp_port: int
) -> None:
    async with mailbox.receiving(box, relay):
        routes = pages.router(runtime, box, smtp_port)
        await main(runtime, extra=[routes], started=lambda: announce(runtime, smtp_port))


def announce(runtime: Runtime, smtp_port: int) -> None:
    cast = runtime.work.read_now(story.cast)
    url = runtime.policy.public_url
    lines = [
        "",
        "Ponte demo: everything runs on this machine, nothing leaves it.",
        "",
        f"  Provider portal   {url}/",
        f"  Agents' console   {url}/entrar",
        f"  Mailbox           {url}/demo/caixa",
        f"  Chat              {url}/chat",
        f"  SMTP in           127.0.0.1:{smtp_port} for {runtime.policy.mail_address}",
        "",
        f"  Password of everybody: {story.PASSWORD}",
        "",
        "  Agents",
        *(f"    {login:<34} {name}" for login, name in cast.agents),
        "  People of providers",
        *(f"    {email:<34} {name}, {provider}" for email, name, provider in cast.people),
        "",
        "Ctrl-C stops. The data is kept for the next run.",
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()
