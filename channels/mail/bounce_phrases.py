"""How mail servers say that a message did not arrive: tables only, all patterns ignore case."""

import re

SUBJECT = re.compile(
    r"undeliver(?:ed|able)|un-?deliverable|returned (?:mail|to sender|message)|return(?:ed|ing) (?:mail|"
    r"message)? ?to sender|failure notice|"
    r"(?:mail|message|delivery) (?:delivery )?(?:fail(?:ed|ure)|error|status not|problem)|"
    r"deliver(?:y|ies) (?:status )?(?:notification|report|failure|problem|error|delayed|has failed|"
    r"unsuccessful)|delivery notification|failed (?:delivery|mail)|delivery (?:has )?failed|"
    r"mail failed|mail failure|could(?: not|n't) (?:be )?(?:send|sent|deliver)|"
    r"warning: (?:could not send|message)|\S+ (?:message )?delayed|mail system error|"
    r"error sending your (?:mail|message)|permanent delivery|transient delivery|"
    r"(?:user|host|recipient) unknown|mailbox (?:is )?(?:full|unavailable|over)|"
    r"rejected:|message (?:rejected|blocked|refused|not delivered)|nondeliverable|non[- ]delivery|"
    r"não (?:foi )?(?:pôde ser |possível )?entreg|não (?:entregue|pode ser entregue)|"
    r"falha (?:na|no|de) (?:entrega|envio)|erro (?:na|no|de) (?:entrega|envio)|"
    r"(?:mensagem|e-?mail) (?:não entregue|devolvid|rejeitad|recusad|retornad)|"
    r"notificação d[eo] (?:status|estado) (?:da|de) entrega|aviso de não entrega|"
    r"entrega (?:atrasada|adiada|com atraso|falhou)|devolução de (?:mensagem|e-?mail)|"
    r"no (?:se ha podido|se pudo|ha sido posible) entreg|mensaje (?:no entregado|devuelto)|"
    r"no entregado|error (?:de|en la) entrega|fallo (?:de|en la) entrega|correo devuelto|"
    r"unzustellbar|nicht zustellbar|zustellung fehlgeschlagen|zustellungs?fehler|zustellstatus|"
    r"übermittlungsstatus|(?:échec|non).{0,15}(?:remis|distribu|livr)|non remis|message non distribué|"
    r"mancato recapito|mancata consegna|consegna non riuscita|impossibile recapitare|"
    r"не доставлено|недоставлен|ошибка доставки|onbestelbaar|niet bezorgd|"
    r"kunde inte levereras|olevererbart|kan ikke leveres|niedostarczon|nedoručiteln|"
    r"(?:is|are) not (?:a )?member|退信|邮件传输失败|投递失败|エラー通知|配信(?:不能|エラー)|送信できません",
    re.IGNORECASE,
)
#: titles only servers give
SERVERS_SUBJECT = re.compile(
    r"\s*(?:undelivered mail returned to sender|undeliverable(?: mail| message)?\b|failure notice\b|"
    r"returned mail: |(?:mail|message) delivery (?:failed|failure)|delivery failure\b|"
    r"delivery status notification|mail delivery (?:system|subsystem|status)|mail system error|"
    r"delivery notification: |warning: could not send message|delivery has failed|"
    r"não (?:foi possível|é possível) entregar|não entregue: |no se puede entregar: |unzustellbar: )",
    re.IGNORECASE,
)
DELAYED_SUBJECT = re.compile(
    r"\bdelay(?:ed)?\b|warning: could not send|still (?:being )?(?:retried|queued|trying)|"
    r"transient delivery|notification: warning|not (?:yet )?delivered (?:yet|after)|"
    r"atras(?:o|ada)|adiad[ao]|verzögert|retard|retras|ritard",
    re.IGNORECASE,
)
DELAYED_TEXT = re.compile(
    r"will (?:continue to (?:be )?(?:retr|try|attempt)|keep trying|be (?:retried|tried again))|"
    r"has not (?:yet )?been delivered|will retry (?:for|to)|no action is required|"
    r"you do not need to resend|delivery attempts will continue|this is a warning message only|"
    r"still (?:in the queue|trying|being retried)|has been delayed|delivery to .{0,80} delayed|"
    r"não (?:é necessário|precisa) reenviar|continuar(?:á|emos|ei)? (?:a )?tentando|"
    r"continuar(?:á|emos) a tentar|noch nicht zugestellt|wird weiter versucht",
    re.IGNORECASE,
)
GIVEN_UP = re.compile(
    r"permanent (?:error|failure)|giving up|gave up|given up|final failure|no longer be retried|"
    r"delivery (?:has )?failed (?:permanently)?|returned to (?:the )?sender|fatal errors|"
    r"não será(?:o)? (?:feitas|realizadas)? ?(?:novas|mais) tentativas|desisti",
    re.IGNORECASE,
)
TEXT = re.compile(
    r"could(?: not|n't) (?:be )?(?:deliver|reach|sen[dt]|process)|unable to (?:deliver|send|relay|process)|"
    r"(?:was|were|been|is|be) (?:un|not )(?:deliver(?:ed|able)|successfully)|not (?:be )?delivered|"
    r"undeliver(?:ed|able)|(?:delivery|message|mail)[\w ,']{0,60} (?:has )?(?:failed|rejected|refused|"
    r"blocked|returned|bounced)|failed (?:to (?:be )?deliver|permanently|addresses|recipient|for)|"
    r"(?:address|recipient)(?:es|s|\(es\))? (?:failed|had (?:permanent|fatal|transient))|"
    r"did not reach|didn't reach|wasn't delivered|permanent (?:fatal )?errors?|fatal errors?|transcript of session|"
    r"(?:no such|unknown|invalid|unrouteable|non-?existent|bad) (?:user|recipient|address|mailbox|host|"
    r"domain|account|local)|(?:user|recipient|host|mailbox|address|account)[\w ,<>@.\"'-]{0,60} "
    r"(?:unknown|not found|doesn't (?:exist|have)|does not exist|not exist|is (?:full|disabled|inactive|unavailable)|"
    r"(?:not|isn't) (?:listed|known|exist|valid|member))|(?:are )?not (?:a )?member|"
    r"(?:over|exceeded|exceeds) (?:the )?(?:\w+ )?(?:quota|storage|disk|size|limit|allowed)|mailbox (?:is )?full|"
    r"quota exceeded|unknown local part|relaying denied|errors? (?:occurred|detected|was|were)|said:\s*[45]\d\d|"
    r"had problems delivering|problem delivering|were unable to|has been (?:suspended|delayed)|was delayed|"
    r"não (?:foi|pôde|pode|existe|encontrad|entregue|localizad)[\w ]{0,20}|falha|devolvid|recusad|"
    r"caixa (?:postal )?(?:cheia|lotada|inexistente)|usuário (?:desconhecido|inexistente)|"
    r"no (?:se ha podido|se pudo|existe|pudo)|konnte nicht|nicht zugestellt|unzustellbar|fehlgeschlagen|"
    r"n'a pas pu|n'ont pas pu|non (?:remis|distribu)|non (?:è stato|può essere)|impossibile|"
    r"не (?:доставлено|может быть|существует|удалось)|送信できません|送れません|届け(?:られ|る)|配信できません|"
    r"メールエラー|見つかりません|无法(?:送达|投递)|不存在|失败",
    re.IGNORECASE,
)
#: below these a server puts the message it returns
#: blanks before it are those of its own line: runs of blank lines would be tried from each of them
COPY = re.compile(
    r"^[ \t\xa0>|]*(?:(?:-{2,}|={2,}|_{2,}|\*{2,})\s{0,8})?(?:this is a copy of (?:the|your) message|"
    r"below (?:this line|is) (?:is )?a copy|(?:the )?original (?:message|mail|headers?)(?! was)(?: follows| headers)?|"
    r"(?:the )?(?:original )?message (?:headers?|follows|text follows)|returned (?:message|mail)|"
    r"unsent message|undelivered message|"
    r"header of (?:the )?original|the header of the|(?:a )?copy of (?:the|your) (?:original )?"
    r"(?:message|mail)|received: header|first \d+ lines|your original message|message header|"
    r"the (?:body|attached|following) (?:of the|message) |------ |mensagem original|"
    r"cópia da mensagem|mensaje original|ursprüngliche nachricht|follows below|"
    r"content of (?:the )?original|включая все заголовки|"
    r"начало исходного|оригинальное сообщение)",
    re.IGNORECASE | re.MULTILINE,
)
MACHINE = re.compile(
    r"^(?:mail(?:er)?[-_.]?(?:daemon|delivery|system|error|gateway)[\w.-]*|po+st[-_]?master|mdaemon|daemon|"
    r"mail\.delivery\.system|maildaemon|bounces?|bounce-\S+|ndr|sysadmin|delivery|noreply-?bounce|"
    r"smtp[-_]gateway\S*|\S+_for_smtp_gateways|microsoftexchange\w+|mmdf|uucp|"
    r"\S+-(?:admin|owner|bounces|request)|owner-\S+)$",
    re.IGNORECASE,
)
DAEMON = re.compile(r"mail(?:er)?[-_.]?(?:daemon|delivery)|mail\.delivery\.system", re.IGNORECASE)
#: nobody reads what is sent there; people's programs answer from it too
ANSWERLESS = re.compile(
    r"(?:no|do[-_.]?not|n[aã]o)[-_.]?(?:reply|responda?|responder)\b|nao-?responda", re.IGNORECASE
)
#: what people write mail with
PROGRAM = re.compile(
    r"outlook|thunderbird|mozilla|apple mail|iphone|ipad|android|k-9|samsung|roundcube|zimbra|"
    r"squirrelmail|horde|rainloop|sogo|evolution|kmail|em ?client|mailbird|postbox|the bat|foxmail|"
    r"windows (?:live )?mail|mutt|pine|yahoomail|gmail|uol|locaweb|lotus notes|incredimail|claws",
    re.IGNORECASE,
)
MACHINE_NAME = re.compile(
    r"mail(?:er)?[- ]?(?:daemon|delivery|administrator|admin)|postmaster|delivery (?:sub)?system|"
    r"mail system|sistema de (?:entrega|correio)|microsoft outlook|system administrator",
    re.IGNORECASE,
)

#: the status a diagnosis means when none is written (RFC 3463), and what it says then; first wins
_MEANINGS = {
    "5.2.2": (
        r"(?:mailbox|quota|account|storage|disk|folder)[^.]{0,40}(?:is )?(?:full|exceed|over)|"
        r"over ?quota|exceed\w* (?:\w+ ){0,3}(?:quota|storage|limit of)|caixa (?:postal )?(?:\w+ )?"
        r"(?:cheia|lotada)|out of (?:disk )?(?:space|storage)|not enough (?:disk )?(?:space|storage)|"
        r"boîte .{0,20}pleine|buz[óo]n lleno|überfüllt|переполнен|容量|未満|いっぱい"
    ),
    "5.3.4": (
        r"(?:message|mail|size)[^.]{0,30}(?:too (?:big|large)|exceed)|size limit|muito grande"
    ),
    "5.1.1": (
        r"(?:user|recipient|mailbox|account|address|local part|alias|usu[áa]rio|destinat[áa]rio|"
        r"conta|caixa)[^.\n]{0,60}(?:unknown|not (?:be )?(?:found|exist|known|listed|valid)|"
        r"does(?: not|n't) (?:exist|have)|doesn't|no longer|unavailable|inexistente|desconhecid|"
        r"não (?:existe|encontrad|localizad)|invalid|rejected|isn't)|(?:unknown|invalid|no such|bad|"
        r"unrouteable|illegal|non-?existent|can't find|undefined) (?:local |or illegal )?(?:user|recipient|address|mailbox|"
        r"alias|account|part)|no such (?:user|person|mailbox)|not our customer|no mailbox here|"
        r"não (?:existe|foi encontrad)|no existe|неизвестн|не существует|見つかりません|不存在"
    ),
    "5.1.2": (
        r"(?:host|domain|server|dom[ií]nio)[^.\n]{0,60}(?:unknown|not (?:found|exist)|unrout|"
        r"não (?:existe|encontrad))|(?:unknown|no such|invalid|bad|unrouteable) (?:mail )?"
        r"(?:host|domain)|nxdomain|"
        r"name service error|dns error|couldn't find any host"
    ),
    "5.2.1": (
        r"(?:disabled|suspended|inactive|deactivated|blocked account|desativad|suspens|inativ)"
    ),
    "5.7.1": (
        r"spam|blacklist|blocklist|block(?:ed)? (?:list|using)|policy|polic[ií]|denied|prohibited|"
        r"not (?:allowed|permitted|authorized)|forbidden|spf|dmarc|dkim|reputation"
    ),
    "4.4.1": (
        r"retry time(?:out)? (?:not reached|exceeded)|timed? ?out|too long|expired|"
        r"connection (?:refused|lost|timed|dropped)|no route|unreachable|can't connect|couldn't connect|"
        r"tempo (?:esgotado|limite)|hop count|too many hops|retries"
    ),
    "4.0.0": (r"try again|temporar|greylist|graylist|deferred|resources"),
}
MEANINGS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), status) for status, pattern in _MEANINGS.items()
)
#: SMTP replies -> the status they mean when none is written
REPLIES = {
    "421": "4.3.2",
    "422": "4.2.2",
    "431": "4.3.1",
    "441": "4.4.1",
    "442": "4.4.2",
    "447": "4.4.7",
    "450": "4.2.0",
    "451": "4.3.0",
    "452": "4.2.2",
    "454": "4.7.0",
    "500": "5.5.1",
    "501": "5.5.4",
    "503": "5.5.1",
    "510": "5.1.1",
    "511": "5.1.1",
    "512": "5.1.2",
    "521": "5.3.2",
    "523": "5.3.4",
    "530": "5.7.0",
    "535": "5.7.8",
    "541": "5.7.1",
    "550": "5.0.0",
    "551": "5.1.6",
    "552": "5.2.2",
    "553": "5.1.3",
    "554": "5.0.0",
    "555": "5.5.4",
    "556": "5.1.10",
    "557": "5.7.1",
    "571": "5.7.1",
}
