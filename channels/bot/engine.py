"""The conversation: one pure function from a state and an event to the next state.

Telegram and the portal's chat are transports of it; neither is known here, nor is the database.
What should be done outside is a want; its answer comes back as an event.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from channels.bot import events, following, home, identifying, opening
from channels.bot.events import Event, FileRejected, FileSent, Say, Text
from channels.bot.states import Person, Phase, State
from channels.bot.steps import Step, say, want

#: a form left longer than this is named again before it goes on
FORGOTTEN = timedelta(hours=24)

_BUTTON = re.compile(r"(?:(?P<turn>[0-9]{1,18})\.)?(?P<verb>[a-z_]+)(?::(?P<arg>.*))?", re.DOTALL)


def step(state: State, event: Event, now: datetime) -> Step:
    """Never raises: whatever comes gets a say or a want."""
    late = state.at is not None and now - state.at > FORGOTTEN
    typed = state.form is not None and state.form.typed
    taken = _react(replace(state, at=now), event)
    if late and typed and state.person is not None and state.form is not None:
        return taken.after(Say("resumed", home.about(state.form)))
    return taken


def identify(state: State, person: Person, *, portal: bool) -> State:
    """Take over what the database says today of who speaks: names and providers may have changed.

    With `portal` the person logged in there and needs no code.
    """
    phase = identifying.resumed(state) if state.person is None else state.phase
    return replace(state, person=person, portal=portal, phase=phase)


def reprompt(state: State) -> Step:
    """Ask again for what the conversation is waiting for."""
    if state.person is None:
        return identifying.prompt(state)
    if state.form is None:
        return home.home(state)
    if state.phase is Phase.CONFIRM:
        return opening.review(state)
    return opening.complementing(state) if state.form.target else opening.advance(state)


def _react(state: State, event: Event) -> Step:  # noqa: C901, PLR0911, PLR0912 - one table by type
    if type(event) in (STRANGERS if state.person else OWNERS):
        return reprompt(state)
    if state.form is not None and type(event) in UNASKED:
        return reprompt(state)
    match event:
        case Text():
            return TEXTS[state.phase](state, event)
        case FileSent() | FileRejected():
            return FILES[state.phase](state, event)
        case events.Pressed(data):
            return _pressed(state, data)
        case events.Command(name):
            return _command(state, name)
        case events.Edited():
            return reprompt(state).after(Say("edited"))
        case events.Unsupported(kind):
            return reprompt(state).after(Say("unsupported", {"kind": kind}))
        case events.CodeSent():
            return identifying.code_sent(state)
        case events.CodeAccepted(person):
            return identifying.accepted(state, person)
        case events.CodeRefused():
            return identifying.code_refused(state, event)
        case events.Throttled():
            return identifying.throttled(state, event)
        case events.ClassificationsLoaded(options):
            return opening.loaded(state, options)
        case events.TicketsListed():
            return following.listed(state, event)
        case events.TicketLoaded():
            return following.loaded(state, event)
        case events.Opened():
            return opening.opened(state, event)
        case events.Complemented():
            return following.complemented(state, event)
        case events.Refused():
            return _refused(state, event)
        case events.Unbound():
            return identifying.unbound(state)
        case events.SessionLost():
            return identifying.lost(state)
        case events.Restarted():
            return say(state, "restarted")


def _pressed(state: State, data: str) -> Step:
    parsed = _BUTTON.fullmatch(data)
    if parsed is None:
        return _stale(state)
    turn, verb, arg = parsed["turn"], parsed["verb"], parsed["arg"] or ""
    if turn is None and verb == "help":
        return _help(state)
    if turn is None:
        return _leave_for(state, verb, arg) if verb in LASTING else _stale(state)
    handler = LOCAL.get((state.phase, verb))
    if handler is None and state.person is not None:
        handler = ANYWHERE.get(verb)
    if handler is None or int(turn) != state.turn:
        return _stale(state)
    return handler(state, arg) or _stale(state)


def _stale(state: State) -> Step:
    return reprompt(state).after(Say("old_button"))


def _leave_for(state: State, verb: str, arg: str) -> Step:
    """Go and do something else, unless it would lose what was typed: then ask first."""
    if state.person is None:
        return identifying.prompt(state).after(Say("identify_first"))
    if state.form is not None and state.form.typed:
        return home.unfinished(state, f"{verb}:{arg}" if arg else verb)
    return LASTING[verb](state, arg)


def _drop_and(state: State, then: str) -> Step | None:
    verb, _, arg = then.partition(":")
    if verb not in LASTING:
        return None
    resting, said = home.drop(state)
    return LASTING[verb](resting, arg).after(said)


def _command(state: State, name: str) -> Step:
    if name in {"ajuda", "help"}:
        return _help(state)
    if state.person is None:
        return _stranger_command(state, name)
    if name in COMMANDS:
        return _leave_for(state, COMMANDS[name], "")
    if name == "cancelar":
        return opening.cancel(state)
    if name == "sair":
        return say(state, "leave_portal") if state.portal else want(state, events.Unbind())
    return reprompt(state).after(Say("unknown_command", {"name": name[:40]}))


def _stranger_command(state: State, name: str) -> Step:
    if name == "start" or (name in {"cancelar", "sair"} and state.phase is Phase.EMAIL):
        return identifying.welcome(state)
    if name in {"cancelar", "sair"}:
        return identifying.other(state)
    if name in COMMANDS:
        return identifying.prompt(state).after(Say("identify_first"))
    return identifying.prompt(state).after(Say("unknown_command", {"name": name[:40]}))


def _help(state: State) -> Step:
    if state.person is None:
        return identifying.prompt(state).after(Say("help_stranger"))
    said = Say("help", {"portal": state.portal})
    return reprompt(state).after(said)


def _refused(state: State, event: events.Refused) -> Step:
    """Nothing is lost: what was typed stays, and what is wrong is said."""
    said = Say("refused", {"code": event.code, "field": event.field, "limit": event.limit})
    form = state.form
    if form is None:
        return reprompt(state).after(said)
    if event.code == "held":
        return home.home(home.rest(state)).after(said)
    if form.target is not None and event.code in UNREACHABLE:
        return home.shelve(state).after(said)
    reset = replace(state, form=replace(form, **RESET.get(event.field, {})))
    return reprompt(reset if event.field not in RESET else _writing(reset)).after(said)


def _writing(state: State) -> State:
    return replace(state, phase=Phase.TEXT)


CHOOSING = (Phase.PROVIDER, Phase.CLASSIFICATION, Phase.SUBCLASSIFICATION)
WRITING = (Phase.TEXT, Phase.CONFIRM, Phase.COMPLEMENT)

#: answers that mean nothing to somebody known already, and those a stranger must never hear
STRANGERS: frozenset[type] = frozenset({events.CodeSent, events.CodeRefused})
OWNERS: frozenset[type] = frozenset(
    {
        events.ClassificationsLoaded,
        events.TicketsListed,
        events.TicketLoaded,
        events.Opened,
        events.Complemented,
        events.Refused,
    }
)

#: looking at tickets begins without a form, so with one these answer nothing that was asked
UNASKED: frozenset[type] = frozenset({events.TicketsListed, events.TicketLoaded})

#: refusals after which a complement can go nowhere
UNREACHABLE = frozenset({"not_visible", "deleted", "merged", "not_allowed"})
#: what to ask again when the core refuses a field of a new contact
RESET: dict[str, dict[str, None]] = {
    "provider": {"provider": None},
    "classification": {"classification": None, "subclassification": None},
    "subclassification": {"classification": None, "subclassification": None},
    "title": {"title": None},
}

#: what a text is taken for
TEXTS: dict[Phase, Callable[[State, Text], Step]] = {
    Phase.EMAIL: identifying.email_text,
    Phase.CODE: identifying.code_text,
    Phase.MENU: following.menu_text,
    Phase.PICK: home.stray,
    Phase.TITLE: opening.title_text,
    **dict.fromkeys(CHOOSING, opening.choice_text),
    **dict.fromkeys(WRITING, opening.content),
}

#: what a file is taken for
FILES: dict[Phase, Callable[[State, FileSent | FileRejected], Step]] = {
    Phase.EMAIL: identifying.file,
    Phase.CODE: identifying.file,
    Phase.MENU: home.stray,
    Phase.PICK: home.stray,
    Phase.TITLE: opening.content,
    **dict.fromkeys(CHOOSING, opening.content),
    **dict.fromkeys(WRITING, opening.content),
}

#: buttons worth something until the next keyboard, by the phase that shows them
LOCAL: dict[tuple[Phase, str], Callable[[State, str], Step | None]] = {
    (Phase.CODE, "again"): lambda state, _: identifying.again(state),
    (Phase.CODE, "other"): lambda state, _: identifying.other(state),
    (Phase.MENU, "use"): lambda state, _: opening.start(state),
    (Phase.MENU, "this"): lambda state, _: following.this(state),
    (Phase.MENU, "join"): lambda state, _: following.pick(state),
    (Phase.MENU, "toss"): lambda state, _: home.toss(state),
    (Phase.PROVIDER, "p"): opening.choose,
    (Phase.CLASSIFICATION, "c"): opening.choose,
    (Phase.SUBCLASSIFICATION, "s"): opening.choose,
    **{(phase, "page"): opening.turn_page for phase in CHOOSING},
    (Phase.TITLE, "derive"): lambda state, _: opening.derive(state),
    (Phase.TEXT, "send"): lambda state, _: following.send(state),
    (Phase.COMPLEMENT, "send"): lambda state, _: following.send(state),
    (Phase.CONFIRM, "confirm"): lambda state, _: opening.confirm(state),
    (Phase.CONFIRM, "more"): lambda state, _: opening.advance(state),
    (Phase.PICK, "k"): following.picked,
    (Phase.PICK, "page"): following.pick_page,
}

#: the same in every phase of somebody identified
ANYWHERE: dict[str, Callable[[State, str], Step | None]] = {
    "cancel": lambda state, _: opening.cancel(state),
    "keep": lambda state, _: reprompt(state),
    "drop": _drop_and,
}

#: buttons that may be pressed any time: they leave whatever is being done
LASTING: dict[str, Callable[[State, str], Step]] = {
    "new": lambda state, _: opening.start(state),
    "list": following.show_list,
    "menu": lambda state, _: home.home(state),
    "see": following.see,
    "reply": following.reply,
}

#: typed after a slash
COMMANDS = {"start": "menu", "menu": "menu", "novo": "new", "abertos": "list"}
