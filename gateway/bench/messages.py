"""Mail of every kind, made up: what `ponte bench mail` measures without a folder of messages.

Each comes with the facts that it was made from, under the names `corpora_facts` judges.
"""

import base64
import binascii
import hashlib
import quopri
from collections.abc import Callable, Iterator
from random import Random

from gateway.bench.corpora import Case

#: messages of each kind
EACH = 12
_NAMES = ("João Conceição", "Ana Lima", "Mônica Araújo", "Contas médicas", "Zé Ramalho")
_WORDS = (
    "guia lote glosa recurso prazo anexo autorização sessão revisão valor demonstrativo internação "
    "clínica faturamento conferência paciente código tabela retorno solicitação não está você até"
).split()
_CHARSETS = ("utf-8", "iso-8859-1", "windows-1252", "uft-8", "x-unknown", "")
_SCRIPT = "<script>alert(1)</script>"


def cases() -> Iterator[Case]:
    """Always the same messages."""
    chance = Random(20261124)  # noqa: S311 - they are to be the same, not secret
    for kind in _KINDS:
        for number in range(EACH):
            yield kind(chance, number)


def _text(chance: Random, sentences: int = 12) -> str:
    return "\n".join(
        " ".join(chance.choices(_WORDS, k=9)).capitalize() + "." for _ in range(sentences)
    )


def _case(chance: Random, number: int, kind: str, head: str, body: bytes, **facts: object) -> Case:
    name = chance.choice(_NAMES)
    address = f"setor{number}@clinica{number % 3}.example"
    subject = f"{kind}: {' '.join(chance.choices(_WORDS, k=7))}"
    encoded = "\r\n ".join(
        f"=?utf-8?b?{base64.b64encode(subject.encode()[at : at + 31]).decode()}?="
        for at in range(0, len(subject.encode()), 31)
    )
    top = (
        f"Received: from mx.example by ponte.example; Tue, 24 Nov 2026 09:{number:02}:00 -0300\r\n"
        f"From: =?utf-8?q?{quopri.encodestring(name.encode(), header=True).decode()}?=\r\n"
        f" <{address}>\r\nTo: fale@operadora.example\r\nSubject: {encoded}\r\n"
        f"Message-ID: <{kind}.{number}@clinica.example>\r\n"
        f"Date: Tue, 24 Nov 2026 09:12:{number:02} -0300\r\nMIME-Version: 1.0\r\n{head}\r\n\r\n"
    )
    expected = {
        "subject": subject,
        "from": {"name": name, "address": address},
        "message_id": f"<{kind}.{number}@clinica.example>",
        **facts,
    }
    return Case("generated", f"{kind}-{number}", top.encode() + body, expected)


def _plain(chance: Random, number: int) -> Case:
    text = _text(chance)
    label = _CHARSETS[number % len(_CHARSETS)]
    codec = label if label.startswith(("iso", "windows")) else "utf-8"
    head = f'Content-Type: text/plain; charset="{label}"\r\nContent-Transfer-Encoding: 8bit'
    body = text.replace("\n", "\r\n").encode(codec)
    return _case(chance, number, "plain", head, body, body_text=text)


def _quoted_printable(chance: Random, number: int) -> Case:
    text = _text(chance)
    head = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable"
    body = quopri.encodestring(text.encode()).replace(b"\n", b"\r\n")
    return _case(chance, number, "quoted-printable", head, body, body_text=text)


def _page(text: str) -> str:
    lines = "".join(f"<p class=MsoNormal><span>{line}</span></p>" for line in text.split("\n"))
    return (
        "<html><head><style>p {margin:0}</style></head><body onload='x()'>"
        f"{lines}{_SCRIPT}<img src='https://rastro.example/p.gif'></body></html>"
    )


def _parts(subtype: str, *parts: str | bytes) -> tuple[str, bytes]:
    between = b"\r\n--=_limite\r\n"
    joined = between.join([b"", *(p.encode() if isinstance(p, str) else p for p in parts)])
    return (
        f'Content-Type: multipart/{subtype}; boundary="=_limite"',
        joined + b"\r\n--=_limite--\r\n",
    )


def _file(data: bytes, name: str, kind: str = "application/pdf") -> bytes:
    head = (
        f"Content-Type: {kind}\r\nContent-Disposition: attachment;\r\n"
        f" filename*=utf-8''{name}\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    )
    return head.encode() + base64.encodebytes(data).replace(b"\n", b"\r\n")


def _alternative(chance: Random, number: int) -> Case:
    text = _text(chance)
    plain = f"Content-Type: text/plain; charset=utf-8\r\n\r\n{text}"
    page = f"Content-Type: text/html; charset=utf-8\r\n\r\n{_page(text)}"
    head, body = _parts("alternative", plain, page)
    return _case(chance, number, "alternative", head, body, body_text=text)


def _only_page(chance: Random, number: int) -> Case:
    text = _text(chance, 40)
    head = "Content-Type: text/html; charset=utf-8"
    return _case(chance, number, "html", head, _page(text).encode(), body_text=text)


def _nested_page(chance: Random, number: int) -> Case:
    text = _text(chance)
    head = "Content-Type: text/html; charset=utf-8"
    body = ("<div>" * 1_000 + text + "</div>" * 1_000).encode()
    return _case(chance, number, "nested-html", head, body, body_text=text)


def _attached(chance: Random, number: int) -> Case:
    text, data = _text(chance), chance.randbytes(40_000)
    head, body = _parts(
        "mixed",
        f"Content-Type: text/plain; charset=utf-8\r\n\r\n{text}",
        _file(data, f"relat%C3%B3rio%20{number}.pdf"),
    )
    files = [
        {"filename": f"relatório {number}.pdf", "sha256": hashlib.sha256(data).hexdigest()},
    ]
    return _case(
        chance, number, "attached", head, body, body_text=text, attachments=files,
        attachment_count=1,
    )  # fmt: skip


def _uuencoded(chance: Random, number: int) -> Case:
    text, data = _text(chance), chance.randbytes(3_000)
    lines = b"".join(binascii.b2a_uu(data[at : at + 45]) for at in range(0, len(data), 45))
    body = text.encode() + b"\n\nbegin 644 planilha.csv\n" + lines + b"`\nend\n"
    head = "Content-Type: text/plain; charset=utf-8"
    return _case(
        chance, number, "uuencode", head, body.replace(b"\n", b"\r\n"), body_text=text,
        attachment_sha256=[hashlib.sha256(data).hexdigest()],
    )  # fmt: skip


def _deep(chance: Random, number: int) -> Case:
    text = _text(chance)
    body = f"Content-Type: text/plain; charset=utf-8\r\n\r\n{text}"
    for level in range(29, 0, -1):
        body = (
            f"Content-Type: multipart/mixed; boundary=n{level}x\r\n\r\n"
            f"--n{level}x\r\n{body}\r\n--n{level}x--"
        )
    head, _, rest = body.partition("\r\n\r\n")
    return _case(chance, number, "deep", head, rest.encode(), body_text=text)


_KINDS: tuple[Callable[[Random, int], Case], ...] = (
    _plain,
    _quoted_printable,
    _alternative,
    _only_page,
    _nested_page,
    _attached,
    _uuencoded,
    _deep,
)
