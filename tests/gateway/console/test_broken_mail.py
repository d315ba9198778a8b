"""Broken and odd mail, from the SMTP door over the database to the page an agent reads."""

import base64
import html
import smtplib
from dataclasses import dataclass

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from helpdesk.models import Attachment, Held, InboundRaw, Message
from tests.channels.mail.test_transfer import uuencoded
from tests.channels.mail.test_winmail import body, file, tnef
from tests.gateway.console.door import BOX, SERVER, Door, soon

MEMBER = "luciana@vila.example"
CALENDAR = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Reunião de auditoria\nEND:VEVENT\nEND:VCALENDAR"
SIGNED = (
    "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nTexto assinado por mim.\n"
    "-----BEGIN PGP SIGNATURE-----\nabc\n-----END PGP SIGNATURE-----\n"
)
DEEP = "".join(f'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}\n' for n in range(30))


@dataclass(frozen=True)
class Odd:
    """A message after its trace: what its page shows, and the names of its files. `headers`: in
    place of its subject. `sender`: its From, in which the member's address is."""

    content: bytes
    shows: str
    files: tuple[str, ...] = ()
    headers: str = ""
    sender: str = MEMBER


def encoded(data: bytes, kind: str, headers: str = "") -> bytes:
    coded = base64.encodebytes(data)
    head = f"{headers}Content-Type: {kind}\nContent-Transfer-Encoding: base64\n\n"
    return head.encode() + coded


def typed(kind: str, text: bytes | str) -> bytes:
    data = text.encode() if isinstance(text, str) else text
    return f"Content-Type: {kind}\n\n".encode() + data


ODD = {
    "unknown charset": Odd(typed("text/plain; charset=uft-8", "Ação do uft"), "Ação do uft"),
    "wrong charset": Odd(typed("text/plain; charset=utf-8", b"A\xe7\xe3o latina"), "Ação latina"),
    "Japanese": Odd(
        typed("text/plain; charset=iso-2022-jp", "日本語です".encode("iso2022_jp")), "日本語です"
    ),
    "Vietnamese": Odd(
        typed("text/plain; charset=windows-1258", "Đơn khám".encode("cp1258")), "Đơn khám"
    ),
    "Chinese under a private name": Odd(
        typed("text/plain; charset=x-gbk", "请查收附件中的发票".encode("gbk")), "请查收附件中的发票"
    ),
    "a raw subject": Odd(
        typed("text/plain", "Assunto cru"),
        "Autorização não paga",
        headers="Subject: Autorização não paga\n",
    ),
    "names of files": Odd(
        b'Content-Type: multipart/mixed; boundary="b"\n\n--b\n\nDois laudos\n--b\n'
        b'Content-Disposition: attachment; filename="=?utf-8?q?an=C3=A1lise.pdf?="\n\na\n--b\n'
        + 'Content-Disposition: attachment; filename="../biópsia.pdf"\n\nb\n--b--\n'.encode(),
        "Dois laudos",
        ("análise.pdf", "biópsia.pdf"),
    ),
    "words cut in two": Odd(
        typed("text/plain", "Assunto partido"),
        "Autorização negada",
        headers="Subject: =?utf-8?q?Autoriza=C3=A7=C3?=\n =?utf-8?q?=A3o?= negada\n",
    ),
    "a group in To": Odd(
        typed("text/plain", "Para um grupo"),
        "Para um grupo",
        headers="To: Auditores: a@vila.example, b@vila.example;\nCc: undisclosed-recipients:;\n",
    ),
    "a group in From": Odd(
        typed("text/plain", "De um grupo"), "De um grupo", sender=f"Faturamento: {MEMBER};"
    ),
    "a name in encoded words": Odd(
        typed("text/plain", "Nome codificado"),
        "Nome codificado",
        sender=f"=?utf-8?q?Lu_da_Recep=C3=A7=C3=A3o?= <{MEMBER}>",
    ),
    "nothing but a text": Odd(b"\nSem nenhum cabecalho a mais", "Sem nenhum cabecalho a mais"),
    "NUL": Odd(typed("text/plain", b"Antes\0depois"), "Antesdepois"),
    "flowed": Odd(
        typed("text/plain; format=flowed", "Uma linha que \ncontinua aqui"), "linha que continua"
    ),
    "uuencode": Odd(
        typed("text/plain", f"Segue em uu:\n{uuencoded('guia.csv', b'a;b')}"),
        "Segue em uu:",
        ("guia.csv",),
    ),
    "winmail.dat": Odd(
        encoded(
            tnef(body("Texto de dentro do winmail."), file("Laudo médico.pdf", b"%PDF-1.7")),
            "application/ms-tnef; name=winmail.dat",
        ),
        "Texto de dentro do winmail.",
        ("Laudo médico.pdf",),
    ),
    "invitation": Odd(typed("text/calendar; charset=utf-8", CALENDAR), "Reunião de auditoria"),
    "PGP": Odd(typed("text/plain", SIGNED), "Texto assinado por mim."),
    "a thousand div": Odd(
        typed("text/html", "<div>" * 1_000 + "Fundo do poço" + "</div>" * 1_000), "Fundo do po"
    ),
    "thirty levels": Odd(
        DEEP.encode() + b"Content-Type: text/plain\n\nTrinta niveis abaixo\n",
        "Trinta niveis abaixo",
    ),
    "a picture without cid": Odd(
        b'Content-Type: multipart/mixed; boundary="b"\n\n--b\n\nVeja a foto\n--b\n'
        + encoded(b"\x89PNG\r\n\x1a\n", "image/png; name*=utf-8''fia%C3%A7%C3%A3o.png")
        + b"\n--b--\n",
        "Veja a foto",
        ("fiação.png",),
    ),
}


def last(session: Session) -> int:
    return session.scalar(select(func.max(InboundRaw.id))) or 0


def arrived(session: Session, after: int) -> int | None:
    """The ticket of what came in since."""
    placed = (InboundRaw.id > after, InboundRaw.state == "applied")
    return session.scalar(select(InboundRaw.number).where(*placed))


def names(session: Session, number: int) -> list[str]:
    of_it = select(Message.id).where(Message.number == number)
    kept = select(Attachment.filename).where(Attachment.message_id.in_(of_it))
    return list(session.scalars(kept.order_by(Attachment.id)))


@pytest.mark.parametrize("name", ODD)
def test_it_is_read_on_its_page(door: Door, name: str):
    odd = ODD[name]
    head = (
        f"Authentication-Results: {SERVER}; dmarc=pass header.from=vila.example\n"
        f"From: {odd.sender}\n{odd.headers or f'Subject: {name}' + chr(10)}"
    )
    before = door.instance.read(last)
    with smtplib.SMTP("127.0.0.1", door.port, timeout=60) as smtp:
        smtp.sendmail(MEMBER, [BOX], head.encode() + odd.content)
    number = soon(lambda: door.instance.read(arrived, before))
    with door.instance.client() as client:
        page = html.unescape(client.get(f"/central/{number}").text)
    assert odd.shows in page
    found = door.instance.read(names, number)
    assert set(odd.files) <= set(found)
    assert all(each in page for each in odd.files)


def test_a_strangers_encoded_name_is_read_where_it_waits(door: Door):
    name = "=?utf-8?q?Lu_da_Recep=C3=A7=C3=A3o?="
    door.send(f"{name} <lu@alheio.example>", "Nome de estranho", "Preciso de ajuda.")
    held_id = soon(lambda: door.held("lu@alheio.example", "Nome de estranho"))
    with door.instance.client() as client:
        page = html.unescape(client.get(f"/central/quarentena/{held_id}").text)
    assert "Lu da Recepção <lu@alheio.example>" in page


def waiting(session: Session, after: int) -> str | None:
    """What is held of what came in since."""
    came = select(Held.public_id).join(InboundRaw, InboundRaw.id == Held.raw_id)
    return session.scalar(came.where(InboundRaw.id > after))


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        (
            b"From: =?utf-8?Q?attacker?Q?agent?=@victim.example\n\nPasse a conta.",
            ("<=?utf-8?Q?attacker?Q?agent?=@victim.example>", "Passe a conta."),
        ),
        (b"Subject: Sem remetente\n\nQuem fala?", ("Sem remetente", "(não diz)", "Quem fala?")),
        (b"\nNem cabecalho", ("(sem assunto)", "(não diz)", "Nem cabecalho")),
        (b"\0\xff\xfe\x80From\0", ("(sem assunto)", "(não diz)")),
    ],
)
def test_what_does_not_say_who_writes_waits_and_is_read(
    door: Door, content: bytes, shown: tuple[str, ...]
):
    before = door.instance.read(last)
    with smtplib.SMTP("127.0.0.1", door.port, timeout=60) as smtp:
        smtp.sendmail("quem@alheio.example", [BOX], content)
    held_id = soon(lambda: door.instance.read(waiting, before))
    with door.instance.client() as client:
        page = html.unescape(client.get(f"/central/quarentena/{held_id}").text)
    for each in shown:
        assert each in page
