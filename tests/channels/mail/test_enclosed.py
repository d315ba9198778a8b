from channels.mail.parse import parse
from tests.channels.mail.samples import letter

INNER = (
    "From: Ana <ana@x.example>\nSubject: =?utf-8?q?Recusa_da_guia_n=C2=BA_7?=\n"
    "Content-Type: text/plain; charset=utf-8\n\nA guia foi recusada."
)
READ = "From: Ana <ana@x.example>\nSubject: Recusa da guia nº 7\n\nA guia foi recusada."
INVITATION = """BEGIN:VCALENDAR
X-WR-CALNAME:Agenda
BEGIN:VEVENT
SUMMARY;LANGUAGE=pt-BR:Reunião sobre glosas\\, lote 9
DTSTART;TZID="America/Sao_Paulo":20261124T140000
DTEND:20261124T180000Z
DESCRIPTION:Trazer as guias\\nassinadas e o
  demonstrativo
END:VEVENT
END:VCALENDAR"""


def test_a_message_forwarded_without_a_word_says_what_it_encloses():
    body = f"--b\nContent-Type: message/rfc822\n\n{INNER}\n--b--\n"
    parsed = parse(letter(body, Content_Type="multipart/mixed; boundary=b"))
    assert parsed.text == parsed.reply_text == READ
    assert [each.filename for each in parsed.attachments] == ["Recusa da guia nº 7.eml"]


def test_a_message_that_is_nothing_but_another_one_is_read():
    assert parse(letter(INNER, Content_Type="message/rfc822")).text == READ


def test_a_digest_says_each_of_its_messages():
    body = f"--b\n\n{INNER}\n--b\n\n{INNER}\n--b--\n"
    parsed = parse(letter(body, Content_Type="multipart/digest; boundary=b"))
    assert parsed.text == f"{READ}\n\n{READ}"


def test_own_words_come_before_enclosed_ones():
    body = f"--b\n\nVeja o anexo.\n--b\nContent-Type: message/rfc822\n\n{INNER}\n--b--\n"
    parsed = parse(letter(body, Content_Type="multipart/mixed; boundary=b"))
    assert parsed.text == "Veja o anexo."


def test_an_invitation_is_read():
    parsed = parse(letter(INVITATION, Content_Type="text/calendar; method=REQUEST; charset=utf-8"))
    assert parsed.text.split("\n") == [
        "Reunião sobre glosas, lote 9",
        "2026-11-24 14:00",
        "2026-11-24 18:00 UTC",
        "Trazer as guias",
        "assinadas e o demonstrativo",
    ]
    assert [each.filename for each in parsed.attachments] == ["calendar.ics"]


def test_a_calendar_without_an_event_says_nothing():
    raw = letter("BEGIN:VCALENDAR\nEND:VCALENDAR", Content_Type="text/calendar")
    assert parse(raw).text == ""
