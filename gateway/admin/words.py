"""What registers, their fields and their refusals are called; part of `gateway.labels`."""

from gateway.admin.people_words import PEOPLE, PEOPLE_FIELDS
from gateway.console.survey_words import SURVEY_FIELDS

#: a field's words: its name, and what stands under it in the form
Said = dict[str, tuple[str, str]]

_CODE = ("Código", "Curto e em maiúsculas; é por ele que arquivos e sistemas chamam o cadastro.")
_ORDER = ("Ordem na lista", "Os menores vêm primeiro.")
_ACTIVE = ("Ativo", "")
_TEXTS: Said = {
    "default_message": (
        "Mensagem padrão",
        "O prestador lê ao escolher esta opção no formulário. Diga o que precisa vir no pedido.",
    ),
    "closing_message": (
        "Mensagem de encerramento",
        "Já vem escrita quando o atendente encerra; ele completa antes de enviar.",
    ),
    "guidance": ("Orientação aos atendentes", "Só a equipe lê, ao lado do chamado."),
}

FIELDS: dict[str, Said] = {
    "sector": {"code": _CODE, "name": ("Nome", ""), "active": _ACTIVE},
    "status": {
        "code": _CODE,
        "label": ("Nome", "Como os atendentes leem."),
        "provider_label": ("Nome para o prestador", "Vazio: o mesmo nome."),
        "situation": ("Situação", "Não muda depois: chamados e contagens dependem dela."),
        "pauses": (
            "Para a contagem do prazo",
            "Enquanto o chamado está neste status, os dias não contam.",
        ),
        "tint": ("Cor", "Vazio: a cor da situação. A cor nunca aparece sem o nome."),
        "position": _ORDER,
        "active": _ACTIVE,
    },
    "classification": {
        "code": _CODE,
        "name": ("Nome", "O prestador escolhe por ele."),
        "sector": ("Setor", "Para onde o chamado vai quando é aberto."),
        "days": ("Dias em prazo de retorno", "Vale para o que for aberto a partir de agora."),
        "unit": ("Contagem", "Dias úteis seguem o calendário; corridos contam todos os dias."),
        "attention": ("Atenção", "Quantos dias antes do fim o prazo passa a “Atenção”."),
        "web": ("Publicada na web", "O prestador pode escolher no portal e no chat."),
        **_TEXTS,
        "position": _ORDER,
        "active": ("Ativa", ""),
    },
    "subclassification": {
        "classification": ("Classificação", ""),
        "code": ("Código", "Por costume, o da classificação com um número: GLO.2."),
        "name": ("Nome", ""),
        "sector": ("Setor próprio", "Vazio: o da classificação."),
        "days": ("Dias em prazo de retorno", "Vazio: os da classificação."),
        "unit": ("Contagem", "Vazio: a da classificação."),
        "attention": ("Atenção", "Vazio: a da classificação."),
        "web": ("Publicada na web", "O prestador pode escolher no portal e no chat."),
        **{
            name: (word, f"{hint} Vazio: a da classificação.")
            for name, (word, hint) in _TEXTS.items()
        },
        "position": _ORDER,
        "active": ("Ativa", ""),
    },
    "reason": {
        "subclassification": ("Subclassificação", ""),
        "code": ("Código", "Por costume, o da subclassificação com um número: GLO.2.1."),
        "name": ("Nome", "O atendente escolhe ao classificar ou encerrar."),
        "active": _ACTIVE,
    },
    "calendar_day": {
        "name": ("Nome", "Como aparece em “por quê?”. Por exemplo: Aniversário da cidade."),
        "rule": ("Quando", ""),
        "day": ("Data", "Para o que se repete todo ano, vale o dia e o mês."),
        "from_easter": (
            "Dias desde a Páscoa",
            "Só para os móveis. Carnaval é -47, Sexta-feira Santa -2, Corpus Christi 60.",
        ),
        "effect": ("Atendimento", ""),
        "opens": ("Atende a partir de", "Só para meio expediente. Vazio: 8 h."),
        "closes": ("Atende até", "Só para meio expediente. Vazio: 18 h."),
        "state": ("Estado", "Vazio: vale para todos."),
        "city": ("Município", "Vazio: o estado inteiro."),
        "sector": ("Setor", "Vazio: todos os setores."),
        "active": _ACTIVE,
    },
    "canned_text": {
        "shortcut": (
            "Atalho",
            "O atendente digita :: e o atalho. Letras pequenas, números e hífen.",
        ),
        "title": ("Título", ""),
        "sector": ("Setor", "Vazio: todos os setores usam."),
        "body": (
            "Texto",
            (
                "Entre chaves vai o que muda: {protocolo}, {prestador}, {contato}, {chamado}, "
                "{titulo}, {prazo}, {classificacao}, {atendente}, {setor}, {operadora}."
            ),
        ),
        "active": _ACTIVE,
    },
}

REGISTER: dict[str, dict[str, str]] = {
    "register_group": {
        "tickets": "Atendimento",
        "calendar": "Calendário",
        "people": "Pessoas",
        "insurer": "Operadora",
    },
    "register_menu": {
        "classificacoes": "Classificações",
        "subclassificacoes": "Subclassificações",
        "motivos": "Motivos",
        "status": "Status",
        "setores": "Setores",
        "textos": "Textos prontos",
        "feriados": "Feriados",
        "calendario": "Dias do ano",
        "dominios": "Domínios de e-mail",
        "privacidade": "Privacidade",
        "parametros": "Parâmetros",
    },
    "register": {
        "sector": "Setor",
        "status": "Status",
        "classification": "Classificação",
        "subclassification": "Subclassificação",
        "reason": "Motivo",
        "calendar_day": "Feriado",
        "canned_text": "Texto pronto",
    },
    "register_new": {
        "sector": "Novo setor",
        "status": "Novo status",
        "classification": "Nova classificação",
        "subclassification": "Nova subclassificação",
        "reason": "Novo motivo",
        "calendar_day": "Novo feriado",
        "canned_text": "Novo texto pronto",
    },
    #: what the register is for, above its list
    "register_about": {
        "sector": "As áreas da operadora que recebem chamados.",
        "status": "Em que ponto o chamado está. Cada status pertence a uma situação.",
        "classification": "O assunto do contato: para onde vai e em quanto tempo volta.",
        "subclassification": "O que muda dentro de uma classificação.",
        "reason": "Os motivos padrões de ocorrência de cada subclassificação.",
        "calendar_day": "Dias sem atendimento ou com horário próprio, além do calendário nacional. "
        "Uma mudança mostra antes quais prazos abertos mudam.",
        "canned_text": "Respostas que todos, ou um setor, usam. Os pessoais são de cada atendente.",
    },
    #: how a list counts what is below a record
    "register_below": {
        "subclassification.one": "subclassificação",
        "subclassification.many": "subclassificações",
        "survey_question.one": "pergunta",
        "survey_question.many": "perguntas",
    },
    "register_conflict": {
        "needed": "O Ponte depende deste cadastro: o código fica e ele continua ativo.",
        "held": "Ainda há cadastros ativos que apontam para este. Mude-os antes de desativar.",
        "used": "Já foi usado e não pode ser excluído. Desative: ele sai das escolhas e o que "
        "existe continua como está.",
        "changed": "O cadastro mudou enquanto você escrevia.",
    },
    "register_state": {"ativos": "Ativos", "inativos": "Inativos", "todos": "Todos"},
    #: what is wrong with a file as a whole; {} is what it is about
    "register_file": {
        "empty": "não tem nenhuma linha de cadastro",
        "column": "a coluna “{}” não existe neste cadastro",
        "twice": "a coluna “{}” aparece duas vezes",
        "missing": "falta a coluna “{}”",
        "cells": "a linha {} tem mais células que o cabeçalho",
        "quotes": "há aspas fora do lugar perto da linha {}",
        "long": "passa de {} linhas; divida em mais arquivos",
    },
    "register_what": {
        "added": "Novo",
        "changed": "Muda",
        "same": "Igual",
        "wrong": "Errado",
    },
    "tint": {
        "info": "Azul",
        "att": "Amarelo",
        "ok": "Verde",
        "exp": "Vermelho",
        "no": "Cinza",
    },
    "day_rule": {
        "date": "Uma vez, nesta data",
        "yearly": "Todo ano, neste dia e mês",
        "easter": "Todo ano, conforme a Páscoa",
    },
    "day_effect": {
        "closed": "Sem atendimento",
        "half": "Meio expediente",
        "open": "Atende, mesmo sendo feriado ou fim de semana",
    },
    "state": {
        "AC": "Acre",
        "AL": "Alagoas",
        "AM": "Amazonas",
        "AP": "Amapá",
        "BA": "Bahia",
        "CE": "Ceará",
        "DF": "Distrito Federal",
        "ES": "Espírito Santo",
        "GO": "Goiás",
        "MA": "Maranhão",
        "MG": "Minas Gerais",
        "MS": "Mato Grosso do Sul",
        "MT": "Mato Grosso",
        "PA": "Pará",
        "PB": "Paraíba",
        "PE": "Pernambuco",
        "PI": "Piauí",
        "PR": "Paraná",
        "RJ": "Rio de Janeiro",
        "RN": "Rio Grande do Norte",
        "RO": "Rondônia",
        "RR": "Roraima",
        "RS": "Rio Grande do Sul",
        "SC": "Santa Catarina",
        "SE": "Sergipe",
        "SP": "São Paulo",
        "TO": "Tocantins",
    },
}

FIELDS.update(PEOPLE_FIELDS | SURVEY_FIELDS)
for _kind, _words in PEOPLE.items():
    REGISTER[_kind] = REGISTER.get(_kind, {}) | _words

REGISTER["register_field"] = {
    f"{register}.{name}": word
    for register, said in FIELDS.items()
    for name, (word, _) in said.items()
}
REGISTER["register_hint"] = {
    f"{register}.{name}": hint
    for register, said in FIELDS.items()
    for name, (_, hint) in said.items()
}
