"""The open contacts: list them, look at one, complement it."""

import re
from dataclasses import replace

from channels.bot import home, opening
from channels.bot.events import (
    Complement,
    Complemented,
    ListOpen,
    LoadTicket,
    Say,
    Text,
    TicketLoaded,
    TicketsListed,
)
from channels.bot.home import first_line, naming
from channels.bot.states import Form, Gathered, Phase, Ref, State
from channels.bot.steps import Step, ask, counted, lasting, local, want

#: a number typed by hand that could be a protocol has at least as many digits
SHORTEST_PROTOCOL = 6
TITLE_ON_BUTTON = 40


def menu_text(state: State, event: Text) -> Step:
    """A number that could be a protocol is looked up; anything else came unasked."""
    digits = re.sub(r"[\s.-]", "", event.text)
    if digits.isascii() and digits.isdecimal() and len(digits) >= SHORTEST_PROTOCOL:
        return want(state, LoadTicket(digits))
    return home.stray(state, event)


def show_list(state: State, before: str) -> Step:
    older = int(before) if before.isdecimal() else None
    return want(home.rest(state), ListOpen("see", older))


def pick(state: State) -> Step:
    return want(state, ListOpen("complement"))


def pick_page(state: State, before: str) -> Step:
    return want(state, ListOpen("complement", int(before) if before.isdecimal() else None))


def listed(state: State, event: TicketsListed) -> Step:
    picking = event.purpose == "complement"
    if not event.tickets:
        nothing = Say("none_open")
        return (home.offer(state) if picking else home.menu(state)).after(nothing)
    button = local if picking else lasting
    verbs = ("k", "page") if picking else ("see", "list")
    buttons = [
        button(
            "ticket",
            f"{verbs[0]}:{ticket.number}",
            protocol=ticket.protocol or str(ticket.number),
            title=first_line(ticket.title, TITLE_ON_BUTTON),
            answered=ticket.answered,
        )
        for ticket in event.tickets
    ]
    if event.more:
        buttons.append(button("older", f"{verbs[1]}:{event.tickets[-1].number}"))
    buttons.append(local("cancel", "cancel") if picking else lasting("new", "new"))
    phase = Phase.PICK if picking else Phase.MENU
    return ask(
        replace(state, phase=phase),
        "pick" if picking else "list",
        *buttons,
        answered=sum(ticket.answered for ticket in event.tickets),
        shown=len(event.tickets),
        more=event.more,
    )


def see(state: State, number: str) -> Step:
    return want(home.rest(state), LoadTicket(number))


def reply(state: State, number: str) -> Step:
    return want(home.rest(state), LoadTicket(number, "complement"))


def picked(state: State, number: str) -> Step:
    return want(state, LoadTicket(number, "complement"))


def this(state: State) -> Step:
    """Complement the one looked at last with what came unasked."""
    if state.viewing is None:
        return pick(state)
    return want(state, LoadTicket(str(state.viewing.number), "complement"))


def loaded(state: State, event: TicketLoaded) -> Step:
    ticket = event.ticket
    ref = Ref(ticket.number, ticket.protocol)
    seen = replace(state, viewing=ref)
    if event.purpose == "complement":
        form = Form(target=ref, gathered=state.stray)
        following = opening.complementing(replace(seen, form=form, stray=Gathered()))
        closed = (Say("closed_already", {"protocol": naming(ref)}),) if ticket.closed else ()
        return following.after(*closed)
    return ask(
        replace(seen, phase=Phase.MENU),
        "ticket",
        lasting("reply", f"reply:{ticket.number}"),
        lasting("list", "list"),
        lasting("menu", "menu"),
        protocol=naming(ref),
        title=ticket.title,
        status=ticket.status,
        closed=ticket.closed,
        opened_at=ticket.opened_at.isoformat(),
        due_at=ticket.due_at.isoformat(),
        link=ticket.link,
        earlier=ticket.earlier,
        messages=[
            {
                "author": spoken.author,
                "mine": spoken.mine,
                "at": spoken.at.isoformat(),
                "text": spoken.text,
                "files": list(spoken.files),
            }
            for spoken in ticket.messages
        ],
    )


def send(state: State) -> Step:
    form = state.form or Form()
    if form.target is None:
        return opening.review(state)
    if not form.gathered.texts:
        return opening.complementing(state).after(Say("need_text", counted(form.gathered)))
    return want(state, Complement(form.target.number, form.gathered.text, form.gathered.files))


def complemented(state: State, event: Complemented) -> Step:
    ref = Ref(event.number, event.protocol)
    resting = replace(home.rest(state), viewing=ref)
    buttons = (
        lasting("see", f"see:{ref.number}"),
        lasting("list", "list"),
        lasting("menu", "menu"),
    )
    return ask(resting, "complemented", *buttons, protocol=naming(ref))
