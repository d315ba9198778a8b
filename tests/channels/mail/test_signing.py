"""DKIM signatures of what leaves: they verify, cover what matters, and hide nothing."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from channels.mail.compose import compose
from channels.mail.dkim_check import check
from channels.mail.resolver import Resolver
from channels.mail.signing import OVERSIGNED, Signer, load_signer
from helpdesk.border import Verdict
from tests.channels.mail.letters import SHEET, outbound
from tests.doubles import dns
from tests.doubles.keys import Key, ed25519_key, rsa_key

NOW = datetime.now(UTC)
KEYS = [rsa_key(), ed25519_key()]


@pytest.fixture(params=KEYS, ids=lambda key: key.kind)
def signer(request: pytest.FixtureRequest) -> Signer:
    return load_signer(request.param.private, "ponte", "ponte.example")


@pytest.fixture
def zone(signer: Signer) -> Iterator[dns.Zone]:
    with dns.serving(dns.Zone({signer.name: [signer.record]})) as zone:
        yield zone


def written(signer: Signer | None) -> bytes:
    sheet = replace(SHEET, signer=signer)
    return compose(outbound("replied", text="Segue."), [], sheet, NOW).message


def test_what_we_sign_verifies_as_ours(signer: Signer, zone: dns.Zone):
    resolver = Resolver("127.0.0.1", zone.port)
    message = written(signer)
    assert check(message, "ponte.example", resolver, NOW)[0] is Verdict.VERIFIED
    # relays fold headers and cut blanks at line ends
    assert message.startswith(b"DKIM-Signature: ")
    head, _, body = message.replace(b"Subject: ", b"Subject:   ").partition(b"\r\n\r\n")
    relayed = head + b"\r\n\r\n" + body.replace(b"\r\n", b" \r\n") + b"\r\n"
    assert check(relayed, "ponte.example", resolver, NOW)[0] is Verdict.VERIFIED
    changed = message.replace(b"Segue.", b"Outra.")
    assert check(changed, "ponte.example", resolver, NOW)[0] is Verdict.UNKNOWN


def test_headers_that_readers_see_are_signed_once_more_than_they_stand(signer: Signer):
    signing = dkim.DKIM(written(signer))
    signing.verify_headerprep(0)
    names = [name.decode() for name in signing.include_headers]
    present = [name.decode().lower() for name, _ in signing.headers]
    for name in OVERSIGNED:
        assert names.count(name) == present.count(name) + 1
    assert {"auto-submitted", "x-ponte-id"} & {*present} <= {*names}
    assert signing.signature_fields[b"c"] == b"relaxed/relaxed"
    assert b"l" not in signing.signature_fields


def test_a_header_added_later_breaks_the_signature(signer: Signer, zone: dns.Zone):
    resolver = Resolver("127.0.0.1", zone.port)
    added = b"Sender: golpe@x.example\r\n" + written(signer)
    assert check(added, "ponte.example", resolver, NOW)[0] is Verdict.UNKNOWN


def test_every_line_of_a_signature_is_short(signer: Signer):
    head = written(signer).partition(b"\r\nFrom:")[0]
    assert max(map(len, head.split(b"\r\n"))) <= 78
    assert head.isascii()


def test_a_mailbox_of_another_domain_is_not_signed(signer: Signer):
    elsewhere = replace(signer, domain="outra.example")
    assert written(elsewhere) == written(None)


def test_a_retry_differs_in_the_signature_alone(signer: Signer):
    def body(message: bytes) -> bytes:
        return message[message.index(b"From: ") :]

    assert body(written(signer)) == body(written(signer)) == written(None)


def test_whether_the_record_is_published_is_seen(signer: Signer, zone: dns.Zone):
    resolver = Resolver("127.0.0.1", zone.port)
    assert signer.is_published(resolver)
    zone.records[signer.name] = ["v=DKIM1; p=" + rsa_key(3072).public]
    assert not signer.is_published(Resolver("127.0.0.1", zone.port))


def _pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


@pytest.mark.parametrize(
    ("pem", "why"),
    [
        ("", "no private key"),
        ("-----BEGIN PRIVATE KEY-----\nxx\n-----END PRIVATE KEY-----", "no private key"),
        (rsa_key(1024).private, "2048 bits"),
        (_pem(ec.generate_private_key(ec.SECP256R1())), "RSA or Ed25519"),
    ],
)
def test_a_key_that_cannot_sign_is_refused(pem: str, why: str):
    with pytest.raises(ValueError, match=why):
        load_signer(pem, "ponte", "ponte.example")


def test_the_key_is_not_shown(signer: Signer):
    for key in KEYS:
        assert _lines(key)[1] not in repr(signer)


def _lines(key: Key) -> list[str]:
    return key.private.splitlines()
