"""The one label filter: what the codes of the contract are called in Portuguese."""

from enum import StrEnum

from gateway.admin.parameter_words import PARAMETER
from gateway.admin.privacy_words import PRIVACY
from gateway.admin.webhook_words import WEBHOOK
from gateway.admin.words import REGISTER
from gateway.console.list_words import LIST
from gateway.console.panel_words import PANEL
from gateway.console.survey_words import SURVEY
from gateway.console.words import WORDS
from gateway.log_labels import LOG
from gateway.mail_labels import MAIL
from helpdesk import undelivered
from helpdesk.privacy.places import Words

LABELS: dict[str, dict[str, str]] = {
    "channel": {
        "web": "Portal",
        "mail": "E-mail",
        "telegram": "Telegram",
        "chat": "Chat",
        "phone": "Telefone",
        "in_person": "Presencial",
        "api": "Sistema integrado",
    },
    "actor_kind": {
        "person": "Prestador",
        "agent": "Atendente",
        "system": "Ponte",
        "unknown": "Desconhecido",
    },
    "situation": {
        "open": "Em aberto",
        "pending": "Pendente",
        "closed": "Encerrado",
        "deleted": "Cancelado",
    },
    "band": {
        "within": "No prazo",
        "attention": "Atenção",
        "expired": "Expirado",
    },
    "deadline_filter": {
        "expired": "prazo já expirado",
        "attention": "atenção ao prazo",
        "within": "dentro do prazo",
    },
    "unit": {
        "business": "dias úteis",
        "calendar": "dias corridos",
    },
    "terms_source": {
        "contract": "Regra do contrato",
        "subclassification": "Regra da subclassificação",
        "classification": "Regra da classificação",
        "triage": "Regra de quem ainda não foi classificado",
    },
    "counted_day": {
        "opening": "abertura, não conta",
        "weekend": "fim de semana",
        "holiday": "feriado",
        "counted": "conta",
        "due": "vence neste dia",
        "rolled": "não é dia útil, passa ao seguinte",
    },
    "waiting_on": {
        "provider": "Esperando o prestador",
        "agent": "Esperando a operadora",
        "internal": "Com a equipe interna",
    },
    "audience": {
        "public": "O prestador vê",
        "internal": "Só a equipe vê",
    },
    "direction": {
        "inbound": "Recebida",
        "outbound": "Enviada",
        "internal": "Nota interna",
    },
    "message_kind": {
        "opening": "Abertura",
        "complement": "Complemento",
        "reply": "Resposta",
        "note": "Nota interna",
        "closing": "Encerramento",
        "reopening": "Reabertura",
        "pending": "Pendência",
        "receipt": "Mensagem automática",
    },
    "role": {
        "manager": "gestor",
        "member": "membro",
    },
    "scope": {
        "all": "vê todos os contatos do prestador",
        "own": "vê só os que abriu",
    },
    #: how somebody proved who they are
    "method": {
        "password": "senha",
        "code": "código por e-mail",
        "link": "link por e-mail",
        "passkey": "chave de acesso",
        "directory": "conta da empresa",
        "invitation": "convite",
        "reset": "nova senha",
    },
    #: what may be done to a ticket
    "step": {
        "reply": "Responder",
        "note": "Nota interna",
        "complement": "Complementar",
        "claim": "Assumir",
        "give_up": "Desistir",
        "pending": "Deixar pendente",
        "close": "Encerrar",
        "reopen": "Reabrir",
        "forward": "Encaminhar",
        "classify": "Classificar",
        "delete": "Excluir",
        "merge": "Juntar",
        "survey": "Preencher pesquisa",
    },
    "order": {
        "provider": "nome do cliente",
        "agent": "operador",
        "opened": "data de abertura",
        "number": "chamado",
        "protocol": "número de protocolo",
        "title": "título",
        "due": "prazo de retorno",
    },
}

LABELS.update(WORDS | LIST | PANEL | MAIL | LOG | REGISTER | PARAMETER | PRIVACY)
for _kind, _words in (*SURVEY.items(), *WEBHOOK.items()):
    LABELS[_kind] = LABELS.get(_kind, {}) | _words
#: the log names a register's field as `sector.name`
LABELS["field"] = LABELS["field"] | REGISTER["register_field"] | PARAMETER["parameter"]

#: the grid's "Aberto por" when a provider opened it
LABELS["origin"] = LABELS["channel"] | {"web": "Web prestador"}

#: enums of the core, by the name of their class
#: what stands where a name or a title was erased
ERASED = Words(name="Pessoa apagada", title="Conteúdo apagado")

KINDS = {
    "Channel": "channel",
    "ActorKind": "actor_kind",
    "Verdict": "verdict",
    "HoldReason": "hold_reason",
    "Outcome": "outcome",
    "Situation": "situation",
    "Action": "step",
    "Band": "band",
    "Unit": "unit",
    "Layer": "layer",
    "Standing": "standing",
}


def label(value: StrEnum | str | None, kind: str = "") -> str:
    """What people call `value`; a plain string needs its `kind`, a key of `LABELS`.

    A value nobody named (a log row written by a later version) is shown as it is: a page with one
    foreign word is better than no page. None is a dash.
    """
    if value is None:
        return "—"
    table = LABELS[kind or KINDS[type(value).__name__]]
    return table.get(str(value), str(value))


def why_undelivered(status: str) -> str:
    """What an RFC 3463 status says of a mail that did not arrive: `caixa inexistente`."""
    return label(undelivered.reason(status), "undelivered")
