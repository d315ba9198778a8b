"""Our own check of the sender, against a real DNS server on loopback."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.mail import dkim_check
from channels.mail import resolver as module
from channels.mail.dkim_check import check
from channels.mail.resolver import Resolver
from helpdesk.border import Verdict
from tests.channels.mail.samples import letter
from tests.doubles import dns
from tests.doubles.keys import ed25519_key, rsa_key, signed

DOMAIN = "clinica.com.br"
KEY_NAME = f"s1._domainkey.{DOMAIN}"
RAW = letter("Segue a guia.", From="Clinica <contas@clinica.com.br>")
NOW = datetime.now(UTC)
REJECT = "v=DMARC1; p=reject"


@pytest.fixture
def zone() -> Iterator[dns.Zone]:
    with dns.serving(dns.Zone({KEY_NAME: [rsa_key().record]})) as zone:
        yield zone


@pytest.fixture
def resolver(zone: dns.Zone) -> Resolver:
    return Resolver("127.0.0.1", zone.port)


def found(raw: bytes, resolver: Resolver, domain: str = DOMAIN) -> tuple[Verdict, str]:
    return check(raw, domain, resolver, NOW)


VERIFIED = (Verdict.VERIFIED, "own-signature")
UNSIGNED = (Verdict.UNKNOWN, "own-unsigned")
REFUSED = (Verdict.FAILED, "own-policy")
SILENT = (Verdict.UNKNOWN, "own-unanswered")


def test_a_signature_of_the_senders_domain_verifies(resolver: Resolver):
    assert found(signed(RAW, DOMAIN), resolver) == VERIFIED


def test_one_of_ed25519_verifies_too(zone: dns.Zone, resolver: Resolver):
    zone.records[KEY_NAME] = [ed25519_key().record]
    assert found(signed(RAW, DOMAIN, ed25519_key()), resolver) == VERIFIED


def test_a_domain_below_or_above_is_aligned(zone: dns.Zone, resolver: Resolver):
    zone.records["s1._domainkey.news.clinica.com.br"] = [rsa_key().record]
    assert found(signed(RAW, "news.clinica.com.br"), resolver) == VERIFIED
    below = RAW.replace(b"contas@clinica", b"contas@filial.clinica")
    assert found(signed(below, DOMAIN), resolver, "filial.clinica.com.br") == VERIFIED


def test_a_neighbour_under_the_same_public_suffix_is_not(zone: dns.Zone, resolver: Resolver):
    zone.records["s1._domainkey.golpe.com.br"] = [rsa_key().record]
    assert found(signed(RAW, "golpe.com.br"), resolver) == UNSIGNED
    assert "s1._domainkey.golpe.com.br" not in zone.asked


@pytest.mark.parametrize(
    "spoiled",
    [
        RAW,
        signed(RAW, DOMAIN) + b"mais",
        signed(RAW, DOMAIN).replace(b"contas@", b"outra@"),
        signed(RAW, DOMAIN).replace(b"Subject: Guia", b"Subject: Outra"),
        b"Subject: Protocolo 99999720261124000019\r\n" + signed(RAW, DOMAIN),
        b"From: outra@clinica.com.br\r\n" + signed(RAW, DOMAIN),
        b"References: <outra@x.example>\r\nReferences: <z@x.example>\r\n" + signed(RAW, DOMAIN),
        b"X: a\rSubject: b\r\n" + signed(RAW, DOMAIN),
        b"X: a\0\r\n" + signed(RAW, DOMAIN),
        signed(RAW, DOMAIN, headers=(b"from", b"to")),
        signed(RAW, DOMAIN, length=True),
        signed(RAW, DOMAIN, extra=[(b"x", b"1000000000")]),
        signed(RAW, DOMAIN, extra=[(b"t", b"99999999999")]),
        signed(RAW, DOMAIN, algorithm=b"rsa-sha1"),
        signed(RAW, DOMAIN, rsa_key(3072)),
        b" dobrada\r\n" + RAW,
        b"DKIM-Signature: v=1; a=rsa-sha256; d=clinica.com.br; s=s1; h=; bh=; b=\r\n" + RAW,
        b"DKIM-Signature: =;;==;\r\n" + RAW,
    ],
)  # fmt: skip
def test_nothing_less_than_a_whole_signature_verifies(spoiled: bytes, resolver: Resolver):
    assert found(spoiled, resolver) == UNSIGNED


def test_an_expired_signature_counted_on_the_day_it_arrived(resolver: Resolver):
    expires = str(int((NOW + timedelta(hours=1)).timestamp())).encode()
    raw = signed(RAW, DOMAIN, extra=[(b"x", expires)])
    assert found(raw, resolver) == VERIFIED
    assert check(raw, DOMAIN, resolver, NOW + timedelta(hours=2)) == UNSIGNED


@pytest.mark.parametrize(
    "records",
    [
        [],
        ["v=DKIM1; p="],
        ["v=DKIM1; k=rsa"],
        ["v=DKIM1; p=nonsense"],
        [rsa_key().record, rsa_key(3072).record],
        [rsa_key().record + "; t=y"],
        [rsa_key().record + "; s=tlsrpt"],
        [rsa_key().record + "; h=sha1"],
        [f"v=DKIM1; p={'A' * 2000}"],
    ],
)
def test_a_key_that_is_none_or_not_for_this(records: list[str], zone: dns.Zone, resolver: Resolver):
    zone.records[KEY_NAME] = records
    assert found(signed(RAW, DOMAIN), resolver) == UNSIGNED


def test_a_key_that_only_lets_the_domain_itself_speak(zone: dns.Zone, resolver: Resolver):
    zone.records[KEY_NAME] = [rsa_key().record + "; t=s"]
    assert found(signed(RAW, DOMAIN), resolver) == VERIFIED
    assert found(signed(RAW, DOMAIN, identity=b"@news.clinica.com.br"), resolver) == UNSIGNED


def test_a_short_key_verifies_nothing(
    zone: dns.Zone, resolver: Resolver, monkeypatch: pytest.MonkeyPatch
):
    zone.records[KEY_NAME] = [rsa_key(1024).record]
    raw = signed(RAW, DOMAIN, rsa_key(1024))
    assert found(raw, resolver) == VERIFIED
    monkeypatch.setattr(dkim_check, "SMALLEST_KEY", 1_025)
    assert found(raw, resolver) == UNSIGNED


def test_other_records_at_the_name_of_the_key_are_no_keys(zone: dns.Zone, resolver: Resolver):
    zone.records[KEY_NAME] = ["v=spf1 -all", rsa_key().record]
    assert found(signed(RAW, DOMAIN), resolver) == VERIFIED


def test_a_few_signatures_are_tried(resolver: Resolver, zone: dns.Zone):
    bad = b"".join(signed(RAW, f"n{n}.{DOMAIN}")[: -len(RAW)] for n in range(4))
    assert found(bad[: len(bad) // 4] + signed(RAW, DOMAIN), resolver) == VERIFIED
    zone.asked.clear()
    assert found(bad + signed(RAW, DOMAIN), resolver) == UNSIGNED
    assert sum("_domainkey" in name for name in zone.asked) <= 4


@pytest.mark.parametrize(
    ("name", "record", "expected"),
    [
        (f"_dmarc.{DOMAIN}", REJECT, REFUSED),
        (f"_dmarc.{DOMAIN}", "v=DMARC1; p=quarantine; rua=mailto:x@y.example", REFUSED),
        (f"_dmarc.{DOMAIN}", "v=DMARC1;p=none", UNSIGNED),
        (f"_dmarc.{DOMAIN}", "v=DMARC1; p=reject; pct=0", UNSIGNED),
        (f"_dmarc.{DOMAIN}", "v=DMARC1; p=reject; t=y", UNSIGNED),
        (f"_dmarc.{DOMAIN}", "p=reject", UNSIGNED),
        (f"_dmarc.{DOMAIN}", "", UNSIGNED),
        ("_dmarc.com.br", REJECT, UNSIGNED),
    ],
)
def test_what_the_domain_asks_for_decides_about_mail_nobody_signed(
    name: str, record: str, expected: object, zone: dns.Zone, resolver: Resolver
):
    zone.records[name] = [record]
    assert found(RAW, resolver) == expected


def test_several_policies_are_none(zone: dns.Zone, resolver: Resolver):
    zone.records[f"_dmarc.{DOMAIN}"] = [REJECT, "v=DMARC1; p=none"]
    assert found(RAW, resolver) == UNSIGNED


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (REJECT, REFUSED),
        ("v=DMARC1; p=none; sp=reject", REFUSED),
        ("v=DMARC1; p=reject; sp=none", UNSIGNED),
    ],
)
def test_a_domain_below_follows_the_registered_one(
    record: str, expected: object, zone: dns.Zone, resolver: Resolver
):
    zone.records[f"_dmarc.{DOMAIN}"] = [record]
    assert found(RAW, resolver, f"filial.{DOMAIN}") == expected


def test_strict_alignment_wants_the_very_domain(zone: dns.Zone, resolver: Resolver):
    zone.records["s1._domainkey.news.clinica.com.br"] = [rsa_key().record]
    zone.records[f"_dmarc.{DOMAIN}"] = ["v=DMARC1; p=reject; adkim=s"]
    assert found(signed(RAW, "news.clinica.com.br"), resolver) == REFUSED
    assert found(signed(RAW, DOMAIN), resolver) == VERIFIED


@pytest.mark.parametrize("raw", [RAW, signed(RAW, DOMAIN)])
def test_a_server_that_fails_makes_the_sender_unknown_and_never_failed(
    raw: bytes, zone: dns.Zone, resolver: Resolver
):
    zone.broken.add(DOMAIN)
    assert found(raw, resolver) == SILENT


def test_a_silent_key_leaves_an_enforced_domain_unknown(
    zone: dns.Zone, resolver: Resolver, monkeypatch: pytest.MonkeyPatch
):
    zone.records[f"_dmarc.{DOMAIN}"] = [REJECT]
    zone.broken.add("_domainkey." + DOMAIN)
    assert found(signed(RAW, DOMAIN), resolver) == SILENT


def test_a_policy_that_cannot_be_read_asks_for_the_very_domain(zone: dns.Zone, resolver: Resolver):
    zone.broken.add(f"_dmarc.{DOMAIN}")
    zone.records["s1._domainkey.news.clinica.com.br"] = [rsa_key().record]
    assert found(signed(RAW, DOMAIN), resolver) == VERIFIED
    assert found(signed(RAW, "news.clinica.com.br"), resolver) == SILENT
    assert found(RAW, resolver) == SILENT


def test_nobody_waits_for_a_silent_server_twice(zone: dns.Zone, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "QUESTION_SECONDS", 0.2)
    resolver = Resolver("127.0.0.1", zone.port)
    zone.silent.add(DOMAIN)
    assert found(signed(RAW, DOMAIN), resolver) == SILENT
    asked = len(zone.asked)
    assert found(signed(RAW, DOMAIN), resolver) == SILENT
    assert len(zone.asked) == asked
    # and others are asked as before
    zone.records["s1._domainkey.outra.example"] = [rsa_key().record]
    other = RAW.replace(b"clinica.com.br", b"outra.example")
    assert found(signed(other, "outra.example"), resolver, "outra.example") == VERIFIED


def test_answers_are_remembered(zone: dns.Zone, resolver: Resolver):
    for _ in range(3):
        assert found(signed(RAW, DOMAIN), resolver) == VERIFIED
    assert zone.asked.count(KEY_NAME) == 1


def test_a_message_gets_so_much_time_and_no_more(
    zone: dns.Zone, resolver: Resolver, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "MESSAGE_SECONDS", -1.0)
    assert found(signed(RAW, DOMAIN), resolver) == SILENT
    assert zone.asked == []


def test_domains_that_are_none_are_not_asked_about(zone: dns.Zone, resolver: Resolver):
    for domain in ("", "a" * 64 + ".example", "a." * 127 + "example", "a..example"):
        assert found(RAW, resolver, domain) == (Verdict.FAILED, "no-from")
    assert zone.asked == []


@pytest.fixture(scope="module")
def empty() -> Iterator[Resolver]:
    with dns.serving(dns.Zone()) as zone:
        yield Resolver("127.0.0.1", zone.port)


@given(head=st.binary(max_size=200), domain=st.text(max_size=30))
def test_no_bytes_and_no_domain_make_it_raise(head: bytes, domain: str, empty: Resolver):
    verdict, _ = check(head + signed(RAW, DOMAIN), domain, empty, NOW)
    assert verdict is not Verdict.VERIFIED
    verdict, _ = check(b"DKIM-Signature: " + head + b"\r\n" + RAW, DOMAIN, empty, NOW)
    assert verdict is not Verdict.VERIFIED
