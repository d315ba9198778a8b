"""What mail, its judging and its delivery are called in Portuguese; part of `gateway.labels`."""

MAIL: dict[str, dict[str, str]] = {
    "verdict": {
        "verified": "Remetente verificado",
        "failed": "Remetente não confere",
        "unknown": "Remetente não verificado",
    },
    "hold_reason": {
        "unknown-sender": "Remetente desconhecido",
        "not-a-participant": "Não participa do chamado",
        "ambiguous-provider": "Atende mais de um prestador",
        "unverified": "Remetente não verificado",
        "authentication-failed": "Não veio de quem diz",
        "forged-token": "Código de resposta inválido",
        "unreadable": "Não foi possível ler",
        "limit": "Acima do limite",
        "internal-error": "Falha ao processar",
    },
    "held_state": {
        "held": "Retida",
        "attached": "Anexada",
        "opened": "Virou chamado",
        "spam": "Spam",
    },
    "outcome": {
        "opened": "Chamado aberto",
        "complemented": "Chamado complementado",
        "duplicate": "Repetida",
        "noted": "Anotada",
        "ignored": "Ignorada",
    },
    "delivery_state": {
        "queued": "Na fila",
        "sent": "Enviado",
        "delivered": "Entregue",
        "deferred": "Nova tentativa em breve",
        "failed": "Não entregue",
        "held": "Retido",
        "cancelled": "Cancelado",
    },
    "endpoint_state": {
        "active": "Confirmado",
        "unconfirmed": "Aguarda confirmação",
        "reading": "Só leitura",
        "failing": "Com falha de entrega",
        "removed": "Removido",
    },
    #: by what a mail found its ticket
    "layer": {
        "reply-token": "Código de resposta no endereço",
        "issued-id": "Message-ID nosso, assinado",
        "subject-protocol": "Protocolo no assunto",
        "foreign-id": "Message-ID da conversa",
        "agent": "Colocada por um atendente",
    },
    "standing": {
        "issued-to-sender": "Respondeu de onde recebeu",
        "participant": "Participa do chamado",
        "registered": "Cadastrado no prestador",
    },
}
