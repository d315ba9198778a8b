"""Shapes of messages that make a careless reader slow: each yields a message of about `size` octets.

A reader that looks back from every line, tag or letter needs four times as long for twice as much.
"""

from collections.abc import Callable

Shape = Callable[[int], bytes]

HEAD = b"From: ana@clinica.example\nSubject: Re: Guia\nMessage-ID: <a@clinica.example>\n"


def body(content: bytes, kind: str = "text/plain; charset=utf-8", *, headers: bytes = b"") -> bytes:
    return HEAD + headers + b"Content-Type: " + kind.encode() + b"\n\n" + content


def repeated(piece: bytes, size: int) -> bytes:
    return piece * (size // len(piece) + 1)


def text(piece: str, before: str = "", after: str = "", **more: str) -> Shape:
    return lambda size: body(
        before.encode() + repeated(piece.encode(), size) + after.encode(),
        headers="".join(f"{name.replace('_', '-')}: {v}\n" for name, v in more.items()).encode(),
    )


def html(piece: str, before: str = "", after: str = "") -> Shape:
    return lambda size: body(
        before.encode() + repeated(piece.encode(), size) + after.encode(), "text/html"
    )


def numbered(piece: str, before: str = "", after: str = "") -> Shape:
    """HTML in which no two pieces are alike."""
    return lambda size: body(
        (before + "".join(piece % n for n in range(size // len(piece))) + after).encode(),
        "text/html",
    )


def nested(opening: str, closing: str) -> Shape:
    def shape(size: int) -> bytes:
        levels = size // len(opening + closing)
        return body(f"{opening * levels}x{closing * levels}".encode(), "text/html")

    return shape


def header(name: str, piece: str, before: str = "", after: str = "") -> Shape:
    """One header without end."""
    return lambda size: (
        f"From: ana@clinica.example\n{name}: {before}".encode()
        + repeated(piece.encode(), size)
        + f"{after}\nX-End: 1\n\nOi\n".encode()
    )


def headers(piece: str) -> Shape:
    return lambda size: HEAD + repeated(piece.encode(), size) + b"X-End: 1\n\nOi\n"


def parts(part: str, kind: str = "multipart/mixed; boundary=b") -> Shape:
    return lambda size: body(repeated(part.encode(), size) + b"--b--\n", kind)


def levels(size: int) -> bytes:
    """Multiparts in multiparts."""
    one = "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n"
    return HEAD + "".join(one % (n, n) for n in range(size // len(one))).encode() + b"\nOi\n"


def deeper(size: int) -> bytes:
    """Each line quoted once more than the one above it."""
    return body(b"".join(b">" * n + b" oi\n" for n in range(int((2 * size) ** 0.5))))


def bounce(piece: str) -> Shape:
    said = "From: MAILER-DAEMON@x.example\nReturn-Path: <>\nSubject: Undelivered Mail\n\nFailed.\n"
    return lambda size: said.encode() + repeated(piece.encode(), size)


SIGNED, SIGNATURE = "-----BEGIN PGP SIGNED MESSAGE-----\n\n", "-----BEGIN PGP SIGNATURE-----\n"
COPIED = "\n\nDe: Ana\nEnviado: hoje\nPara: Bia\nAssunto: Guia\n\nOi\n"

SHAPES: dict[str, Shape] = {
    "quoted lines": text("> linha\n"),
    "quoted ever deeper": deeper,
    "one line": text("a"),
    "one line of words": text("olá mundo "),
    "one line of rulers": text("_"),
    "long rulers": text("_" * 900 + "\n"),
    "blank lines": text(" \n"),
    "introductions": text("Em 1 de nov. de 2026, Ana <a@b.example> escreveu:\n"),
    "introductions in one line": text("Em 1 de nov. de 2026, Ana <a@b.example> escreveu: "),
    "introductions without end": text("Em 1 de nov. de 2026, Ana\n"),
    "copied headers": text("De: Ana\nEnviado: hoje\nPara: Bia\nAssunto: Guia\n\n"),
    "original messages": text("-----Mensagem original-----\n"),
    "answers between lines": text("> pergunta\nresposta\n"),
    "signatures": text("-- \nAna\n(11) 4444-5555\n"),
    "telephones": text("Enviado do meu iPhone\n"),
    "disclaimers": text("Esta mensagem é confidencial.\n\n"),
    "announcements": text("comentários ", after=COPIED),
    "one long announcement": text("respost", after=COPIED),
    "numbers": text("1 "),
    "links": text("<mailto:a@b.example> "),
    "soft lines": lambda size: body(repeated(b"oi \n", size), "text/plain; format=flowed"),
    "uuencoded files": text("begin 644 a\n#0V%T\n`\nend\n"),
    "uuencoded beginnings": text("begin 644 a\n"),
    "PGP beginnings": text(SIGNED),
    "PGP beginnings below a signature": text(SIGNED, before=SIGNED + SIGNATURE),
    "invisible letters": text("\u200b"),
    "nested div": nested("<div>", "</div>"),
    "nested quotations": nested("<div class=gmail_quote><blockquote>oi", "</blockquote></div>"),
    "nested tables": nested("<table><tr><td>", "</td></tr></table>"),
    "one table": html("<tr><td>a</td><td>b</td></tr>", "<table>", "</table>"),
    "paragraphs": html("<p>a"),
    "tables in cells": html("<table><tr><td>"),
    "quotations side by side": html("<blockquote>a</blockquote>"),
    "open formats": html("<b></p>"),
    "div in comments": html("<div><!--</div>-->"),
    "div in attributes": html("<div title='</div>'>"),
    "div in styles": html("<div><style></div></style>"),
    "div in scripts": html("<div><script><!--<script></script></div>--></script>"),
    "div in tables": html("<div><table></div></table>"),
    "text in tables": html("<table>x"),
    "formats in tables": html("<a><table><a>"),
    "div in lists": html("<li><ul></li>"),
    "div in choices": html("<div><select></div></select>"),
    "formats in paragraphs": numbered("<p><font color=%06d>x</p>"),
    "formats over paragraphs": html(
        "</p><p>x", "<p>" + "".join(f"<font color={n}>" for n in range(390))
    ),
    "attributes": numbered("a%06d=b ", "<p ", ">x"),
    "rulers": html("<hr>"),
    "lines in quotations": html("<br>", "<blockquote>" * 390),
    "conditions": html("<![if"),
    "references": html("&#x41"),
    "headers": headers("X-A: b\n"),
    "lines that are no headers": headers("isto\n"),
    "encoded words": header("Subject", "=?utf-8?b?w6E=?=\n "),
    "names": header("To", "=?utf-8?q?Ana?= <a@b.example>, "),
    "headers of names": headers("To: =?utf-8?b?w6E=?= <a@b.example>\n"),
    "one long sender": header("From", "a"),
    "comments of an address": header("From", "("),
    "ids": header("References", "<a@b> "),
    "parameters": header("Content-Type", "; name*0=b", "text/plain"),
    "encoded name of a file": header("Content-Disposition", "%C3%A1", "x; filename*=utf-8''"),
    "checks": header("Authentication-Results", " dkim=pass header.d=a;", "a;"),
    "parts": parts("--b\nContent-Type: image/png; name=a.png\n\nx\n"),
    "parts that are empty": parts("--b\n"),
    "alternatives": parts("--b\n\noi\n--b\nContent-Type: text/html\n\n<p>oi\n"),
    "almost delimiters": parts("--bb\n", "multipart/mixed; boundary=b"),
    "levels": levels,
    "messages in messages": headers("Content-Type: message/rfc822\n\nSubject: a\n"),
    "base64 garbage": text("QQ==!", Content_Transfer_Encoding="base64"),
    "soft ends": text("a=\n", Content_Transfer_Encoding="quoted-printable"),
    "a report": lambda size: body(
        b"--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\n"
        + repeated(b"Final-Recipient: rfc822; a@b.example\nAction: failed\n\n", size),
        "multipart/report; report-type=delivery-status; boundary=b",
    ),
    "a report of one word": bounce("a"),
    "a report of blank lines": bounce(" " * 10 + "\n"),
    "a report of blanks": bounce(" "),
    "a report of rulers": bounce("-"),
    "a report of addresses": bounce("<a@b.example>: host x said: 550 5.1.1 no such user\n"),
}
