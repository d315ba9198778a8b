"""Signed and encrypted mail, from the SMTP door to the page: the text where anybody can read it,
what it is wrapped in, and the whole of it to be saved."""

import html
import smtplib
from datetime import UTC, datetime, timedelta
from functools import cache

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import NameOID
from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk.models import Message
from tests.gateway.console.door import BOX, SERVER, Door, soon
from tests.gateway.console.test_broken_mail import SIGNED, arrived, encoded, last, typed

MEMBER = "luciana@vila.example"
TEXT = "Segue a guia 4471 assinada."
#: what is inside a signature or a seal
INSIDE = typed("text/plain; charset=utf-8", f"{TEXT}\n")
ARMOUR = "-----BEGIN PGP MESSAGE-----\n\nhQEMA4kS\n=aBcD\n-----END PGP MESSAGE-----\n"
PGP_MIME = (
    b"--b\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n"
    b"--b\nContent-Type: application/octet-stream; name=encrypted.asc\n\n"
    + ARMOUR.encode()
    + b"--b--\n"
)


@cache
def identity() -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Luciana Reis")])
    now = datetime.now(UTC)
    until = now + timedelta(days=1)
    certificate = x509.CertificateBuilder(name, name, key.public_key(), 1, now, until)
    return key, certificate.sign(key, hashes.SHA256())


def signed(encoding: serialization.Encoding, *options: pkcs7.PKCS7Options) -> bytes:
    key, certificate = identity()
    builder = pkcs7.PKCS7SignatureBuilder().set_data(INSIDE)
    builder = builder.add_signer(certificate, key, hashes.SHA256())
    return builder.sign(encoding, list(options))


def in_clear() -> bytes:
    return signed(serialization.Encoding.SMIME, pkcs7.PKCS7Options.DetachedSignature)


def opaque() -> bytes:
    return encoded(
        signed(serialization.Encoding.DER, pkcs7.PKCS7Options.Binary),
        "application/pkcs7-mime; smime-type=signed-data; name=smime.p7m",
    )


def enveloped() -> bytes:
    builder = pkcs7.PKCS7EnvelopeBuilder().set_data(INSIDE).add_recipient(identity()[1])
    return builder.encrypt(serialization.Encoding.SMIME, [])


def multipart(kind: str, protocol: str, parts: bytes) -> bytes:
    return typed(f'multipart/{kind}; boundary=b; protocol="{protocol}"', parts)


SIGNATURE = b"\n--b\nContent-Type: application/pgp-signature; name=signature.asc\n\niQEz\n--b--\n"
READABLE = {
    "S/MIME in clear": (in_clear, "S/MIME"),
    "S/MIME opaque": (opaque, "S/MIME"),
    "PGP/MIME": (
        lambda: multipart("signed", "application/pgp-signature", b"--b\n" + INSIDE + SIGNATURE),
        "PGP",
    ),
    "PGP in the text": (
        lambda: typed("text/plain", SIGNED.replace("Texto assinado por mim.", TEXT)),
        "PGP",
    ),
}
#: what holds the sealed text on the page: a file, or the text itself
SEALED = {
    "S/MIME": (enveloped, "S/MIME", "smime.p7m"),
    "S/MIME signed outside": (
        lambda: multipart(
            "signed",
            "application/pkcs7-signature",
            b"--b\n" + enveloped() + SIGNATURE.replace(b"pgp", b"pkcs7"),
        ),
        "S/MIME",
        "smime.p7m",
    ),
    "PGP/MIME": (
        lambda: multipart("encrypted", "application/pgp-encrypted", PGP_MIME),
        "PGP",
        "encrypted.asc",
    ),
    "PGP/MIME that a server rewrote": (
        lambda: typed("multipart/mixed; boundary=b", PGP_MIME),
        "PGP",
        "encrypted.asc",
    ),
    "PGP in the text": (lambda: typed("text/plain", ARMOUR), "PGP", "hQEMA4kS"),
    "PGP below a greeting": (
        lambda: typed("text/plain", f"Bom dia\n\n{ARMOUR}"), "PGP", "hQEMA4kS",
    ),
}  # fmt: skip


def opening(session: Session, number: int) -> int | None:
    return session.scalar(select(Message.id).where(Message.number == number))


class Sent:
    """A mail handed in and opened: its page and its original."""

    def __init__(self, door: Door, content: bytes) -> None:
        before = door.instance.read(last)
        head = (
            f"Authentication-Results: {SERVER}; dmarc=pass header.from=vila.example\n"
            f"From: {MEMBER}\nSubject: Lacrada {before}\n"
        )
        with smtplib.SMTP("127.0.0.1", door.port, timeout=60) as smtp:
            smtp.sendmail(MEMBER, [BOX], head.encode() + content)
        number: int = soon(lambda: door.instance.read(arrived, before))
        message = door.instance.read(opening, number)
        self.name = f"/central/{number}/mensagens/{message}/original"
        with door.instance.client() as client:
            self.page = html.unescape(client.get(f"/central/{number}").text)
            self.original: httpx.Response = client.get(self.name)


def lines(content: bytes) -> list[bytes]:
    return [line.rstrip() for line in content.strip().splitlines()]


@pytest.mark.parametrize("name", READABLE)
def test_signed_mail_is_read_and_nobody_is_told_that_it_was_verified(door: Door, name: str):
    content, how = READABLE[name]
    sent = Sent(door, content())
    assert TEXT in sent.page
    assert f"Assinatura digital ({how}), não conferida" in sent.page
    assert "criptografada" not in sent.page


@pytest.mark.parametrize("name", SEALED)
def test_encrypted_mail_says_so_and_is_kept_whole(door: Door, name: str):
    make, how, shown = SEALED[name]
    content = make()
    sent = Sent(door, content)
    assert f"Criptografada ({how})" in sent.page
    assert "Esta mensagem está criptografada." in sent.page
    assert f'href="{sent.name}"' in sent.page
    assert shown in sent.page
    assert TEXT not in sent.page
    kept = lines(sent.original.content)
    assert kept[-len(lines(content)) :] == lines(content)
