"""How people, telephones and lawyers end a message."""

import pytest

from channels.mail.parse import parse
from channels.mail.quoting import split
from tests.channels.mail.samples import letter

DEVICES = """
Enviado do meu iPhone
Enviado do meu iPad
Enviado do meu Galaxy
Enviado do meu smartphone Samsung Galaxy.
Enviado do meu celular
Enviado de meu Samsung
Enviado do meu dispositivo Samsung
Enviado do Yahoo Mail no Android
Enviado do Yahoo Mail para iPhone
Enviado do Outlook
Enviado do Outlook para iOS
Enviado do Email para Windows
Enviado do Email para Windows 10
Enviado a partir do meu iPhone
Enviado a partir do Outlook
Enviado via UOL Mail
Enviado via iPhone
Enviado por Samsung Mobile
Enviado pelo meu Motorola
Enviado pelo Gmail Mobile
Enviado com o e-mail seguro Proton Mail.
Enviado com Proton Mail
Enviado com Mailspring
Enviada do meu iPhone
Enviado desde mi iPhone
Enviado desde mi Samsung
Enviado desde Outlook
Enviado desde Yahoo Mail para Android
Enviado desde Correo para Windows
Enviado de mi iPhone
Enviado con Proton Mail
Obter o Outlook para iOS
Obter o Outlook para Android<https://aka.ms/x>
Obter Outlook para Android
Obtenha o Outlook para iOS
Obtenha o BlueMail para Android
Obtener Outlook para iOS
Obtén Outlook para Android
Get Outlook for iOS
Get Outlook for Android<https://aka.ms/ghei36>
Get BlueMail for Android
Sent from my iPhone
Sent from my Samsung Galaxy smartphone.
Sent from my mobile
Sent from Outlook for Android
Sent from Mail for Windows
Sent from Mailspring
Sent from Yahoo Mail on Android
Sent from Yahoo Mail for iPhone
Sent via the Samsung Galaxy S8, an AT&T 5G smartphone
Sent using Zoho Mail
Sent with Proton Mail secure email.
Sent by mobile phone
Sent from a phone, please excuse typos.
Von meinem iPhone gesendet
Gesendet mit der GMX Mail App
Diese Nachricht wurde von meinem Android-Gerät mit K-9 Mail gesendet.
Envoyé de mon iPhone
Envoyé depuis mon mobile
Envoyé depuis l'application Mail pour Windows
Envoyé à partir d’Outlook pour Android
Obtenir Outlook pour Android
Télécharger Outlook pour iOS
Inviato da iPhone
Inviato dal mio iPhone
Scarica Outlook per Android
Ottieni Outlook per Android
Verstuurd vanaf mijn iPhone
Verzonden vanaf mijn Samsung Galaxy
Outlook voor iOS downloaden
Skickat från min iPhone
Hämta Outlook för iOS
Sendt fra min iPhone
Hent Outlook til iOS
Få Outlook for iOS
Lähetetty iPhonesta
Hanki Outlook for iOS
Wysłane z iPhone'a
Wysłano z programu Outlook
Pobierz aplikację Outlook dla systemu Android
Odesláno z iPhonu
Získejte Outlook pro Android
Отправлено с iPhone
iPhone'umdan gönderildi
iPhone から送信
iPhoneから送信
发自我的iPhone
从我的 iPhone 发送
나의 iPhone에서 보냄
K-9 Mail ile Android cihazımdan gönderildi
Trimis de pe iPhone-ul meu
Poslano z mého iPhonu
""".strip().split("\n")


@pytest.mark.parametrize("line", DEVICES)
@pytest.mark.parametrize(
    "form", ["{}", "_{}_", "--\n{}", "{}\n\nEm 18/11/2026 10:12, Ana escreveu:\n> oi"]
)
def test_the_line_of_a_telephone_is_folded(line: str, form: str):
    new, old = split(f"Resposta aqui.\n\n{form.format(line)}")
    assert new == "Resposta aqui."
    assert line in old


def test_tails_are_folded_one_below_the_other():
    text = (
        "Segue.\n\n-- \nAna\n\nAVISO LEGAL: esta mensagem é confidencial.\n\n"
        "This e-mail is confidential and intended for its recipient.\n\nEnviado do meu iPhone"
    )
    assert split(text)[0] == "Segue."


def test_a_signature_that_only_the_html_marks_is_folded_in_the_plain_text_too():
    plain = "Seguem as evoluções.\n\n*Karen Dias*\nTerapeuta\n"
    page = (
        '<div dir="ltr">Seguem as evoluções.<div class="gmail_signature"><b>Karen Dias</b>'
        "<div>Terapeuta</div></div></div>"
    )
    both = (
        f"--x\nContent-Type: text/plain; charset=utf-8\n\n{plain}\n"
        f"--x\nContent-Type: text/html; charset=utf-8\n\n{page}\n--x--\n"
    )
    read = parse(letter(both, Content_Type='multipart/alternative; boundary="x"'))
    assert read.reply_text == "Seguem as evoluções."
    assert "Karen Dias" in read.quoted_text
