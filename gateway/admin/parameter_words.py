"""What parameters are called and what each does; part of `gateway.labels`."""

#: name, what it does
PARAMETERS: dict[str, tuple[str, str]] = {
    "contact_enabled": (
        "Fale conosco ligado na web (ADM)",
        (
            "Desligado, o prestador vê os contatos que já tem e não abre novos pelo portal "
            "nem pelo chat. O e-mail continua sendo recebido."
        ),
    ),
    "contact_label": ("Nome do menu", "Como o menu aparece no portal do prestador."),
    "contact_audience": (
        "Para quem",
        "Quem não está incluído vê os contatos que já tem e não abre novos.",
    ),
    "contact_types": ("Tipos de prestador", "Só conta em “Alguns tipos”."),
    "contact_providers": (
        "Prestadores",
        "Só conta em “Prestadores da lista”. Os códigos, um por linha.",
    ),
    "use_crm": (
        "Utiliza o módulo CRM",
        (
            "Não: os chamados são atendidos nesta Central. Sim: a Central só mostra, e a "
            "emissão de uma guia abre o chamado para o CRM (POST /api/v1/events/guide-issued)."
        ),
    ),
    "generate_protocol": (
        "Gera protocolo",
        "Cada chamado novo recebe um número de protocolo, que o prestador usa para acompanhar.",
    ),
    "protocol_template": (
        "Modelo do protocolo",
        (
            "{ans} é o registro na ANS, {date:%Y%m%d} a data, {seq:06} a sequência do dia. "
            "Vazio: o modelo da instalação. Protocolos já dados não mudam."
        ),
    ),
    "closing_reason": (
        "Exige motivo para encerrar",
        "Quando a subclassificação do chamado tem motivos cadastrados.",
    ),
    "closing_conclusive": (
        "Recusa encerramento sem conclusão",
        "Textos como “em análise” ou “resolvido” sozinhos não encerram um chamado.",
    ),
    "reopen_days": (
        "Dias para reabrir",
        (
            "Até quantos dias depois do encerramento um complemento reabre o chamado. Depois "
            "disso, abre outro, ligado ao primeiro."
        ),
    ),
    "claim_minutes": (
        "Minutos de posse do chamado",
        "Quanto tempo o chamado fica com quem o assumiu sem fazer nada nele.",
    ),
    "attachment_count": (
        "Anexos por mensagem do prestador",
        "O tamanho de cada arquivo é da instalação.",
    ),
}

PARAMETER: dict[str, dict[str, str]] = {
    "parameter": {name: word for name, (word, _) in PARAMETERS.items()},
    "parameter_does": {name: does for name, (_, does) in PARAMETERS.items()},
    "parameter_group": {
        "contact": "Fale conosco",
        "crm": "CRM",
        "protocol": "Protocolo",
        "closing": "Encerramento e reabertura",
        "limits": "Limites",
    },
    "audience_of": {
        "all": "Todos os prestadores",
        "types": "Alguns tipos de prestador",
        "listed": "Prestadores da lista",
    },
    #: what a ticket says that another system opened
    "event": {
        "guide_title": "Guia {guide} emitida",
        "guide_text": "A guia {guide} foi emitida. Chamado aberto para o CRM.",
    },
}
