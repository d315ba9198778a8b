"""A new contact: provider, classification, title, message, and once more before it goes."""

import unicodedata
from dataclasses import replace

from channels.bot import home
from channels.bot.events import (
    Button,
    FileRejected,
    FileSent,
    LoadClassifications,
    Open,
    Opened,
    Say,
    Text,
)
from channels.bot.home import first_line, naming
from channels.bot.states import MOST_TITLE, Form, Gathered, Option, Phase, Provider, Ref, State
from channels.bot.steps import PAGE, Step, add, ask, counted, lasting, local, say, want

_CANCEL = local("cancel", "cancel")
#: what a choice offers depends on the phase that asks for it
_ASKING = {Phase.PROVIDER: "p", Phase.CLASSIFICATION: "c", Phase.SUBCLASSIFICATION: "s"}


def start(state: State) -> Step:
    """Begin with what came unasked, if anything did."""
    return advance(replace(home.rest(state), form=Form(gathered=state.stray), stray=Gathered()))


def advance(state: State) -> Step:
    """Ask for the first thing that is missing."""
    form = state.form or Form()
    providers = state.person.providers if state.person else ()
    if form.provider is None and len(providers) == 1:
        form = replace(form, provider=providers[0])
        state = replace(state, form=form)
    if form.provider is None:
        return _choose(state, Phase.PROVIDER)
    if form.classification is None:
        known = bool(state.options)
        return _choose(state, Phase.CLASSIFICATION) if known else want(state, LoadClassifications())
    if form.subclassification is None and form.classification.children:
        return _choose(state, Phase.SUBCLASSIFICATION)
    return _write(replace(state, options=()), form)


def _write(state: State, form: Form) -> Step:
    gathered = form.gathered
    if form.title is None:
        buttons = (local("derive", "derive"), _CANCEL)
        asking = replace(state, phase=Phase.TITLE)
        return ask(asking, "ask_title", *buttons, max=MOST_TITLE, **counted(gathered))
    asking = replace(state, phase=Phase.TEXT)
    if gathered.empty:
        return ask(asking, "ask_text", _CANCEL, **counted(gathered))
    return ask(asking, "so_far", *_sending(gathered), **counted(gathered))


def loaded(state: State, options: tuple[Option, ...]) -> Step:
    """Nothing published means nothing can be opened; what was typed stays at hand."""
    if state.form is None:
        return home.home(state)
    if not options:
        return home.shelve(state).after(Say("no_options"))
    return advance(replace(state, options=options))


def _choices(state: State, phase: Phase) -> tuple[Option, ...]:
    """What the keyboard of this phase offers; a provider's code is its id."""
    form = state.form or Form()
    if phase is Phase.PROVIDER:
        providers = state.person.providers if state.person else ()
        return tuple(Option(str(p.id), p.name) for p in providers)
    if phase is Phase.CLASSIFICATION:
        return state.options
    return form.classification.children if form.classification else ()


def _choose(state: State, phase: Phase) -> Step:
    choices = _choices(state, phase)
    pages = max(1, -(-len(choices) // PAGE))
    page = min(state.page, pages - 1) if state.phase is phase else 0
    shown = choices[page * PAGE : (page + 1) * PAGE]
    buttons = [local("choice", f"{_ASKING[phase]}:{c.code}", name=c.name) for c in shown]
    if page > 0:
        buttons.append(local("previous", f"page:{page - 1}"))
    if page < pages - 1:
        buttons.append(local("next", f"page:{page + 1}"))
    form = state.form or Form()
    return ask(
        replace(state, phase=phase, page=page),
        f"ask_{phase}",
        *buttons,
        _CANCEL,
        page=page + 1,
        pages=pages,
        kept=not form.gathered.empty,
        classification=form.classification.name if form.classification else "",
    )


def turn_page(state: State, page: str) -> Step:
    number = int(page) if page.isdecimal() else 0
    return _choose(replace(state, page=number), state.phase)


def choose(state: State, code: str) -> Step | None:
    """Take one of the offered; None when it is not among them (any more)."""
    form = state.form or Form()
    chosen = next((c for c in _choices(state, state.phase) if c.code == code), None)
    if chosen is None:
        return None
    if state.phase is Phase.PROVIDER:
        form = replace(form, provider=Provider(int(chosen.code), chosen.name))
    elif state.phase is Phase.CLASSIFICATION:
        form = replace(form, classification=chosen)
    else:
        form = replace(form, subclassification=chosen)
    return advance(replace(state, form=form, page=0))


def choice_text(state: State, event: Text) -> Step:
    """Typed instead of pressed: the name of a choice counts, anything else is the message."""
    wanted = _plain(event.text)
    matches = [c for c in _choices(state, state.phase) if _plain(c.name) == wanted]
    step = choose(state, matches[0].code) if matches else None
    return step or content(state, event)


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.strip().casefold())
    return "".join(c for c in letters if not unicodedata.combining(c))


def title_text(state: State, event: Text) -> Step:
    """One short line is a title; whoever just writes the message gets one made of it."""
    form = state.form or Form()
    words = event.text.strip()
    if words and len(words) <= MOST_TITLE and "\n" not in words:
        return advance(replace(state, form=replace(form, title=words)))
    return content(replace(state, form=replace(form, title="")), event)


def derive(state: State) -> Step:
    return advance(replace(state, form=replace(state.form or Form(), title="")))


def content(state: State, event: Text | FileSent | FileRejected) -> Step:
    """Add to the message, then ask for what is missing; what did not fit is said first."""
    form = state.form or Form()
    grown, said = add(form.gathered, event)
    following = _asking(replace(state, form=replace(form, gathered=grown)))
    return following if said.template == "so_far" else following.after(said)


def _asking(state: State) -> Step:
    form = state.form or Form()
    return complementing(state) if form.target else advance(state)


def complementing(state: State) -> Step:
    form = state.form or Form()
    asking = replace(state, phase=Phase.COMPLEMENT)
    if form.gathered.empty:
        protocol = naming(form.target) if form.target else ""
        return ask(asking, "ask_complement", _CANCEL, protocol=protocol, **counted(form.gathered))
    return ask(asking, "so_far", *_sending(form.gathered), **counted(form.gathered))


def _sending(gathered: Gathered) -> tuple[Button, ...]:
    return (local("send", "send"), _CANCEL) if gathered.texts else (_CANCEL,)


def review(state: State) -> Step:
    form = state.form or Form()
    if not form.gathered.texts:
        return advance(state).after(Say("need_text", counted(form.gathered)))
    buttons = (local("confirm", "confirm"), local("more", "more"), _CANCEL)
    several = state.person is not None and len(state.person.providers) > 1
    return ask(
        replace(state, phase=Phase.CONFIRM),
        "ask_confirm",
        *buttons,
        provider=form.provider.name if form.provider and several else "",
        classification=form.classification.name if form.classification else "",
        subclassification=form.subclassification.name if form.subclassification else "",
        title=_title(form),
        beginning=first_line(form.gathered.text, 200),
        **counted(form.gathered),
    )


def _title(form: Form) -> str:
    return form.title or first_line(form.gathered.text, MOST_TITLE)


def confirm(state: State) -> Step:
    form = state.form or Form()
    if form.provider is None or not form.gathered.texts:
        return advance(state)
    return want(
        state,
        Open(
            provider_id=form.provider.id,
            classification=(form.classification and form.classification.code) or None,
            subclassification=form.subclassification.code if form.subclassification else None,
            title=_title(form),
            text=form.gathered.text,
            files=form.gathered.files,
        ),
    )


def opened(state: State, event: Opened) -> Step:
    ref = Ref(event.number, event.protocol)
    resting = replace(home.rest(state), viewing=ref)
    due = event.due_at.isoformat() if event.due_at else None
    buttons = (
        lasting("see", f"see:{ref.number}"),
        lasting("new", "new"),
        lasting("list", "list"),
    )
    return ask(resting, "opened", *buttons, protocol=naming(ref), due_at=due)


def cancel(state: State) -> Step:
    """Give up what is being done. Only pressing or typing it drops anything."""
    if state.form is not None:
        resting, said = home.drop(state)
        return home.home(resting).after(said)
    if not state.stray.empty:
        return home.toss(state)
    return home.menu(state).after(*say(state, "nothing_to_cancel").says)
