"""The site map of console and registers: every address, and the one function that answers it."""

from litestar import Router
from litestar.di import Provide

from gateway.admin import calendar, classifications
from gateway.console import (
    actions,
    answering,
    exporting,
    grid,
    login,
    opening,
    outgoing,
    quarantine,
    stream,
    ticket,
)
from gateway.console.keeping import guard
from gateway.console.presence import Presence
from gateway.console.shell import Console
from gateway.runtime import Runtime


def router(runtime: Runtime) -> list[Router]:
    console = Console(runtime.kit, runtime.work.pulse, Presence())
    dependencies = {"console": Provide(lambda: console, sync_to_thread=False)}
    return [
        Router(
            "/",
            dependencies=dependencies,
            include_in_schema=False,
            route_handlers=[login.login_form, login.login_enter, login.login_leave],
        ),
        Router(
            "/central",
            dependencies=dependencies,
            guards=[guard(console)],
            include_in_schema=False,
            route_handlers=[
                grid.grid_show,
                grid.grid_row,
                grid.grid_find,
                exporting.list_export,
                stream.stream_open,
                opening.opening_form,
                opening.ticket_open,
                quarantine.held_list,
                quarantine.held_show,
                quarantine.held_html,
                quarantine.held_raw,
                quarantine.held_attach,
                quarantine.held_open,
                quarantine.held_retry,
                quarantine.held_spam,
                outgoing.outgoing_list,
                outgoing.outgoing_retry,
                ticket.ticket_show,
                ticket.ticket_talk,
                ticket.ticket_head,
                ticket.message_html,
                ticket.message_raw,
                ticket.attachment_show,
                actions.ticket_claim,
                actions.ticket_give_up,
                actions.ticket_renew,
                answering.draft_save,
                answering.ticket_reply,
                answering.reply_undo,
                answering.reply_resend,
                actions.note_form,
                answering.ticket_note,
                actions.pending_form,
                actions.ticket_pending,
                actions.forward_form,
                actions.ticket_forward,
                actions.classify_form,
                actions.ticket_classify,
                actions.close_form,
                actions.ticket_close,
                actions.reopen_form,
                actions.ticket_reopen,
                actions.delete_form,
                actions.ticket_delete,
            ],
        ),
        Router(
            "/cadastros",
            dependencies=dependencies,
            guards=[guard(console)],
            include_in_schema=False,
            route_handlers=[
                classifications.registers_show,
                classifications.classification_list,
                calendar.calendar_show,
                calendar.day_decide,
                calendar.day_forget,
            ],
        ),
    ]
