"""What webhooks, their events and their deliveries are called; part of `gateway.labels`."""

WEBHOOK: dict[str, dict[str, str]] = {
    "done": {
        "webhook-off": "Webhook desativado: nada mais é enviado a ele",
        "webhook-again": "Na fila: é enviado de novo agora, com o mesmo número de entrega",
    },
    "webhook_event": {
        "opened": "Chamado aberto",
        "changed": "Chamado mudou",
        "message": "Mensagem no chamado",
        "claim": "Chamado assumido ou largado",
        "delivery": "Entrega ao prestador mudou",
    },
    #: why one is off
    "webhook_why": {
        "asked": "Desativado",
        "gone": "O outro sistema encerrou",
        "departed": "O agente saiu",
    },
    "webhook_state": {
        "waiting": "Na fila",
        "delivered": "Entregue",
        "failed": "Não entregue",
    },
    #: why a delivery did not arrive
    "webhook_detail": {
        "answer": "o outro sistema recusou",
        "timeout": "não respondeu em 10 segundos",
        "connection": "não há conexão, ou o certificado não vale",
        "address": "o endereço leva a um lugar que não é público",
        "name": "o servidor não foi encontrado",
        "secret": "a chave do segredo se perdeu: crie outro webhook",
        "hidden": "o agente não pode ver o chamado",
        "off": "o webhook foi desativado antes",
    },
    "webhook_conflict": {
        "off": "Este webhook está desativado: nada mais é enviado a ele.",
        "not_failed": "Esta entrega não está parada: já chegou, ou ainda vai ser tentada.",
    },
}
