"""What the panel's codes are called in Portuguese: its part of the label filter."""

PANEL: dict[str, dict[str, str]] = {
    "panel": {
        "opened": "abertos",
        "closed": "encerrados",
        "first_hours": "Primeira resposta, horas úteis",
        "resolution_days": "Resolução, dias úteis",
        "none": "Nenhum",
        "said_dias": "Linhas dos chamados abertos e encerrados em cada dia, de {period}.",
        "said_fila": "Colunas da fila por faixa de prazo no fim de cada dia, de {period}.",
        "said_tempos": (
            "Mediana e percentil 90 da primeira resposta e da resolução por semana, de {period}."
        ),
        "said_horas": "Chamados abertos em cada dia da semana e hora, de {period}.",
        "said_peak": "Maior: {day} às {hour} h, {count}.",
    },
    "panel_column": {
        "day": "Dia",
        "opened": "Abertos",
        "closed": "Encerrados",
        "stretch": "Período",
        "first_median": "1ª resposta, mediana",
        "first_p90": "1ª resposta, p90",
        "resolution_median": "Resolução, mediana",
        "resolution_p90": "Resolução, p90",
        "weekday": "Dia da semana",
        "ended": "Encerrados",
        "late": "Fora do prazo",
        "in_time": "No prazo",
        "classification": "Classificação",
        "sector": "Setor",
        "agent": "Pessoa",
    },
    #: in a file the unit stands in the name of the column
    "panel_file": {
        "first_median": "1ª resposta, mediana (h úteis)",
        "first_p90": "1ª resposta, p90 (h úteis)",
        "resolution_median": "Resolução, mediana (d úteis)",
        "resolution_p90": "Resolução, p90 (d úteis)",
        "in_time": "No prazo (%)",
    },
    "panel_band": {
        "within": "no prazo",
        "attention": "em atenção",
        "expired": "expirados",
    },
    #: Monday first
    "weekday": {
        "0": "segunda",
        "1": "terça",
        "2": "quarta",
        "3": "quinta",
        "4": "sexta",
        "5": "sábado",
        "6": "domingo",
    },
    "panel_period": {
        "7": "últimos 7 dias",
        "30": "últimos 30 dias",
        "90": "últimos 90 dias",
        "365": "últimos 365 dias",
    },
}
