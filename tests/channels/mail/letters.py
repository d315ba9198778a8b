"""Notices to compose and send in tests, with the real templates."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from zoneinfo import ZoneInfo

from channels.mail.compose import Sheet
from gateway import templating
from helpdesk.border import Address, Channel, Outbound
from helpdesk.reply_addresses import DEFAULT_TEMPLATE
from helpdesk.tokens import Keyring

FALE, CENTRAL = "fale@ponte.example", "central@ponte.example"
RING = Keyring([b"x" * 32])
PROTOCOL = "99999720261124000019"
LINK = f"https://portal.ponte.example/fale-conosco/{PROTOCOL}"


def render() -> Callable[[str, dict[str, object]], str]:
    env = templating.environment(
        {}, ZoneInfo("America/Sao_Paulo"), insurer="Operadora Modelo", registration="999997"
    )
    return partial(templating.render, env)


SHEET = Sheet((FALE, CENTRAL), DEFAULT_TEMPLATE, RING, render())


def outbound(notice: str = "opened", *, automatic: bool = True, **data: object) -> Outbound:
    """As `helpdesk.letters` writes one; a key given as None is left out."""
    base: dict[str, object] = {
        "insurer": "Operadora Modelo de Planos de Saúde",
        "link": LINK,
        "number": 1042,
        "protocol": PROTOCOL,
        "subject": "Re: Glosa — dúvida",
        "endpoint_id": 7,
        "mailbox": CENTRAL,
        "references": ["<um@clinica.example>", "<dois@clinica.example>"],
        "in_reply_to": "<dois@clinica.example>",
        "contact": "Ana Lima",
        "due_at": "2026-12-24T21:00:00+00:00",
        "opened_at": "2026-11-24T12:00:00+00:00",
    }
    kept = {key: value for key, value in (base | data).items() if value is not None}
    return Outbound(
        id=5,
        ref="outbox/5",
        notice=notice,
        address=Address(Channel.MAIL, "ana@clinica.example", "Clínica Vila Nova"),
        data=kept,
        number=1042 if "number" in kept else None,
        automatic=automatic,
    )


def to(address: str, letter: Outbound) -> Outbound:
    return replace(letter, address=Address(Channel.MAIL, address))
