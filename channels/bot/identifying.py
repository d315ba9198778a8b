"""Who is it? Nothing of any ticket is said before a code sent by e-mail came back."""

import re
from dataclasses import replace

from channels.bot import home
from channels.bot.events import (
    CheckCode,
    CodeRefused,
    FileRejected,
    FileSent,
    Say,
    SendCode,
    Text,
    Throttled,
)
from channels.bot.states import Form, Gathered, Person, Phase, State
from channels.bot.steps import WORTH_KEEPING, Step, add, ask, local, rejected, say, want

CODE_DIGITS = 8
#: loose on purpose: whether it is registered only the core knows, and it does not tell
_EMAIL = re.compile(r"[^\s@<>\"',;:()\[\]]+@[^\s@<>\"',;:()\[\]]+\.[^\s@<>\"',;:()\[\].]+")
#: RFC 5321 §4.5.3.1.3 less the angle brackets
LONGEST_EMAIL = 254
_CODE = (local("again", "again"), local("other", "other"))


def prompt(state: State) -> Step:
    """Ask again for what is missing."""
    if state.phase is Phase.CODE:
        return ask(state, "ask_code", *_CODE, email=state.email)
    return say(replace(state, phase=Phase.EMAIL), "ask_email")


def welcome(state: State) -> Step:
    return say(replace(state, phase=Phase.EMAIL, email=""), "welcome")


def other(state: State) -> Step:
    return say(replace(state, phase=Phase.EMAIL, email=""), "ask_email")


def again(state: State) -> Step:
    return want(state, SendCode(state.email))


def email_text(state: State, event: Text) -> Step:
    found = _EMAIL.search(event.text)
    if found is None:
        return _not_now(state, event, "need_email")
    email = found[0].lower()
    if len(email) > LONGEST_EMAIL:
        return say(state, "need_email", kept=False, text=email)
    return want(replace(state, email=email), SendCode(email))


def code_text(state: State, event: Text) -> Step:
    if _EMAIL.search(event.text):
        return email_text(state, event)
    digits = re.sub(r"[\s.-]", "", event.text)
    if digits.isdecimal() and digits.isascii() and len(digits) == CODE_DIGITS:
        return want(state, CheckCode(state.email, digits))
    return _not_now(state, event, "need_code")


def file(state: State, event: FileSent | FileRejected) -> Step:
    """A stranger's file is not taken: nobody would know whose it is."""
    name = event.filename if isinstance(event, FileRejected) else event.file.filename
    return prompt(state).after(rejected(FileRejected(name, "identify")))


def _not_now(state: State, event: Text, template: str) -> Step:
    """Keep what looks like a message for later, and say whether it was kept."""
    text = event.text.strip()
    grown, _ = add(state.stray, event)
    kept = len(text) >= WORTH_KEEPING and grown is not state.stray
    shown = text if len(text) < WORTH_KEEPING else ""
    return say(
        replace(state, stray=grown) if kept else state,
        template,
        kept=kept,
        text=shown,
        email=state.email,
    )


def code_sent(state: State) -> Step:
    return ask(replace(state, phase=Phase.CODE), "code_sent", *_CODE, email=state.email)


def code_refused(state: State, event: CodeRefused) -> Step:
    template = "code_wrong" if event.tries_left else "code_dead"
    return ask(state, template, *_CODE, left=event.tries_left)


def throttled(state: State, event: Throttled) -> Step:
    return say(state, "throttled", minutes=-(-event.seconds // 60))


def accepted(state: State, person: Person) -> Step:
    """Whoever comes back finds what they left; whoever comes instead does not see it."""
    if not person.providers:
        return say(replace(state, phase=Phase.EMAIL, email=""), "no_provider")
    said = [Say("identified", {"name": person.name})]
    if state.owner not in {None, person.id}:
        if state.form is not None or not state.stray.empty:
            said.append(Say("others_dropped"))
        state = replace(state, form=None, stray=Gathered())
    known = replace(state, person=person, phase=resumed(state), email="", owner=None, viewing=None)
    return home.home(known).after(*said)


def resumed(state: State) -> Phase:
    """Where somebody known again goes on: writing, when something was left half done."""
    if state.form is None:
        return Phase.MENU
    return Phase.COMPLEMENT if state.form.target else Phase.TEXT


def lost(state: State) -> Step:
    """The access ended; what was being written waits for the same person."""
    owner = state.person.id if state.person else state.owner
    waits = (state.form or Form()).typed or not state.stray.empty
    stranger = replace(
        state, phase=Phase.EMAIL, person=None, owner=owner, viewing=None, options=(), email=""
    )
    return say(stranger, "session_lost", waits=waits)


def unbound(state: State) -> Step:
    said = "left_dropping" if (state.form or Form()).typed or not state.stray.empty else "left"
    return say(State(turn=state.turn, at=state.at), said)
