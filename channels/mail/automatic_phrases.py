"""How automatic answers are titled and worded: tables only."""

import re

#: how absence notes are titled; only at the beginning, after `Re:` and the like
ABSENT_SUBJECT = re.compile(
    r"^\W*(?:(?:re|res|aw|sv|rv|tr|ref|enc|fwd?)\s*:\s*)*(?:\[[^\]]{0,40}\]\s*)?(?:"
    r"out[ -]of[ -](?:the )?office|ooo\b|away (?:from|until)|i(?:'m| am) (?:away|out of|on (?:vacation|leave|holiday))|on (?:vacation|leave|holiday)|"
    r"vacation(?: (?:reply|message|response|notice))?\b|absence\b|absent\b|"
    r"fora d[oe] escrit[óo]rio|aus[êe]n(?:te|cia)|estou (?:ausente|fora|de férias)|"
    r"(?:(?:em|de|período de|aviso de|comunicado de) )?f[ée]rias\b|aviso de (?:aus[êe]ncia|f[ée]rias)|licen[çc]a\b|recesso\b|"
    r"fuera de (?:la )?oficina|ausente|ausencia|estoy (?:ausente|fuera|de vacaciones)|"
    r"abwesen|abwesenheit|nicht im (?:büro|hause)|urlaub|"
    r"absent[e]? du bureau|en congés?|message d'absence|absence du bureau|"
    r"fuori (?:sede|ufficio)|assenza|assente|afwezig|niet aanwezig|frånvaro|ej på kontoret|"
    r"fraværende|ude af kontoret|ikke til stede|poza biurem|nieobecno|mimo kancel|вне офиса|"
    r"отсутстви|ofis dışında|poissa|lomalla|不在|休暇|外出)",
    re.IGNORECASE,
)
#: titles of absence notes that nobody gives to a mail of one's own
SURELY_ABSENT_SUBJECT = re.compile(
    r"^\W*(?:out[ -]of[ -](?:the )?office|fora d[oe] escrit[óo]rio|aus[êe]ncia tempor[áa]ria|"
    r"aviso de (?:aus[êe]ncia|f[ée]rias)|estou (?:ausente|fora|de f[ée]rias)|"
    r"fuera de (?:la )?oficina|ausencia temporal|estoy (?:ausente|fuera|de vacaciones)|"
    r"abwesenheitsnotiz|message d'absence)",
    re.IGNORECASE,
)
#: a subject that repeats the one it answers
ANSWERING_SUBJECT = re.compile(r"\b(?:re|res|aw|sv)\s*:|\bprotocolo\s+\d", re.IGNORECASE)
REPLY_SUBJECT = re.compile(
    r"^\W*(?:(?:re|res|aw|sv|rv|ref)\s*:\s*)*(?:\[[^\]]{0,40}\]\s*)?(?:auto(?: re)?:|"
    r"auto(?:matic|mated|matische)?[- ]?(?:reply|response|replied|answer|notification)|autoreply|"
    r"automated (?:response|reply|message)|"
    r"resposta autom[áa]tica|auto-?resposta|mensagem autom[áa]tica|e-?mail autom[áa]tico|"
    r"respuesta autom[áa]tica|mensaje autom[áa]tico|automatische antwort|automatisch antwoord|"
    r"réponse automatique|risposta automatica|autosvar|automatiskt? svar|automaattinen vastaus|"
    r"automatyczna odpowied|automatická odpov|автоответ|автоматический ответ|otomatik yanıt|"
    r"自動応答|自動返信|自动回复|自動回覆)",
    re.IGNORECASE,
)
#: what absent people write, for notes without a telling subject
ABSENT_TEXT = re.compile(
    r"(?:estou|estarei|estaremos|encontro-me|me encontro) (?:\w+ ){0,3}(?:ausente|fora d|de f[ée]rias|em f[ée]rias|de licen|em recesso)|"
    r"(?:retorn|volt)(?:o|arei|aremos) (?:ao trabalho |às atividades )?(?:em|no dia|dia|a partir)|"
    r"i(?:'m| am| will be|'ll be) (?:currently )?(?:away|out of|on (?:vacation|leave|holiday|annual))|"
    r"out of (?:the )?office|(?:estoy|estaré|me encuentro) (?:\w+ ){0,2}(?:ausente|fuera|de vacaciones)|"
    r"(?:bin|befinde mich) (?:\w+ ){0,4}(?:im urlaub|abwesend|nicht im)|"
    r"je suis (?:\w+ ){0,3}(?:absent|en congé)|sono (?:\w+ ){0,3}(?:assente|in ferie)",
    re.IGNORECASE,
)
RECEIPT_SUBJECT = re.compile(
    r"^\W*(?:read(?: receipt)?:|not read:|lida:|lido:|não lida:|leída:|leído:|no leído:|gelesen:|lu\s?:|letto:|"
    r"confirmação de leitura|return receipt|disposition notification|message displayed|"
    r"confirmação de (?:leitura|exibição)|lesebestätigung|aviso de lectura|accusé de lecture)",
    re.IGNORECASE,
)
FEEDBACK_SUBJECT = re.compile(
    r"^\W*(?:complaint about message from|abuse report|spam report|\[?feedback loop)", re.IGNORECASE
)
FEEDBACK_TEXT = re.compile(
    r"\A\s*this is an? (?:e?-?mail )?(?:abuse|spam|feedback) report|^feedback-type: ",
    re.IGNORECASE | re.MULTILINE,
)
