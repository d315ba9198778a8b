"""How people, telephones and lawyers end a message.

Only patterns; they ignore case.
"""

import re

#: what telephones and mail programs add by themselves
DEVICE = re.compile(
    r"^[\s*_>\-\[(]*(?:"
    r"(?:sent|shared|posted|written) (?:from|via|using|with|by) (?:my|an?|the)?\s*\S|"
    r"enviad[oa](?:s)? (?:d[oae]s?|pel[oa]|via|a partir|com|usando|por|desde|con) \S|"
    r"enviado (?:no|na|em) meu \S|mensagem enviada (?:d[oe]|pel[oa]|por|via)|"
    r"envoy[ée]e? (?:de(?:puis)?|à partir|avec|par|via) |gesendet (?:von|mit|aus|über|via) |"
    r"(?:von|diese nachricht wurde von) (?:meinem|unterwegs)\b.{0,50}(?:gesendet|geschickt)|"
    r"inviato d(?:a|al|alla) |verzonden (?:met|vanaf|vanuit|via) |verstuurd (?:vanaf|met|vanuit) |"
    r"skickat från |skickades från |sendt fra |sendt via |lähetetty |wysłan[eoay] (?:z|ze) |"
    r"(?:odesláno|odoslané|poslano|posláno) (?:z|s|iz) |отправлено (?:с|из|от) |надіслано з |"
    r"(?:.{0,40}(?:telefonumdan|cihazımdan|iphone'umdan) gönderildi)|telefonumdan|iphone'umdan|"
    r"(?:get|obter|obtenha|obtener|obtén|obtenir|ottieni|télécharger|baixe|baixar|descarga|"
    r"descargar|holen sie sich|scarica|hämta|hent|få|hanki|pobierz|získejte|download)"
    r"(?: (?:o|aplikację))? (?:outlook|yahoo|bluemail|spark|gmail|uol)|"
    r"yahoo mail:|outlook (?:para|for|für|pour|voor|per|til|för|dla)|via (?:outlook|iphone|android)|"
    r"(?:发自|從我的|从我的.{1,20}发送|發自|iphone ?から|android ?から|.{1,20}에서 (?:보냄|보낸))|"
    r"(?:do|de) meu (?:iphone|ipad|android|celular|smartphone|samsung|galaxy)|"
    r"trimis (?:de pe|din) )",
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
