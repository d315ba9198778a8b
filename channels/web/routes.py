"""The site map of the portal."""

from typing import Any

from litestar import Request, Response, Router
from litestar.di import Provide

from channels.kit import Kit
from channels.web import (
    account,
    again,
    confirming,
    contacts,
    drafting,
    entering,
    files,
    invitations,
    notifying,
    passkeys,
    people,
    printing,
    rating,
    reading,
    securing,
    sending,
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
    # /acesso/{token} /esqueci /nova-senha/{token}
    invitations.link_show,
    invitations.link_enter,
    invitations.reset_form,
    invitations.reset_ask,
    invitations.password_form,
    invitations.password_renew,
    # /conta
    account.account_show,
    account.password_change,
    account.session_end,
    account.sessions_end,
    # /conta/aplicativo /conta/codigos
    securing.app_form,
    securing.app_enrol,
    securing.app_remove,
    securing.codes_renew,
    # /chave /conta/chaves
    passkeys.passkey_ask,
    passkeys.passkey_enter,
    passkeys.passkey_offer,
    passkeys.passkey_add,
    passkeys.passkey_remove,
    # /conta/pessoas
    people.people_list,
    people.person_invite,
    people.person_change,
    people.person_take_out,
    people.person_invite_again,
    # /confirmar/{token}
    confirming.address_show,
    confirming.address_confirm,
    # /avaliar/{token}
    rating.rating_show,
    rating.rating_give,
    # /conta/avisos
    notifying.notices_show,
    notifying.notices_change,
    # /acessibilidade
    printing.accessibility_show,
    # /fale-conosco
    contacts.contact_list,
    # /fale-conosco/novo
    writing.contact_new,
    writing.contact_open,
    # /fale-conosco/rascunho
    drafting.draft_save,
    # /fale-conosco/sessao /fale-conosco/entrar
    again.session_look,
    again.session_again,
    # /fale-conosco/envios/{upload}
    sending.upload_begin,
    sending.upload_look,
    sending.upload_add,
    sending.upload_drop,
    # /fale-conosco/anexos/{public_id}
    files.attachment_download,
    # /fale-conosco/{ref}
    reading.contact_show,
    # /fale-conosco/{ref}/retorno.ics
    reading.contact_calendar,
    # /fale-conosco/{ref}/conversa.pdf
    printing.contact_pdf,
    # /fale-conosco/{ref}/avaliar
    rating.contact_rate,
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
