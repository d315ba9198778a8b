"""How mail programs of many languages introduce what they quote.

Only tables and the patterns made of them. Keys are lower-case; patterns ignore case.
"""

import re

#: `Fulano escreveu:` in the languages whose mail programs we have met
_VERBS = (
    "wrote|writes|said|sent|escreveu|escreveram|escribi[óo]|a [ée]crit|[ée]crivait|schrieb|"
    "geschrieben|schreef|ha scritto|scrisse|skrev|napisa[łl]\\(?a?\\)?|pisze|nap[ií]sala?\\(?a?\\)?|"
    "napsala?\\(?a?\\)?|kirjoitti|yazd[ıi]|(?:ezt )?[íi]rta|έγραψε|a scris|va escriure|enviou|"
    "envi[óo]|пишет|пише|написала?|написа[вл]?\\(?а?\\)?|(?:je )?napisao(?: je)?|đã viết|menulis|"
    "كتبت?|כתבה?|wrote at"
)
#: verbs of scripts that put no blank between words
_JOINED_VERBS = "写道|寫道|さんは書きました|のメール|のメッセージ|님이 작성|작성"
#: what may still stand between the verb and the end of the line
_AFTER_VERB = r"(?:\s(?:följande|følgende|folgendes|the following|o seguinte|lo siguiente|uhr))?"
#: how such a line begins
_OPENERS = (
    "on|at|em|no dia|na|às|ativado|pe|el|el día|le|am|il|il giorno|op|den|d|w dniu|dnia|dne|dňa|în data|"
    "in data|pada|vào|le|a|el dia|på|kl|в|на|у|στις|on the|em data de|data|zo|ma|di|wo|do|vr|za"
)
_DATE = (
    r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}[./-]\d{1,2}[./-]\d{1,2}|\b(?:19|20)\d\d\b|"
    r"\d{1,2}[:.h]\d{2}|\d{4}年"
)
VERB = re.compile(rf"(?<![\w@])(?:{_VERBS})(?![\w@])|{_JOINED_VERBS}", re.IGNORECASE)
VERB_AT_END = re.compile(
    rf"(?:(?<![\w@])(?:{_VERBS}){_AFTER_VERB}|{_JOINED_VERBS})\s*(?:[:：]\W*|-{{2,}}|…)?$",
    re.IGNORECASE,
)
VERB_COLON = re.compile(rf">\s*(?:{_VERBS})\s*:", re.IGNORECASE)
COLON_AT_END = re.compile(r"[:：][\s*_\"]*$")
OPENER = re.compile(rf"^[\s*_\"'\-–—]*(?:{_OPENERS})\b[\s,.:]", re.IGNORECASE)
DATE = re.compile(_DATE)
#: a day and an hour
DAY_AND_HOUR = re.compile(
    r"(?:19|20)\d\d.{0,20}?\b\d{1,2}[:.h]\d{2}\b|\d{1,2}[:h]\d{2}.{0,20}(?:19|20)\d\d"
)
#: `2016-03-03 17:21 GMT+01:00 Name`, with or without address and colon
DATED = re.compile(
    r"^\s*(?:\d{4}-\d\d-\d\d,? \d{1,2}:\d\d(?::\d\d)?(?: (?:GMT|UTC|Z)?[+-]?[\d:]*)? [^\d\s].{0,120}|"
    r"\d{4}/\d{1,2}/\d{1,2} [^\d\s].{0,80}<[^<>@\s]+@[^<>\s]+>:?)$"
)
#: `11:00 AM, November 17, 2021, "Name" <address>:`, or any other date first and address last
NAMED_DATE = re.compile(
    r"^\W*(?:\d{1,2}:\d{2}.{0,60}\b(?:19|20)\d\d\b|\d{4}[年/. -]|\d{1,2}[./ -]+(?:\d{1,2}\b|\w{3,12})|"
    r"(?:\w{2,12}[.,]?,? ){1,2}\d{1,2}[. ]).{0,80}[<(][^<>@\s]+@[^<>\s]+[>)]\W*$"
)
#: `Em 12/11 o perito escreveu:` is told by the sender himself: no program puts an article there
ARTICLE = re.compile(
    r"^\W*(?:em|no dia|na|el|on)\b.{0,60}[\d,]\s+(?:o|a|os|as|um|uma|el|la|los|the|nosso|nossa|meu|"
    r"minha|our|my|su|nuestro|nuestra)\s+(?!las?\b|les\b)[^\W\d]",
    re.IGNORECASE,
)
#: `Citando Fulano <a@b>:`
QUOTING = re.compile(
    r"^\W*(?:citando(?: a)?|quoting|zitat von|citat|cita(?:ndo)? de|selon|citát|excerpts from|"
    r"quoth|en réponse à|in risposta a|wiadomość napisana przez|вы писали|você escreveu|"
    r"mensagem de|mensaje de|message de|nachricht von)\b.{1,160}[:：]\s*$",
    re.IGNORECASE,
)

_HEADER_KEYS = {
    "from": "from|de|remetente|von|da|expéditeur|van|fra|från|från|od|mittente|отправитель|от|від|"
    "от кого|lähettäjä|kimden|gönderen|feladó|发件人|發件人|寄件者|寄件人|差出人|送信者|보낸 사람|"
    "보낸사람|de la|expeditor|dari|από|αποστολέας|từ|desde|remitente|šalje|afzender|absender|"
    "avsändare|afsender|avsender|מאת|من|จาก|saatja|nuo",
    "date": "date|sent|data|enviado|enviado em|enviada|enviada em|enviadas|enviadas em|enviado el|"
    "enviado a|fecha|gesendet|datum|date d'envoi|envoyé|envoyé le|inviato|inviato il|verzonden|"
    "sendt|skickat|dato|wysłano|wyslano|data wysłania|odesláno|odoslané|data e hora|дата|"
    "отправлено|надіслано|изпратено|lähetetty|päivämäärä|päiväys|gönderildi|gönderilme tarihi|"
    "tarih|elküldve|dátum|发送时间|發送時間|寄件日期|傳送日期|日期|时间|日時|日付|送信日時|送信日|"
    "보낸 날짜|보낸날짜|날짜|trimis|dikirim|terkirim|tanggal|когда|датум|gesendet am|ngày|đã gửi|"
    "gửi|poslano|εστάλη|στάλθηκε|ημερομηνία|enviat|נשלח|תאריך|تم الإرسال|التاريخ|ส่ง|วันที่|sent at",
    "to": "to|para|an|à|pour|a|aan|til|till|do|destinatário|destinatario|destinatários|komu|кому|"
    "vastaanottaja|kime|címzett|收件人|收件者|宛先|받는 사람|받는사람|către|kepada|προς|đến|prima|za|"
    "per a|destinataire|empfänger|mottagare|modtager|mottaker|до|אל|إلى|ถึง",
    "cc": "cc|cco|bcc|c/c|copie|kopie|kopia|kópia|copia|cópia|copie à|копия|копія|抄送|副本|参照|참조|"
    "com cópia|cc'd",
    "subject": "subject|assunto|asunto|betreff|objet|sujet|oggetto|onderwerp|emne|ämne|temat|předmět|"
    "predmet|тема|относно|aihe|konu|tárgy|主题|主題|主旨|标题|件名|제목|subiect|perihal|subjek|θέμα|"
    "ref|chủ đề|zadeva|assumpte|tema|נושא|الموضوع|เรื่อง",
    "reply": "reply-to|responder a|responder para|antwort an|répondre à|rispondi a|risposta|"
    "responder|antwoord aan|organização|organization|importance|prioridade|prioridad|anexos|anexo|"
    "attachments|importância|importancia|priority|wichtigkeit|svar till|odpowiedz do|enviado por|"
    "mailed-by|signed-by|sensibilidade|anlagen|pièces jointes|bijlagen",
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
    "元のメッセージ|original mail|původní e-mail|pôvodná správa|αρχικό μήνυμα|邮件原件|원본 메시지|원본 메일|"
    "missatge original|originalmelding|videresendt besked|původní zpráva|reply message|mensagem anterior|resposta original"
)
#: `Message du : 12/12/2026 13:20`, above a copied header
DATED_ORIGINAL = re.compile(
    r"^\s*(?:message du|mensagem d[eo]|mensaje del?)\s*:\s*\d{1,2}/\d", re.IGNORECASE
)
ORIGINAL = re.compile(
    rf"(?:(?=[\s>*_|]*?[-=—–_*]{{2}})[\s>*_|=—–-]*+(?:{_ORIGINALS})\b.{{0,40}}|"
    rf"[\s>*_|]*+(?:(?:{_ORIGINALS})\s*[-=—–_*]{{3,}}|-{{6,}}\s*original\s*-{{6,}}))"
    rf"[\s*_]*+[:：]?\s*$",
    re.IGNORECASE,
)
#: characters of such a line, its strokes included
LONGEST_ORIGINAL = 250
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
    r"^(?=.*(?:repl|respon|respost|writ|typ|escrev|escrib|digit|antwort|répon|schreib|insir))"
    r".{0,80}(?:acima d(?:esta|essa) linha|above this (?:dotted )?line|below this (?:dotted )?line|"
    r"(?:encima|arriba) de esta l[ií]nea|oberhalb dieser (?:linie|zeile)|"
    r"au-dessus de cette ligne).{0,40}$",
    re.IGNORECASE,
)
#: subjects by which mail programs say that what follows is passed on
FORWARDED = re.compile(
    r"^\W*(?:\[[^\]]{0,60}\]\W*)?(?:fwd?|fw|enc|encam|encaminhad[oa]|rv|tr|wg|i|pd|vb|doorst|转发|"
    r"轉寄|転送)\s*[:：]",
    re.IGNORECASE,
)
#: the sender says that he wrote his answers into the copied mail
ANSWERED_INSIDE = re.compile(
    r"(?:respost|respond|coment|observaç|preench|complement|sinaliz|respuesta|anot|answer|repl|"
    r"comment|respons|notes|see)\w{0,12}\b[^.!?\n]{0,50}\b"
    r"(?:(?:em|na cor|en|in) (?:vermelho|azul|verde|amarelo|laranja|roxo|rosa|negrito|destaque|"
    r"caixa alta|maiúsculas?|rojo|negrita|red|blue|green|bold|caps|purple|orange|colou?r)|"
    r"(?:no|dentro do|en el|al) (?:próprio |mesmo )?(?:corpo|seu e-?mail|seu texto|texto)|"
    r"(?:em|a|en) cada (?:item|pergunta|ponto|linha|punto|pregunta)|"
    r"entre (?:as |las )?(?:linhas|líneas)|in-?line|in line|in the body)\b",
    re.IGNORECASE,
)
#: likewise, in words that as often announce what stands in the same mail
ANSWERED_BELOW = re.compile(
    r"(?:respostas|respondi|respondemos|comentei|comentários|respuestas|respondí|comentarios|"
    r"answers|replies|answered|replied|comments|responses)\b[^.!?:\n]{0,30}"
    r"\b(?:abaixo|abajo|debajo|below)\b|"
    r"\b(?:abaixo|abajo|below)\b[^.!?:\n]{0,20}\b(?:respostas|respuestas|answers|replies)\b",
    re.IGNORECASE,
)

#: what stands on either side of such a line
RULED = frozenset("-=—–_*>|")
WIDE_COLON = "："
#: words that a line must hold before it is compared with `REPLY_ABOVE`
ABOVE = (
    "cima desta",
    "cima dessa",
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
    "napsal",
    "pisze",
    "kirjoitti",
    "yazdı",
)
