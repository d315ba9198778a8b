"""What surveys are called in Portuguese: their part of the label filter, kind by kind."""

SURVEY: dict[str, dict[str, str]] = {
    "command": {"survey": "Pesquisa…"},
    "done": {"survey-saved": "Pesquisa gravada"},
    "action": {
        "survey_answered": "Preencheu pesquisa",
        "survey_corrected": "Corrigiu pesquisa",
    },
    "log_kind": {"surveys": "Pesquisas"},
    "yes_no": {"1": "Sim", "0": "Não"},
    "question_kind": {
        "short": "Texto curto",
        "long": "Texto longo",
        "one": "Uma opção",
        "several": "Várias opções",
        "scale5": "Nota de 1 a 5",
        "scale10": "Nota de 0 a 10",
        "number": "Número",
        "date": "Data",
        "flag": "Sim ou não",
    },
    #: what stands before the answers in a file
    "survey_column": {
        "number": "Chamado",
        "protocol": "Protocolo",
        "classification": "Classificação",
        "at": "Preenchida em",
        "author": "Preenchida por",
        "corrected_at": "Corrigida em",
    },
    "panel": {
        "said_pesquisa": "Quantas vezes cada resposta foi dada, de {period}.",
        "mean": "média {mean}",
    },
    "panel_column": {"answer": "Resposta", "answers": "Respostas", "share": "Parte"},
    "panel_file": {"share": "Parte (%)"},
    "register_menu": {"formularios": "Formulários", "perguntas": "Perguntas"},
    "register": {"survey_form": "Formulário", "survey_question": "Pergunta"},
    "register_new": {"survey_form": "Novo formulário", "survey_question": "Nova pergunta"},
    "register_about": {
        "survey_form": "Pesquisas que o atendente preenche ao lado do chamado: satisfação, causa, "
        "o que a operadora quiser saber.",
        "survey_question": "O que cada formulário pergunta, na ordem em que pergunta.",
    },
}

#: words of the registers' fields, see `gateway.admin.words`
SURVEY_FIELDS: dict[str, dict[str, tuple[str, str]]] = {
    "survey_form": {
        "code": ("Código", "Curto e em maiúsculas: SAT, CAUSA."),
        "name": ("Nome", "O atendente escolhe por ele."),
        "classifications": (
            "Classificações",
            "Nestas o formulário vem primeiro. Sem nenhuma marcada aqui e abaixo: em todas.",
        ),
        "subclassifications": ("Subclassificações", "Além das classificações marcadas."),
        "position": ("Ordem na lista", "Os menores vêm primeiro."),
        "active": ("Ativo", ""),
    },
    "survey_question": {
        "form": ("Formulário", ""),
        "code": ("Chave", "Curta, em maiúsculas e única no formulário: NOTA, MOTIVO."),
        "label": (
            "Pergunta",
            (
                "As respostas já dadas guardam as palavras com que foram perguntadas. "
                "Para perguntar outra coisa, crie outra pergunta."
            ),
        ),
        "kind": ("Tipo", "Não muda depois: as respostas dependem dele."),
        "options": ("Opções", "Só para uma ou várias opções: uma por linha."),
        "required": ("Obrigatória", "Sem ela a pesquisa não é gravada."),
        "help": ("Ajuda", "Aparece junto da pergunta."),
        "position": ("Ordem", "As menores vêm primeiro."),
        "active": ("Ativa", "Desativada, não é mais perguntada; o que foi respondido fica."),
    },
}
