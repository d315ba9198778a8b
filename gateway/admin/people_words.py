"""What profiles, agents and providers are called on their pages; part of `gateway.admin.words`."""

_ACTIVE = ("Ativo", "")

PEOPLE_FIELDS: dict[str, dict[str, tuple[str, str]]] = {
    "profile": {
        "code": ("Código", "Em minúsculas; é por ele que arquivos e a linha de comando o chamam."),
        "name": ("Nome", ""),
        "permissions": (
            "O que pode fazer",
            "Um perfil novo não pode nada. O menu e a API mostram só o que está marcado.",
        ),
        "groups": (
            "Grupos de sigilo",
            "Acessa dados sob sigilo destes grupos. Separe por vírgula. Vazio: nenhum.",
        ),
        "second_factor": (
            "Exige segundo fator",
            "Além da senha, quem tem este perfil usa aplicativo de códigos ou chave de acesso.",
        ),
        "active": _ACTIVE,
    },
    "agent": {
        "login": ("Usuário", "Em minúsculas. Não muda depois."),
        "name": ("Nome", "O prestador vê este nome nas respostas."),
        "email": ("E-mail", "Recebe os avisos e o link para criar a senha."),
        "profile": ("Perfil", "Diz o que pode fazer."),
        "sector": ("Setor", "Onde trabalha."),
        "sectors": (
            "Só atende os setores",
            "Sem nenhum marcado, vê chamados de todos. Vê sempre o que lhe passam ou perguntam.",
        ),
        "active": _ACTIVE,
    },
    "provider": {
        "code": ("Código", "O do seu sistema. Não muda depois."),
        "name": ("Nome", ""),
        "document": ("CNPJ ou CPF", "Com ou sem pontos. O CNPJ pode ter letras."),
        "type": ("Tipo", ""),
        "cnes": ("CNES", "Sete números."),
        "city": ("Município", "Os feriados do município contam nos prazos deste prestador."),
        "state": ("Estado", ""),
        "phone": ("Telefone", ""),
        "email": ("E-mail", "O que vier deste endereço é recebido em nome do prestador."),
        "person": ("Pessoa", "Quem fala pelo prestador por este e-mail. O convite vem depois."),
        "active": _ACTIVE,
    },
    "provider_address": {
        "provider": ("Prestador", ""),
        "label": ("Local", "Por exemplo: Sede, Unidade Centro."),
        "street": ("Endereço", "Rua, número e complemento."),
        "district": ("Bairro", ""),
        "city": ("Município", ""),
        "state": ("Estado", ""),
        "postal_code": ("CEP", ""),
        "phone": ("Telefone", ""),
    },
    "provider_terms": {
        "provider": ("Prestador", ""),
        "classification": ("Classificação", ""),
        "subclassification": ("Subclassificação", "Vazio: a classificação inteira."),
        "days": ("Dias em prazo de retorno", "Vale no lugar do prazo da classificação."),
        "unit": ("Contagem", ""),
        "attention": ("Atenção", "Quantos dias antes do fim o prazo passa a “Atenção”."),
    },
    "provider_type": {"name": ("Nome", "")},
}

_PERMISSIONS = {
    "*": "Tudo, também o que vier em novas versões",
    "ticket.read": "Ver chamados",
    "ticket.open": "Abrir chamado",
    "ticket.claim": "Assumir e desistir",
    "ticket.reply": "Responder ao prestador",
    "ticket.note": "Escrever nota interna",
    "ticket.survey": "Preencher pesquisas",
    "ticket.pending": "Deixar pendente",
    "ticket.forward": "Encaminhar e consultar outro setor",
    "ticket.classify": "Classificar",
    "ticket.close": "Encerrar",
    "ticket.reopen": "Reabrir",
    "ticket.delete": "Excluir o que não foi iniciado",
    "ticket.export": "Gerar arquivo da lista",
    "ticket.merge": "Juntar chamados",
    "ticket.secret": "Tornar sigiloso e dizer quem vê cada anexo",
    "ticket.break_glass": "Abrir chamado sob sigilo de outro grupo, com motivo registrado",
    "panel": "Painel",
    "quarantine": "Quarentena",
    "outbox": "Saída",
    "views.share": "Compartilhar visões com todos",
    "people.invite": "Convidar pessoas dos prestadores",
}

PEOPLE: dict[str, dict[str, str]] = {
    "register_menu": {
        "prestadores": "Prestadores",
        "enderecos": "Endereços",
        "prazos": "Prazos de contrato",
        "tipos": "Tipos de prestador",
        "agentes": "Agentes",
        "perfis": "Perfis",
        "sessoes": "Sessões",
        "tokens": "Tokens da API",
        "webhooks": "Webhooks",
    },
    "register": {
        "profile": "Perfil",
        "agent": "Agente",
        "provider": "Prestador",
        "provider_address": "Endereço",
        "provider_terms": "Prazo de contrato",
        "provider_type": "Tipo de prestador",
    },
    "register_new": {
        "profile": "Novo perfil",
        "agent": "Novo agente",
        "provider": "Novo prestador",
        "provider_address": "Novo endereço",
        "provider_terms": "Novo prazo de contrato",
        "provider_type": "Novo tipo",
    },
    "register_about": {
        "profile": "O que cada função pode ver e fazer. Ninguém dá a outro mais do que tem.",
        "agent": "Quem atende. Quem sai é desativado: sessões e tokens terminam, o nome fica.",
        "provider": "Quem escreve para a operadora, com as pessoas que falam por ele.",
        "provider_address": "Onde cada prestador atende ou recebe correspondência.",
        "provider_terms": "Prazos combinados em contrato; valem no lugar dos da classificação.",
        "provider_type": "Como os prestadores são agrupados.",
    },
    "register_conflict": {
        "self": "Você não pode desativar o seu próprio acesso.",
        "last_admin": "Precisa ficar ao menos um agente ativo que possa tudo.",
    },
    "permission": _PERMISSIONS,
    "permission_group": {
        "ticket": "Chamados",
        "rest": "Central",
        "registers": "Cadastros",
    },
    #: the registers, as the table of a profile names them
    "permission_register": {
        "classification": "Classificações, subclassificações e motivos",
        "status": "Status",
        "sector": "Setores",
        "profile": "Perfis",
        "agent": "Agentes e tokens",
        "provider": "Prestadores",
        "calendar": "Feriados e calendário",
        "canned": "Textos prontos de todos",
        "form": "Formulários",
        "parameter": "Parâmetros",
        "domain": "Domínios de e-mail",
        "webhook": "Webhooks",
        "privacy": "Privacidade (LGPD)",
    },
    "register_page": {"pessoas": "Pessoas", "acesso": "Acesso"},
    "invitation": {
        "none": "Sem convite",
        "invited": "Convidado",
        "accepted": "Entrou",
        "expired": "Convite vencido",
        "left": "Desativado",
    },
}

for _register, _name in PEOPLE["permission_register"].items():
    _PERMISSIONS[f"registers.{_register}.read"] = f"Ver: {_name}"
    _PERMISSIONS[f"registers.{_register}.write"] = f"Mudar: {_name}"
