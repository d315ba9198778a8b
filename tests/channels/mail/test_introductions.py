"""How mail programs of many languages introduce what they quote."""

import pytest

from channels.mail.quoting import split

NEW = "Resposta aqui."
INTRODUCTIONS = """
On Wed, Nov 18, 2026 at 10:12 AM, Ana Lima <ana@clinica.example> wrote:
On Wed, 18 Nov 2026 at 10:12, Ana Lima <ana@clinica.example> wrote:
On Nov 18, 2026 10:12 AM, "Ana Lima" <ana@clinica.example> wrote:
On Nov 18, 2026, at 10:12 AM, Ana Lima <ana@clinica.example> wrote:
On 18 Nov 2026, at 10:12, Ana Lima wrote:
On 11/18/26 10:12 AM, Ana Lima wrote:
On 2026-11-18 10:12, Ana Lima wrote:
On Wednesday, November 18, 2026, Ana Lima <ana@clinica.example> wrote:
On Wednesday, November 18th, 2026 at 10:12 AM, Ana Lima <ana@clinica.example> wrote:
On Wed, 2026-11-18 at 10:12 +0000, Ana Lima wrote:
Ana Lima <ana@clinica.example> wrote:
Ana Lima wrote on 18.11.2026 10:12:
Ana Lima <ana@clinica.example> wrote on Wed, 18 Nov 2026 10:12:
On 18 November 2026 10:12:11 GMT-03:00, Ana Lima <ana@clinica.example> wrote:
2026-11-18 10:12 GMT-03:00 Ana Lima <ana@clinica.example>:
18.11.2026, 10:12, "Ana Lima" <ana@clinica.example>:
18.11.2026 10:12, Ana Lima пишет:
Wed, 18 Nov 2026 10:12:00 +0300 от Ana Lima <ana@clinica.example>:
Среда, 18 ноября 2026, 10:12 +03:00 от Ana Lima <ana@clinica.example>:
ср, 18 нояб. 2026 г. в 10:12, Ana Lima <ana@clinica.example>:
18 ноября 2026 г., 10:12 пользователь Ana Lima <ana@clinica.example> написал:
18 нояб. 2026 г., в 10:12, Ana Lima <ana@clinica.example> написал(а):
Вы писали 18 ноября 2026 г., 10:12:
ср, 18 лист. 2026 р. о 10:12 Ana Lima <ana@clinica.example> пише:
Am 18.11.2026 um 10:12 schrieb Ana Lima:
Am Mi., 18. Nov. 2026 um 10:12 Uhr schrieb Ana Lima <ana@clinica.example>:
Am 18. November 2026 10:12:11 MEZ schrieb Ana Lima <ana@clinica.example>:
Am 18.11.2026 um 10:12 schrieb Ana Lima <ana@clinica.example>:
Ana Lima <ana@clinica.example> schrieb am Mi., 18. Nov. 2026, 10:12:
Ana Lima schrieb am 18.11.2026 um 10:12 Uhr:
Gesendet: Mittwoch, 18. November 2026 um 10:12 Uhr schrieb Ana <ana@clinica.example>:
Zitat von Ana Lima <ana@clinica.example>:
Le mer. 18 nov. 2026 à 10:12, Ana Lima <ana@clinica.example> a écrit :
Le 18/11/2026 à 10:12, Ana Lima a écrit :
Le 18 nov. 2026 à 10:12, Ana Lima <ana@clinica.example> a écrit :
Le mercredi 18 novembre 2026, Ana Lima <ana@clinica.example> a écrit :
Ana Lima <ana@clinica.example> a écrit :
Il giorno mer 18 nov 2026 alle ore 10:12 Ana Lima <ana@clinica.example> ha scritto:
Il 18/11/2026 10:12, Ana Lima ha scritto:
Il giorno 18 nov 2026, alle ore 10:12, Ana Lima <ana@clinica.example> ha scritto:
Il mercoledì 18 novembre 2026 10:12:11 CET, Ana Lima <ana@clinica.example> ha scritto:
Op wo 18 nov. 2026 om 10:12 schreef Ana Lima <ana@clinica.example>:
Op 18-11-2026 om 10:12 schreef Ana Lima:
Op 18 nov. 2026 om 10:12 heeft Ana Lima <ana@clinica.example> het volgende geschreven:
Op 18 november 2026 om 10:12 schreef Ana Lima:
Ana Lima schreef op 18-11-2026 10:12:
Den ons. 18. nov. 2026 kl. 10.12 skrev Ana Lima <ana@clinica.example>:
Den 18-11-2026 kl. 10:12 skrev Ana Lima:
Den 18. nov. 2026 kl. 10.12 skrev Ana Lima <ana@clinica.example>:
18. nov. 2026 kl. 10:12 skrev Ana Lima <ana@clinica.example>:
ons. 18. nov. 2026 kl. 10:12 skrev Ana Lima <ana@clinica.example>:
Den ons 18 nov. 2026 kl 10:12 skrev Ana Lima <ana@clinica.example>:
18 nov. 2026 kl. 10:12 skrev Ana Lima <ana@clinica.example>:
Den 2026-11-18 kl. 10:12, skrev Ana Lima:
På 18 november 2026 skrev Ana Lima:
På onsdag 18. november 2026 kl. 10:12:11, skrev Ana Lima <ana@clinica.example>:
Onsdag 18. november 2026 skrev Ana Lima følgende:
ke 18. marrask. 2026 klo 10.12 Ana Lima (ana@clinica.example) kirjoitti:
Ana Lima kirjoitti 18.11.2026 klo 10.12:
Ana Lima <ana@clinica.example> kirjoitti 18.11.2026 kello 10.12:
18.11.2026 10.12, Ana Lima kirjoitti:
śr., 18 lis 2026 o 10:12 Ana Lima <ana@clinica.example> napisał(a):
W dniu 18.11.2026 o 10:12, Ana Lima pisze:
W dniu 18 listopada 2026 10:12 użytkownik Ana Lima <ana@clinica.example> napisał:
Dnia 18 listopada 2026 10:12 Ana Lima <ana@clinica.example> napisał(a):
Dnia 18 lis 2026 o godz. 10:12 Ana Lima <ana@clinica.example> napisał(a):
Wiadomość napisana przez Ana Lima <ana@clinica.example> w dniu 18.11.2026, o godz. 10:12:
st 18. 11. 2026 v 10:12 odesílatel Ana Lima <ana@clinica.example> napsal:
Dne 18.11.2026 v 10:12 Ana Lima napsal(a):
Dne 18. listopadu 2026 10:12 Ana Lima <ana@clinica.example> napsal(a):
18. 11. 2026 v 10:12, Ana Lima <ana@clinica.example>:
Dňa 18.11.2026 o 10:12 Ana Lima napísal(a):
st 18. 11. 2026 o 10:12 Ana Lima <ana@clinica.example> napísal(a):
Ana Lima <ana@clinica.example>, 18 Kas 2026 Çar, 10:12 tarihinde şunu yazdı:
18 Kas 2026 tarihinde 10:12 saatinde, Ana Lima <ana@clinica.example> şunları yazdı:
18.11.2026 10:12 tarihinde Ana Lima yazdı:
2026年11月18日(水) 10:12 Ana Lima <ana@clinica.example>:
2026/11/18 10:12、Ana Lima <ana@clinica.example>のメール:
2026年11月18日 10:12、Ana Lima <ana@clinica.example>のメール:
On 2026/11/18 10:12, Ana Lima wrote:
Ana Lima さんは書きました:
Ana Lima <ana@clinica.example> 于2026年11月18日周三 10:12写道：
在 2026年11月18日，10:12，Ana Lima <ana@clinica.example> 写道：
在 2026/11/18 10:12, Ana Lima 写道:
在 2026-11-18 10:12:11，"Ana Lima" <ana@clinica.example> 写道：
Ana Lima <ana@clinica.example> 於 2026年11月18日 週三 上午10:12寫道：
2026년 11월 18일 (수) 오전 10:12, Ana Lima <ana@clinica.example>님이 작성:
2026. 11. 18. 오전 10:12, Ana Lima <ana@clinica.example> 작성:
Vào Th 4, 18 thg 11, 2026 vào lúc 10:12 Ana Lima <ana@clinica.example> đã viết:
Vào 18/11/2026 10:12, Ana Lima đã viết:
Pada tanggal Rab, 18 Nov 2026 pukul 10.12 Ana Lima <ana@clinica.example> menulis:
În mie., 18 nov. 2026 la 10:12, Ana Lima <ana@clinica.example> a scris:
Pe 18.11.2026 10:12, Ana Lima a scris:
Ana Lima <ana@clinica.example> ezt írta (időpont: 2026. nov. 18., Sze, 10:12):
2026. 11. 18. 10:12 keltezéssel, Ana Lima írta:
Στις Τετ 18 Νοε 2026 στις 10:12 π.μ., ο χρήστης Ana Lima <ana@clinica.example> έγραψε:
في الأربعاء، 18 نوفمبر 2026 10:12، كتب Ana Lima <ana@clinica.example>:
на ср, 18.11.2026 г. в 10:12 Ana Lima <ana@clinica.example> написа:
El mié, 18 nov 2026 a las 10:12, Ana Lima (<ana@clinica.example>) escribió:
El mié., 18 de nov. de 2026 10:12 a. m., Ana Lima <ana@clinica.example> escribió:
El 18 de noviembre de 2026, 10:12, Ana Lima <ana@clinica.example> escribió:
El 18/11/26 a las 10:12, Ana Lima escribió:
El 18/11/26 10:12, "Ana Lima" <ana@clinica.example> escribió:
El miércoles, 18 de noviembre de 2026, 10:12:11 ART, Ana Lima <ana@clinica.example> escribió:
El 18 nov 2026, a las 10:12, Ana Lima <ana@clinica.example> escribió:
El El mié, 18 nov 2026 a la(s) 10:12, Ana Lima <ana@clinica.example> escribió:
Ana Lima <ana@clinica.example> escribió:
El dc., 18 de nov. 2026 a les 10:12, Ana Lima (<ana@clinica.example>) va escriure:
Em qua., 18 de nov. de 2026 às 10:12, Ana Lima <ana@clinica.example> escreveu:
Em qua, 18 de nov de 2026 às 10:12, Ana Lima <ana@clinica.example> escreveu:
Em quarta-feira, 18 de novembro de 2026, Ana Lima <ana@clinica.example> escreveu:
Em quarta-feira, 18 de novembro de 2026 às 10:12:11 BRT, Ana Lima <ana@clinica.example> escreveu:
Em 18 de nov. de 2026, à(s) 10:12, Ana Lima <ana@clinica.example> escreveu:
Em 18/11/2026, à(s) 10:12, Ana Lima <ana@clinica.example> escreveu:
Em 18/11/26 10:12, "Ana Lima" <ana@clinica.example> escreveu:
Em 18/11/2026 10:12, Ana Lima escreveu:
Em 18-11-2026 10:12, Ana Lima escreveu:
Em 18.11.2026 10:12, Ana Lima escreveu:
Em 2026-11-18 10:12, ana@clinica.example escreveu:
Em 18 de novembro de 2026 10h12, Ana Lima escreveu:
Em 18 nov 2026 10:12, Ana Lima <ana@clinica.example> escreveu:
Em 18 de novembro de 2026 10:12:11 BRT, Ana Lima <ana@clinica.example> escreveu:
Em quarta-feira, 18 de novembro de 2026 10:12:11 Horário Padrão de Brasília, Ana Lima <ana@clinica.example> escreveu:
Em Qua, Novembro 18, 2026 10:12 -03, Ana Lima <ana@clinica.example> escreveu:
No dia 18 de nov. de 2026, às 10:12, Ana Lima <ana@clinica.example> escreveu:
No dia 18/11/2026, às 10:12, Ana Lima <ana@clinica.example> escreveu:
A 18/11/2026, às 10:12, Ana Lima <ana@clinica.example> escreveu:
A qua, 18/11/2026, 10:12, Ana Lima <ana@clinica.example> escreveu:
Às 10:12 de 18/11/2026, Ana Lima escreveu:
Ana Lima <ana@clinica.example> escreveu no dia quarta, 18/11/2026 à(s) 10:12:
Ana Lima <ana@clinica.example> escreveu (quarta, 18/11/2026 à(s) 10:12):
Ana Lima <ana@clinica.example> escreveu em qua., 18 nov. 2026 às 10:12:
Ana Lima escreveu em 18/11/2026 10:12:
Ana Lima <ana@clinica.example> escreveu:
Em Qua 18/11/26 10:12 , Ana Lima ana@clinica.example escreveu:
Em Qua, 18 de Nov de 2026 10:12, Ana Lima enviou:
Em 18/11/2026 às 10:12 Ana Lima <ana@clinica.example> escreveu:
Citando Ana Lima <ana@clinica.example>:
---- Em qua, 18 nov 2026 10:12:11 -0300 Ana Lima <ana@clinica.example> escreveu ----
---- On Wed, 18 Nov 2026 10:12:11 -0300 Ana Lima <ana@clinica.example> wrote ---
---- Ativado qua, 18 nov 2026 10:12:11 -0300 Ana Lima <ana@clinica.example> escreveu ----
---- El mié, 18 nov 2026 10:12:11 -0300 Ana Lima <ana@clinica.example> escribió ----
*Em 18/11/2026 10:12, Ana Lima escreveu:*
De: Ana Lima em 18/11/2026 10:12 escreveu:
At 10:12 AM 11/18/2026, Ana Lima wrote:
At 2026-11-18 10:12:11, "Ana Lima" <ana@clinica.example> wrote:
From: Ana Lima <ana@clinica.example> wrote on 18/11/2026:
In a message dated 11/18/2026 10:12:11 AM Eastern Standard Time, ana@clinica.example writes:
On Wed Nov 18 10:12:11 2026, ana@clinica.example wrote:
Excerpts from Ana Lima's message of November 18, 2026 10:12 am:
dne st 18. 11. 2026 v 10:12 uživatel Ana Lima <ana@clinica.example> napsal:
Ana Lima <ana@clinica.example> je 18. 11. 2026 ob 10:12 napisal:
sri, 18. stu 2026. u 10:12 Ana Lima <ana@clinica.example> napisao je:
""".strip().split("\n")
#: from, date, to, subject as the mail programs of a language name them
HEADERS = """
De:; Enviada em:; Para:; Assunto:; quarta-feira, 18 de novembro de 2026 10:12
De:; Enviado:; Para:; Assunto:; quarta-feira, 18 de novembro de 2026 10:12
De:; Data:; Para:; Assunto:; 18/11/2026
Remetente:; Data:; Destinatário:; Assunto:; 18/11/2026
De:; Enviado el:; Para:; Asunto:; miércoles, 18 de noviembre de 2026 10:12
De:; Fecha:; Para:; Asunto:; miércoles, 18 de noviembre de 2026 10:12
Desde:; Enviado:; A:; Asunto:; miércoles
From:; Sent:; To:; Subject:; Wednesday, November 18, 2026 10:12 AM
From:; Date:; To:; Subject:; Wednesday, November 18, 2026 10:12 AM
Von:; Gesendet:; An:; Betreff:; Mittwoch, 18. November 2026 10:12
Von:; Datum:; An:; Betreff:; Mittwoch, 18. November 2026 10:12
De :; Envoyé :; À :; Objet :; mercredi 18 novembre 2026 10:12
De :; Date :; À :; Objet :; mercredi 18 novembre 2026 10:12
De:; Envoyé le:; Pour:; Sujet:; mercredi 18 novembre 2026 10:12
Da:; Inviato:; A:; Oggetto:; mercoledì 18 novembre 2026 10:12
Da:; Data:; A:; Oggetto:; mercoledì
Van:; Verzonden:; Aan:; Onderwerp:; woensdag 18 november 2026 10:12
Van:; Datum:; Aan:; Onderwerp:; woensdag 18 november 2026 10:12
Fra:; Sendt:; Til:; Emne:; 18. november 2026 10:12
Fra:; Dato:; Til:; Emne:; 18. november 2026 10:12
Från:; Skickat:; Till:; Ämne:; den 18 november 2026 10:12
Från:; Datum:; Till:; Ämne:; den 18 november 2026 10:12
Lähettäjä:; Lähetetty:; Vastaanottaja:; Aihe:; keskiviikko 18. marraskuuta 2026 10:12
Lähettäjä:; Päiväys:; Vastaanottaja:; Aihe:; ke
Od:; Wysłano:; Do:; Temat:; środa, 18 listopada 2026 10:12
Od:; Data:; Do:; Temat:; środa, 18 listopada 2026 10:12
Od:; Odesláno:; Komu:; Předmět:; středa 18. listopadu 2026 10:12
Od:; Datum:; Komu:; Předmět:; středa 18. listopadu 2026 10:12
Od:; Odoslané:; Komu:; Predmet:; streda 18. novembra 2026 10:12
От:; Отправлено:; Кому:; Тема:; 18 ноября 2026 г. 10:12
От кого:; Дата:; Кому:; Тема:; 18 ноября 2026 г. 10:12
Від:; Надіслано:; Кому:; Тема:; 18 листопада 2026 р. 10:12
Kimden:; Gönderildi:; Kime:; Konu:; 18 Kasım 2026 Çarşamba 10:12
Gönderen:; Gönderilme tarihi:; Kime:; Konu:; 18 Kasım 2026 Çarşamba 10:12
Feladó:; Elküldve:; Címzett:; Tárgy:; 2026. november 18., szerda 10:12
De la:; Trimis:; Către:; Subiect:; miercuri, 18 noiembrie 2026 10:12
Από:; Εστάλη:; Προς:; Θέμα:; Τετάρτη, 18 Νοεμβρίου 2026 10:12
差出人:; 送信日時:; 宛先:; 件名:; 2026年11月18日 10:12
From:; 日時:; To:; 件名:; 2026年11月18日 10:12
发件人:; 发送时间:; 收件人:; 主题:; 2026年11月18日 10:12
發件人：; 日期：; 收件人：; 主旨：; 2026年11月18日 10:12
寄件者:; 寄件日期:; 收件者:; 主旨:; 2026年11月18日 10:12
보낸 사람:; 보낸 날짜:; 받는 사람:; 제목:; 2026년 11월 18일 수요일 오전 10:12
보낸사람:; 날짜:; 받는사람:; 제목:; 2026년
Fra:; Sendt:; Til:; Emne:; onsdag 18. november 2026 10:12
Šalje:; Poslano:; Prima:; Predmet:; 18. studenog 2026. 10:12
Od:; Poslano:; Za:; Zadeva:; 18. november 2026 10:12
От:; Изпратено:; До:; Относно:; сряда, 18 ноември 2026 г. 10:12
Từ:; Đã gửi:; Đến:; Chủ đề:; 18/11/2026
Dari:; Terkirim:; Kepada:; Subjek:; 18/11/2026
מאת:; נשלח:; אל:; נושא:; 18/11/2026
من:; تم الإرسال:; إلى:; الموضوع:; 18/11/2026
จาก:; ส่ง:; ถึง:; เรื่อง:; 18/11/2026
De:; Enviat:; Per a:; Assumpte:; 18/11/2026
""".strip().split("\n")
ORIGINALS = """
-----Mensagem original-----
-----Mensagem Original-----
----- Mensagem original -----
-------- Mensagem original --------
------ Mensagem Original ------
-----Mensaje original-----
-------- Mensaje original --------
-----Original Message-----
-------- Original message --------
----- Original Message -----
-------- Original Message --------
-----Ursprüngliche Nachricht-----
-------- Ursprüngliche Nachricht --------
-------- Originalnachricht --------
-----Message d'origine-----
-------- Message d'origine --------
-------- Message original --------
-----Messaggio originale-----
-------- Messaggio originale --------
-----Oorspronkelijk bericht-----
-------- Oorspronkelijk bericht --------
-----Oprindelig meddelelse-----
-------- Oprindelig besked --------
-----Opprinnelig melding-----
-------- Originalmelding --------
-----Ursprungligt meddelande-----
-------- Originalmeddelande --------
-----Alkuperäinen viesti-----
-------- Alkuperäinen viesti --------
-----Wiadomość oryginalna-----
-----Oryginalna wiadomość-----
-------- Oryginalna wiadomość --------
-----Původní zpráva-----
-------- Původní zpráva --------
---------- Původní e-mail ----------
-----Pôvodná správa-----
-----Исходное сообщение-----
-------- Исходное сообщение --------
-----Özgün İleti-----
-------- Orijinal mesaj --------
-----Orijinal Mesaj-----
-----Eredeti üzenet-----
-----Mesaj original-----
-----Αρχικό μήνυμα-----
-----邮件原件-----
------------------ 原始邮件 ------------------
------------------ Original ------------------
-----原始郵件-----
-----元のメッセージ-----
-----원본 메시지-----
--------- 원본 메일 ---------
-----Missatge original-----
_____ Mensagem original _____
====== Mensagem original ======
""".strip().split("\n")


@pytest.mark.parametrize("line", INTRODUCTIONS)
def test_an_introduction_goes_with_what_it_introduces(line: str):
    assert split(f"{NEW}\n\n{line}\n\n> um\n> dois\n")[0] == NEW
    assert split(f"{NEW}\n\n> {line}\n>\n> um\n")[0] == NEW
    assert split(f"{line}\n> um\n> dois\n\n{NEW}\n")[0] == NEW


@pytest.mark.parametrize("line", [each for each in INTRODUCTIONS if " <" in each])
def test_an_introduction_may_be_broken_before_and_in_its_address(line: str):
    name, address = line.split(" <", 1)
    assert split(f"{NEW}\n\n{name} <\n{address}\n\n> um\n")[0] == NEW
    assert split(f"{NEW}\n\n{name}\n<{address}\n\n> um\n")[0] == NEW


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("form", ["{} {}", "*{}* {}", "> {} {}"])
def test_a_copied_header_begins_the_old_part(header: str, form: str):
    *names, day = header.split("; ")
    values = ("Ana Lima <ana@clinica.example>", day, "Bia", "Guia")
    lines = [form.format(name, value) for name, value in zip(names, values, strict=True)]
    ruler = "_" * 32
    assert split("\n".join([NEW, "", *lines, "", "> um"]))[0] == NEW
    if not form.startswith(">"):
        assert split("\n".join([NEW, ruler, *lines, "", "um"]))[0] == NEW
        first, *rest = lines
        assert split("\n".join([NEW, "", first, *reversed(rest), "", "um"]))[0] == NEW


@pytest.mark.parametrize("line", ORIGINALS)
def test_a_line_that_names_the_original_begins_the_old_part(line: str):
    assert split(f"{NEW}\n\n{line}\nAna Lima <ana@clinica.example>\num")[0] == NEW


@pytest.mark.parametrize(
    "line",
    [
        "## Responda acima desta linha ##",
        "##- Por favor, digite sua resposta acima desta linha -##",
        "Escreva sua resposta acima dessa linha",
        "--- Please reply above this line ---",
        "-=-=- Do not write below this line -=-=-",
        "Escriba su respuesta por encima de esta línea",
        "Bitte antworten Sie oberhalb dieser Linie",
    ],
)
def test_a_line_that_asks_for_the_answer_above_it(line: str):
    assert split(f"{NEW}\n\n{line}\n\num\n")[0] == NEW
    assert split(f"{NEW}\n\nEm 18/11/2026 10:12, Ana escreveu:\n> {line}\n> um")[0] == NEW


@pytest.mark.parametrize(
    "text",
    [
        'Em 12/11/2026 o perito escreveu:\n"sem nexo causal"\n\nDiscordamos.',
        "Em 12/11, a enfermeira escreveu:\nrepouso",
        "On 11/12/2026 the doctor wrote:\nrest",
        "Assinei acima desta linha, como pedido.",
        "De: 10/11\nAté: 14/11\nTotal de 4 diárias.",
        "Em anexo, a lista enviada em 12/11/2026:\n- guia\n- laudo",
    ],
)
def test_the_sender_may_speak_of_writing(text: str):
    assert split(text) == (text, "")
