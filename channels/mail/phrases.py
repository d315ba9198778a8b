"""How mail programs of many languages introduce what they quote, and end what people write.

Only tables and the patterns made of them. Keys are lower-case; patterns ignore case.
"""

import re

#: `Fulano escreveu:` in the languages whose mail programs we have met
_VERBS = (
    "wrote|writes|said|sent|escreveu|escreveram|escribi[óo]|a [ée]crit|[ée]crivait|schrieb|"
    "geschrieben|schreef|ha scritto|scrisse|skrev|napisa[łl]\\(?a?\\)?|napsala?\\(?a?\\)?|"
    "kirjoitti|yazd[ıi]|[íi]rta|έγραψε|a scris|va escriure|enviou|envi[óo]|пишет|пише|"
    "написала?|написа[вл]\\(?а?\\)?|je napisao|đã viết|menulis|写道|寫道|さんは書きました|wrote at"
)
#: how such a line begins
_OPENERS = (
    "on|at|em|no dia|na|às|el|el día|le|am|il|il giorno|op|den|d|w dniu|dnia|dne|dňa|în data|"
    "in data|pada|vào|le|a|el dia|på|kl|в|на|у|στις|on the|em data de|data|zo|ma|di|wo|do|vr|za"
)
_DATE = (
    r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}[./-]\d{1,2}[./-]\d{1,2}|\b(?:19|20)\d\d\b|"
    r"\d{1,2}[:.h]\d{2}|\d{4}年"
)
VERB = re.compile(rf"(?<![\w@])(?:{_VERBS})(?![\w@])", re.IGNORECASE)
VERB_AT_END = re.compile(rf"(?:(?<![\w@])(?:{_VERBS}))\s*(?:[:：]\W*|-{{2,}}|…)?$", re.IGNORECASE)
VERB_COLON = re.compile(rf">\s*(?:{_VERBS})\s*:", re.IGNORECASE)
COLON_AT_END = re.compile(r"[:：][\s*_\"]*$")
OPENER = re.compile(rf"^[\s*_\"'\-–—]*(?:{_OPENERS})\b[\s,.:]", re.IGNORECASE)
DATE = re.compile(_DATE)
#: `2016-03-03 17:21 GMT+01:00 Name`, with or without address and colon
DATED = re.compile(
    r"^\s*\d{4}-\d\d-\d\d,? \d{1,2}:\d\d(?::\d\d)?(?: (?:GMT|UTC|Z)?[+-]?[\d:]*)? [^\d\s].{0,120}$"
)
#: `11:00 AM, November 17, 2021, "Name" <address>:`
NAMED_DATE = re.compile(r"^\W*\d{1,2}:\d{2}.{0,60}\b(?:19|20)\d\d\b.{1,80}<[^<>@\s]+@[^<>\s]+>\W*$")
#: `Citando Fulano <a@b>:`
QUOTING = re.compile(
    r"^\W*(?:citando(?: a)?|quoting|zitat von|citat|cita(?:ndo)? de|selon|citát)\b.{1,160}[:：]\s*$",
    re.IGNORECASE,
)

_HEADER_KEYS = {
    "from": "from|de|remetente|von|da|expéditeur|van|fra|från|från|od|mittente|отправитель|от|від|"
    "от кого|lähettäjä|kimden|gönderen|feladó|发件人|寄件者|差出人|보낸 사람|de la|dari|από|từ|desde",
    "date": "date|sent|data|enviado|enviado em|enviada|enviada em|enviadas|enviado el|fecha|"
    "gesendet|datum|date d'envoi|envoyé|envoyé le|inviato|verzonden|sendt|skickat|dato|wysłano|"
    "wyslano|odesláno|data e hora|дата|отправлено|lähetetty|päivämäärä|gönderildi|tarih|elküldve|"
    "发送时间|日期|日時|送信日時|보낸 날짜|trimis|dikirim|когда|датум|gesendet am|ngày",
    "to": "to|para|an|à|pour|a|aan|til|till|do|destinatário|destinatario|destinatários|komu|кому|"
    "vastaanottaja|kime|címzett|收件人|宛先|받는 사람|către|kepada|προς|đến",
    "cc": "cc|cco|bcc|c/c|copie|kopie|kopia|kópia|copia|cópia|copie à|копия|抄送|com cópia|cc'd",
    "subject": "subject|assunto|asunto|betreff|objet|oggetto|onderwerp|emne|ämne|temat|předmět|"
    "predmet|тема|aihe|konu|tárgy|主题|主旨|件名|제목|subiect|perihal|θέμα|ref|chủ đề",
    "reply": "reply-to|responder a|responder para|antwort an|répondre à|rispondi a|risposta|"
    "responder|antwoord aan|organização|organization|importance|prioridade|prioridad|anexos|"
    "attachments|importância|priority|wichtigkeit|svar till|odpowiedz do",
}
HEADER_CLASS = {key: name for name, keys in _HEADER_KEYS.items() for key in keys.split("|")}
HEADER_LINE = re.compile(r"^[\s*_|>]{0,8}([^\W\d_][^:：*_<>@]{0,24}?)[\s*_]{0,4}[:：]\s*[*_]{0,2}")

_ORIGINALS = (
    "mensagem original|mensagem encaminhada|e-?mail original|original message|original e-?mail|"
    "original appointment|forwarded message|forwarded by [^-]{1,60}|mensaje original|"
    "mensaje reenviado|mensaje enviado|correo original|message d'origine|message original|"
    "message transféré|message initial|ursprüngliche nachricht|original-?nachricht|"
    "weitergeleitete nachricht|messaggio originale|messaggio inoltrato|oorspronkelijk bericht|"
    "doorgestuurd bericht|ursprungligt meddelande|originalmeddelande|vidarebefordrat meddelande|"
    "oprindelig besked|oprindelig meddelelse|original besked|opprinnelig melding|videresendt melding|alkuperäinen viesti|"
    "välitetty viesti|wiadomość oryginalna|oryginalna wiadomość|treść przekazanej wiadomości|původní zpráva|исходное сообщение|"
    "пересылаемое сообщение|пересланное сообщение|оригинальное сообщение|"
    "початкове повідомлення|orijinal mesaj|özgün ileti|eredeti üzenet|mesaj original|原始邮件|原始郵件|转发邮件|"
    "元のメッセージ|original mail|reply message|mensagem anterior|resposta original"
)
#: `Message du : 12/12/2026 13:20`, above a copied header
DATED_ORIGINAL = re.compile(
    r"^\s*(?:message du|mensagem d[eo]|mensaje del?)\s*:\s*\d{1,2}/\d", re.IGNORECASE
)
ORIGINAL = re.compile(
    rf"^[\s>*_|]*(?:[-=—–_*]{{2,}}\s*(?:{_ORIGINALS})\b.{{0,40}}|(?:{_ORIGINALS})\s*[-=—–_*]{{3,}})"
    rf"[\s*_]*[:：]?\s*$",
    re.IGNORECASE,
)
#: Apple's line before a forwarded message
BEGIN_FORWARDED = re.compile(
    r"^\s*(?:begin forwarded message|início da mensagem encaminhada|início da mensagem reencaminhada|"
    r"inicio del mensaje reenviado|début du message (?:transféré|réexpédié)|"
    r"anfang der weitergeleiteten (?:nachricht|e-mail)|inizio messaggio inoltrato|"
    r"begin doorgestuurd bericht|vidarebefordrat brev|videresendt besked|"
    r"początek przekazywanej wiadomości|начало переадресованного сообщения)\s*[:：]\s*$",
    re.IGNORECASE,
)
RULER = re.compile(r"^[\s>*]*[-_=—–*~#]{3,}[\s*]*$")
#: a line of nothing but strokes, anywhere in the tail of a message
DELIMITER = re.compile(r"^[\s>]*[-_,=+~#*ᐧ—–]+\s*$")
#: our own line; what mail programs put around it does not matter
OURS = re.compile(r"##\s*responda acima desta linha\s*##", re.IGNORECASE)
#: other helpdesks and services draw such a line too
REPLY_ABOVE = re.compile(
    r"^[\s>*#=_\-]*(?:reply above this line|please (?:type|write|reply) (?:your reply )?above this "
    r"line|please do not write below this (?:dotted )?line|responda? acima desta linha|"
    r"escreva (?:sua resposta )?acima desta linha|por favor,? responda acima desta linha|"
    r"(?:escriba|responda) (?:su respuesta )?(?:por )?(?:encima|arriba) de esta l[ií]nea|"
    r"bitte antworten sie oberhalb dieser (?:linie|zeile)|répondre au-dessus de cette ligne)",
    re.IGNORECASE,
)

#: what telephones and mail programs add by themselves
DEVICE = re.compile(
    r"^[\s*_>\-\[(]*(?:"
    r"(?:sent|shared|posted|written) (?:from|via|using|with|by) (?:my|an?|the)?\s*\S|"
    r"enviad[oa](?:s)? (?:d[oae]s?|pel[oa]|via|a partir|com|usando|por|desde|con) \S|"
    r"enviado (?:no|na|em) meu \S|mensagem enviada (?:d[oe]|pel[oa]|por|via)|"
    r"envoy[ée]e? (?:de(?:puis)?|à partir|avec|par|via) |gesendet (?:von|mit|aus|über|via) |"
    r"von (?:meinem|unterwegs)\b.{0,40}(?:gesendet|geschickt)|"
    r"inviato d(?:a|al|alla) |verzonden (?:met|vanaf|vanuit|via) |verstuurd (?:vanaf|met|vanuit) |"
    r"skickat från |skickades från |sendt fra |sendt via |lähetetty |wysłan[eoay] (?:z|ze) |"
    r"odesláno z |отправлено (?:с|из|от) |надіслано з |telefonumdan|iphone'umdan|"
    r"(?:get|obter|obtenha|obtener|télécharger|baixe|baixar|descarga|holen sie sich|scarica) "
    r"(?:o )?(?:outlook|yahoo|bluemail|spark|gmail|uol)|"
    r"yahoo mail:|outlook (?:para|for|für|pour)|via (?:outlook|iphone|android)|"
    r"(?:发自|從我的|iphoneから|androidから)|"
    r"(?:do|de) meu (?:iphone|ipad|android|celular|smartphone|samsung|galaxy)|"
    r"enviado desde |trimis (?:de pe|din) )",
    re.IGNORECASE,
)
#: a device line is short, whatever it advertises
LONGEST_DEVICE = 90

#: the first words of what lawyers and scanners add
DISCLAIMER = re.compile(
    r"(?:este?a? (?:mensagem|e-?mail|correio|comunicação|mensaje|correo)[^.]{0,160}"
    r"(?:confiden|sigilos|destinat|privilegiad|uso exclusivo|protegid)|"
    r"as informações (?:contidas|existentes|transmitidas)|"
    r"(?:aviso|nota) (?:legal|de (?:confidencialidade|sigilo|privacidad|confidencialidad))|"
    r"(?:se|caso) (?:você|vossa senhoria|v\.? ?s\.?a|o senhor)? ?(?:não (?:for|é|seja) o destinatário|"
    r"(?:tenha )?receb(?:eu|ido|er) (?:est[ea] )?(?:mensagem|e-?mail) por (?:engano|erro))|"
    r"antes de imprimir|pense (?:no meio ambiente|antes de imprimir)|"
    r"(?:livre|libre) de v[íi]rus|virus-free|não contém vírus|este e-?mail foi verificado|"
    r"this (?:e-?mail|message|communication|transmission)[^.]{0,160}(?:confidential|intended|"
    r"privileged|scanned|checked)|the information (?:contained )?(?:in|transmitted)[^.]{0,80}"
    r"(?:e-?mail|message|transmission|confidential|intended)|confidentiality (?:notice|note)|"
    r"(?:legal )?disclaimer\b|please consider the environment|consider the environment before|"
    r"if you (?:are not the intended|have received this)|"
    r"diese (?:e-?mail|nachricht)[^.]{0,120}(?:vertraulich|bestimmt)|"
    r"ce (?:message|courriel|mail)[^.]{0,120}(?:confidentiel|destin)|"
    r"questo (?:messaggio|e-?mail)[^.]{0,120}(?:riservat|confidenzial)|"
    r"em conformidade com a (?:lei geral|lgpd)|(?:nos termos|de acordo com) (?:a|da) "
    r"(?:lgpd|lei (?:geral de proteção|n?º? ?13\.?709)))",
    re.IGNORECASE,
)
SIGNATURE_DELIMITER = re.compile(r"^(?:-- ?|--\u00a0|—|__+|-{2,3}\s*)$")
#: polite endings; what follows them is a signature when it looks like one
CLOSING = re.compile(
    r"^\W*(?:att|atte|at\.?te|atenciosamente|cordialmente|grat[oa]|obrigad[oa]|abra[çc]os?|abs|"
    r"respeitosamente|saudações|sds|com os melhores cumprimentos|cumprimentos|"
    r"(?:best |kind |warm )?regards|sincerely|cheers|thanks|thank you|atentamente|saludos|"
    r"saludos cordiales|mit freundlichen grüßen|mfg|cordialement|bien à vous)\b[\s,.;:!]*$",
    re.IGNORECASE,
)
#: what stands in business signatures and hardly in a sentence of its own line
CONTACT = re.compile(
    r"(?:\b(?:tel(?:efone)?|fone|cel(?:ular)?|whats(?:app)?|ramal|phone|mobile|fax|e-?mail|site|"
    r"cep|cnpj|crm|cro|coren|skype|instagram)\b\s*[.:/|(]|\(\d{2}\)\s*\d{4,5}[- ]?\d{4}|"
    r"\+\d{2}[ (]|\bwww\.|https?://|^[\w.+-]+@[\w.-]+$|^(?:rua|av(?:enida)?\.?|rod(?:ovia)?\.?|"
    r"praça|alameda|travessa)\s.{0,80}\d)",
    re.IGNORECASE,
)

#: what stands on either side of such a line
RULED = frozenset("-=—–_*>|")
WIDE_COLON = "："
#: words that a line must hold before it is compared with `REPLY_ABOVE`
ABOVE = (
    "cima desta",
    "bove this",
    "elow this",
    "cima de esta",
    "rriba de esta",
    "dieser",
    "dessus",
)

#: what an introduction ends with
ENDINGS = (
    ":",
    "：",
    "--",
    "…",
    "wrote",
    "escreveu",
    "escribió",
    "écrit",
    "schrieb",
    "schreef",
    "scritto",
    "skrev",
    "enviou",
    "sent",
    "writes",
    "said",
    "napisał",
    "napisał(a)",
    "kirjoitti",
    "yazdı",
)
