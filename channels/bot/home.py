"""Between two tasks: the menu, what came unasked, what was left half done."""

from dataclasses import replace

from channels.bot.events import Button, FileRejected, FileSent, Say, Text
from channels.bot.states import MOST_FILES, MOST_TEXT, Form, Gathered, Phase, Ref, State
from channels.bot.steps import WORTH_KEEPING, Step, add, ask, counted, lasting, local

MENU = (lasting("new", "new"), lasting("list", "list"), lasting("help", "help"))


def home(state: State) -> Step:
    """Where a conversation goes when nothing else is to be asked."""
    if state.form is not None and state.form.typed:
        return unfinished(state, "menu")
    idle = rest(state)
    return menu(idle) if idle.stray.empty else offer(idle)


def rest(state: State) -> State:
    return replace(state, phase=Phase.MENU, form=None, options=(), page=0, email="", owner=None)


def menu(state: State) -> Step:
    name = state.person.name if state.person else ""
    return ask(rest(state), "menu", *MENU, name=name)


def unfinished(state: State, then: str) -> Step:
    """Nothing typed is left behind in silence: go on with it, or drop it and do `then`."""
    buttons = (local("keep", "keep"), local("drop", f"drop:{then}"))
    return ask(state, "unfinished", *buttons, **about(state.form or Form()))


def about(form: Form) -> dict[str, object]:
    """What a form is about, for the one who is filling it."""
    return {
        "complements": naming(form.target) if form.target else None,
        "title": form.title or first_line(form.gathered.text),
        **counted(form.gathered),
    }


def naming(ref: Ref) -> str:
    return ref.protocol or str(ref.number)


def first_line(text: str, limit: int = 60) -> str:
    """The beginning of a text, cut between words."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    if len(line) <= limit:
        return line
    cut = line[: limit - 1]
    return f"{cut.rpartition(' ')[0] or cut}…"


def stray(state: State, event: Text | FileSent | FileRejected) -> Step:
    """Something came while nothing was asked: keep it and offer what could be done with it."""
    if isinstance(event, Text) and not event.text.strip():
        return menu(state).after(Say("nothing_written"))
    if isinstance(event, Text) and len(event.text.strip()) < WORTH_KEEPING:
        return menu(state).after(Say("not_kept", {"text": event.text.strip()}))
    grown, said = add(state.stray, event)
    following = menu(state) if grown.empty else offer(replace(state, stray=grown))
    return following if said.template == "so_far" else following.after(said)


def offer(state: State) -> Step:
    buttons: list[Button] = [local("use", "use")]
    if state.viewing is not None:
        buttons.append(local("join_this", "this", protocol=naming(state.viewing)))
    buttons += [local("join", "join"), local("toss", "toss")]
    gathered = state.stray
    return ask(
        replace(state, phase=Phase.MENU),
        "stray",
        *buttons,
        beginning=first_line(gathered.text),
        **counted(gathered),
    )


def shelve(state: State) -> Step:
    """The form leads nowhere: put what was written beside what came unasked, if both fit."""
    form = (state.form or Form()).gathered
    both = Gathered((*state.stray.texts, *form.texts), (*state.stray.files, *form.files))
    if len(both.text) > MOST_TEXT or len(both.files) > MOST_FILES:
        return unfinished(state, "menu")
    return home(replace(rest(state), stray=both))


def toss(state: State) -> Step:
    return menu(replace(state, stray=Gathered())).after(Say("tossed", counted(state.stray)))


def drop(state: State) -> tuple[State, Say]:
    """Let go of the form, and say what went with it."""
    form = state.form or Form()
    return rest(state), Say("dropped", about(form))
