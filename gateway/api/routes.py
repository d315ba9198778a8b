"""The site map of the API: every call of the contract, in its groups."""

from litestar import Router
from litestar.di import Provide

from gateway.api import (
    actions,
    docs,
    exports,
    happenings,
    held,
    messages,
    registers,
    tickets,
    webhooks,
)
from gateway.api.call import given, plain
from gateway.api.docs import openapi
from gateway.api.filters import listing
from gateway.api.rates import Rates
from gateway.api.reading import check_body
from gateway.runtime import Runtime

__all__ = ["openapi", "router"]

#: attachments travel in base64, four characters for three octets
BASE64 = 4 / 3
#: room for the fields beside them
SLACK = 1024 * 1024

TICKETS = (
    tickets.ticket_list,
    exports.ticket_export,
    exports.ticket_workbook,
    tickets.ticket_open,
    tickets.ticket_show,
    tickets.ticket_delete,
    tickets.ticket_log,
)
MESSAGES = (messages.message_add, messages.attachment_download, messages.message_raw)
ACTIONS = (
    actions.ticket_claim,
    actions.ticket_give_up,
    actions.ticket_leave_pending,
    actions.ticket_close,
    actions.ticket_reopen,
    actions.ticket_forward,
    actions.ticket_classify,
)
REGISTERS = (
    registers.classification_list,
    registers.status_list,
    registers.sector_list,
    registers.agent_list,
    registers.provider_list,
    registers.provider_put,
    registers.domain_ask,
)
EVENTS = (happenings.guide_issued,)
QUARANTINE = (held.held_list, held.held_retry, held.held_attach)
WEBHOOKS = (
    webhooks.webhook_add,
    webhooks.webhook_list,
    webhooks.webhook_remove,
    webhooks.delivery_list,
    webhooks.delivery_retry,
)


def router(runtime: Runtime) -> Router:
    """Everything under `/api`; each call of `/api/v1` needs a token."""
    kit = runtime.kit
    limits = kit.limits
    v1 = Router(
        path="/v1",
        route_handlers=[
            *TICKETS,
            *MESSAGES,
            *ACTIONS,
            *REGISTERS,
            *EVENTS,
            *QUARANTINE,
            *WEBHOOKS,
        ],
        dependencies={
            "call": Provide(plain, sync_to_thread=False),
            "once": Provide(given),
            "listing": Provide(listing, sync_to_thread=False),
            "egress": Provide(lambda: runtime.egress, sync_to_thread=False),
        },
        guards=[Rates(runtime.settings.limits.requests_per_minute, kit.clock)],
        before_request=check_body,
        request_max_body_size=int(limits.total * BASE64) + SLACK,
        include_in_schema=True,
    )
    return Router(
        path="/api",
        route_handlers=[docs.docs_show, v1],
        dependencies={"kit": Provide(lambda: kit, sync_to_thread=False)},
    )
