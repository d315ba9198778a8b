import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from channels.mail.authentication import aligned, judge, organisational
from channels.mail.dkim_check import dkim_verdict
from channels.mail.parse import parse
from helpdesk.border import Verdict
from tests.channels.mail.samples import letter, sample

OURS = "mx.planoipe.example"


def verdict(results: str, domain: str = "clinica.example") -> Verdict:
    return judge(parse(letter(Authentication_Results=results)), OURS, domain).verdict


def test_the_topmost_header_of_our_server_counts():
    found = judge(parse(sample("autenticada")), OURS, "clinica.example")
    assert (found.trusted, found.spf, found.dkim, found.dmarc) == (True, "pass", "pass", "pass")
    assert found.verdict is Verdict.VERIFIED


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        (f"{OURS}; dmarc=pass header.from=clinica.example", Verdict.VERIFIED),
        (f"{OURS}; dmarc=fail header.from=clinica.example; spf=pass smtp.mailfrom=clinica.example",
         Verdict.FAILED),
        (f"{OURS}; dkim=pass header.d=clinica.example", Verdict.VERIFIED),
        (f"{OURS}; dkim=pass header.d=mail.clinica.example", Verdict.VERIFIED),
        (f"{OURS}; dkim=pass header.d=outra.example; spf=pass smtp.mailfrom=x@outra.example",
         Verdict.FAILED),
        (f"{OURS}; spf=pass (ok) smtp.mailfrom=bounce@clinica.example", Verdict.VERIFIED),
        (f"{OURS}; dmarc=pass header.from=outra.example", Verdict.FAILED),
        (f"{OURS}; spf=softfail smtp.mailfrom=clinica.example", Verdict.FAILED),
        (f"{OURS}; none", Verdict.UNKNOWN),
        (f"{OURS}; spf=none; dkim=none", Verdict.UNKNOWN),
        ("mx.forjado.example; dmarc=pass header.from=clinica.example", Verdict.UNKNOWN),
        (f"(mx) {OURS} 1; dkim=pass header.i=@clinica.example", Verdict.VERIFIED),
    ],
)  # fmt: skip
def test_verdicts(results: str, expected: Verdict):
    assert verdict(results) is expected


def test_a_forged_header_above_nothing_of_ours_is_not_read():
    forged = letter(Authentication_Results="mx.x.example; spf=fail")
    below = forged.replace(
        b"\r\n\r\n", f"\r\nAuthentication-Results: {OURS}; dmarc=pass\r\n\r\n".encode(), 1
    )
    assert judge(parse(below), OURS, "clinica.example").verdict is Verdict.UNKNOWN


def test_two_senders_are_never_verified():
    raw = b"From: outro@x.example\r\n" + letter(Authentication_Results=f"{OURS}; dmarc=pass")
    assert judge(parse(raw), OURS, "clinica.example").verdict is Verdict.FAILED


def test_without_an_authserv_id_nothing_is_trusted():
    assert judge(parse(sample("autenticada")), None, "clinica.example").trusted is False


@pytest.mark.parametrize(
    ("domain", "registered"),
    [
        ("mail.clinica.com.br", "clinica.com.br"),
        ("clinica.com.br", "clinica.com.br"),
        ("a.b.example", "b.example"),
        ("saude.sp.gov.br", "saude.sp.gov.br"),
        ("x.saude.sp.gov.br", "saude.sp.gov.br"),
        ("ana.med.br", "ana.med.br"),
    ],
)
def test_the_registered_domain(domain: str, registered: str):
    assert organisational(domain) == registered


def test_neighbours_under_a_public_suffix_are_strangers():
    assert not aligned("golpe.com.br", "clinica.com.br")
    assert not aligned("", "clinica.com.br")


def test_our_own_check_of_a_signature():
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    import base64

    record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)

    def records(name: bytes, timeout: float = 5) -> bytes | None:
        return record if name.startswith(b"s1._domainkey.clinica.example") else None

    raw = letter("Texto.")
    signed = dkim.sign(raw, b"s1", b"clinica.example", private) + raw
    assert dkim_verdict(signed, "clinica.example", records) is Verdict.VERIFIED
    assert dkim_verdict(signed, "outra.example", records) is Verdict.UNKNOWN
    assert dkim_verdict(signed + b"mudou", "clinica.example", records) is Verdict.UNKNOWN
    assert dkim_verdict(raw, "clinica.example", records) is Verdict.UNKNOWN
