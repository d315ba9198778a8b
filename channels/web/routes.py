"""The site map of the portal."""

from typing import Any

from litestar import Request, Response, Router
from litestar.di import Provide

from channels import Kit
from channels.web import (
    confirming,
    contacts,
    drafting,
    entering,
    files,
    invitations,
    reading,
    writing,
)
from channels.web.visitors import NoProvider, NotEntered, to_door

HANDLERS = [
    # /
    entering.session_ask,
    entering.session_begin,
    # /sair /prestador
    entering.session_end,
    entering.provider_switch,
    # /convite/{token}
    invitations.invitation_show,
    invitations.invitation_accept,
    # /confirmar/{token}
    confirming.address_show,
    confirming.address_confirm,
    # /fale-conosco
    contacts.contact_list,
    # /fale-conosco/novo
    writing.contact_new,
    writing.contact_open,
    # /fale-conosco/rascunho
    drafting.draft_save,
    # /fale-conosco/anexos/{public_id}
    files.attachment_download,
    # /fale-conosco/{ref}
    reading.contact_show,
    # /fale-conosco/{ref}/retorno.ics
    reading.contact_calendar,
    # /fale-conosco/{ref}/lida
    reading.contact_mark_read,
    # /fale-conosco/{ref}/complementar
    reading.complement_ask,
    writing.contact_complement,
]


def router(kit: Kit) -> Router:
    def nowhere(request: Request[Any, Any, Any], _: NoProvider) -> Response[str]:
        return kit.page(request, "web/no_provider.html", {}, 403)

    handlers: dict[type[Exception], Any] = {NotEntered: to_door, NoProvider: nowhere}
    return Router(
        path="/",
        route_handlers=HANDLERS,
        dependencies={"kit": Provide(lambda: kit, sync_to_thread=False)},
        exception_handlers={**handlers},
        include_in_schema=False,
    )
