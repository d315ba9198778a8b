"""Agents, tokens, providers and their people."""

import sys
from pathlib import Path

from argon2 import PasswordHasher

from gateway.commands.instance import fail, instance, say
from gateway.runtime import clock
from helpdesk import agent_access, provider_csv, registers, sessions
from helpdesk.border import SYSTEM
from helpdesk.registers import ImportRefused

SHORTEST_PASSWORD = 8


def add_agent(login: str, name: str, email: str, profile: str, sector: str | None) -> None:
    password = sys.stdin.readline().rstrip("\r\n")
    if len(password) < SHORTEST_PASSWORD:
        fail(f"password: needs at least {SHORTEST_PASSWORD} characters")
    with instance() as (work, _):
        work.write_now(
            registers.add_agent,
            login,
            name,
            email,
            PasswordHasher().hash(password),
            now=clock(),
            profile=profile,
            sector=sector,
        )
    say(f"agent {login} added")


def forget_factors(login: str) -> None:
    with instance() as (work, _):
        work.write_now(agent_access.forget_factors, login, SYSTEM, now=clock())
    say(f"agent {login} enters by password alone until a second factor is set up again")


def add_token(name: str, login: str) -> None:
    with instance() as (work, _):
        token = work.write_now(sessions.add_token, name, login, now=clock())
    say(f"Token {name} acts as {login}. It is shown only now:")
    say(token)


def import_providers(file: Path) -> None:
    data = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    try:
        rows = provider_csv.parse(data)
        with instance() as (work, _):
            new, known = work.write_now(registers.import_providers, rows, now=clock())
    except ImportRefused as error:
        fail(*(f"line {line}: {why}" for line, why in error.problems))
    say(f"{new} new, {known} known")


def invite(code: str, email: str) -> None:
    with instance() as (work, policy):
        person = work.write_now(registers.invite, code, email, policy, now=clock())
    say(f"invitation for {person.email} waits in the outbox")
