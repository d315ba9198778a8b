"""What the list of tickets calls its columns, filters and actions on many, in Portuguese."""

LIST: dict[str, dict[str, str]] = {
    #: the grid's columns under the seed's names
    "column": {
        "number": "N.º Chamado",
        "opened": "Abertura",
        "days": "Prazo de retorno",
        "provider": "Cliente",
        "opened_by": "Aberto por",
        "title": "Título",
        "classification": "Classificação",
        "subclassification": "Subclassificação",
        "reason": "Motivo",
        "closed": "Data do fechamento",
        "in_progress_with": "Em andamento com",
        "sector": "Setor",
        "days_open": "Dias em aberto",
        "protocol": "Protocolo",
        "status": "Status",
        "assignee": "Responsável",
        "last_message": "Última mensagem",
    },
    #: where the head of a narrow column says less
    "column_head": {
        "number": "N.º",
        "closed": "Fecham.",
        "days_open": "Dias",
        "last_message": "Últ. mensagem",
    },
    "queue_situation": {
        "all": "todos",
        "open": "em aberto",
        "closed": "encerrados",
        "pending_profile": "pendentes do perfil",
        "pending_agent": "pendentes do operador",
    },
    "chip": {
        "or": "ou",
        "me": "eu",
        "registered": "Registrados",
        "computed": "Pelo prazo",
        "send-by": "Reenviar por",
    },
    #: the last row of a file that was cancelled: nobody takes the half for the whole
    "export": {"cut": "Arquivo incompleto: a geração foi cancelada"},
    "week_day": {
        "seg": "segunda",
        "ter": "terça",
        "qua": "quarta",
        "qui": "quinta",
        "sex": "sexta",
        "sab": "sábado",
        "dom": "domingo",
    },
    "bulk_title": {
        "forward": "Encaminhar",
        "close": "Encerrar",
        "classify": "Classificar",
        "pending": "Deixar pendentes",
    },
    #: what an action on many tickets is doing, or did
    "bulk_state": {
        "running": "Em andamento",
        "stopped": "Parado",
        "done": "Terminado",
        "undoing": "Desfazendo",
        "undone": "Desfeito",
    },
    #: why a ticket of many was left as it was
    "bulk_left": {
        "stale": "Mudou depois que você viu a lista",
        "claimed": "Está com",
        "gone": "Não está mais disponível para você",
        "invalid": "O que foi preenchido não serve para este chamado",
        "no_reason": "Falta o motivo: encerre este chamado sozinho",
        "told": "O aviso já saiu, ou o prestador já leu no portal",
        "forbidden": "Seu perfil não permite",
        "not_allowed": "A situação do chamado não permite",
        "deleted": "Foi excluído",
        "merged": "Foi juntado a outro",
    },
}
