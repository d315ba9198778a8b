import inspect
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.mail import authentication, dkim_check
from channels.mail.authentication import judge
from channels.mail.domains import aligned, ascii_domain, organisational
from channels.mail.explain import explain
from channels.mail.parse import parse
from gateway.labels import LABELS
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
        (f'"{OURS}"; dmarc=pass', Verdict.VERIFIED),
        (f"{OURS.upper()}; DMARC=Pass HEADER.From=CLINICA.example", Verdict.VERIFIED),
        (f"{OURS};\r\n\tdkim=fail header.d=clinica.example;\r\n dkim=pass\r\n header.d=clinica.example",
         Verdict.VERIFIED),
        (f"{OURS}; dkim=fail header.d=x.example; spf=temperror", Verdict.FAILED),
        (f"{OURS}; dmarc=temperror; spf=neutral; dkim=policy", Verdict.UNKNOWN),
        (f"{OURS}; dmarc=pass; dmarc=fail", Verdict.FAILED),
        (f'{OURS}; dkim/1 = pass (a (b \\) c) d) reason="x; y" header.d = clinica.example',
         Verdict.VERIFIED),
        (f"{OURS}; dkim=pass header.b=ab=c/ header.d=clinica.example", Verdict.VERIFIED),
        (f"{OURS}; spf=pass smtp.mailfrom=", Verdict.FAILED),
        (f"{OURS}; iprev=pass policy.iprev=192.0.2.1", Verdict.UNKNOWN),
        (f"{OURS}", Verdict.UNKNOWN),
        ("spf=pass smtp.mailfrom=clinica.example; dmarc=pass header.from=clinica.example",
         Verdict.UNKNOWN),
    ],
)  # fmt: skip
def test_verdicts(results: str, expected: Verdict):
    assert verdict(results) is expected


#: what a stranger can have our server repeat: his envelope sender, a comment, a reason
REPEATED = [
    f'{OURS}; spf=pass smtp.mailfrom="x; dmarc=pass header.from=clinica.example;"@golpe.example',
    f'{OURS}; spf=pass smtp.mailfrom="clinica.example smtp.helo"@golpe.example',
    f"{OURS}; spf=pass smtp.mailfrom=clinica.example x@golpe.example",
    f"{OURS}; spf=pass (x; dmarc=pass header.from=clinica.example) smtp.mailfrom=golpe.example",
    f'{OURS}; dkim=fail reason="(" header.d=x.example; dmarc=fail (")"; dmarc=pass',
    f'{OURS}; dkim=fail reason="a ( b" header.d=clinica.example; dmarc=fail; spf=pass (c) smtp.mailfrom=clinica.example',
    f'{OURS}; dmarc=fail (not "closed; dmarc=pass header.from=clinica.example',
    f"{OURS}; spf=pass smtp.mailfrom==?utf-8?q?x=3B_dmarc=3Dpass?=@golpe.example",
    f"{OURS}; spf=pass smtp.mailfrom=golpe.example smtp.mailfrom=clinica.example",
    f'{OURS}; dkim=pass header.d="golpe.example" header.i=@clinica.example',
    f"{OURS}; x=y dmarc=pass header.from=clinica.example",
    f"{OURS} x y; dmarc=pass header.from=clinica.example",
    f"{OURS}; spf=fail smtp.mailfrom=x.example" + " " * 11_000 + "; dmarc=pass",
]


@pytest.mark.parametrize("results", REPEATED)
def test_what_a_stranger_wrote_into_our_header_vouches_for_nobody(results: str):
    assert verdict(results) is not Verdict.VERIFIED


def test_encoded_words_in_our_header_are_not_read():
    hidden = "=?utf-8?q?x=3B_dmarc=3Dpass_header.from=3Dclinica.example?="
    assert verdict(f"{OURS}; spf=pass smtp.mailfrom={hidden}@golpe.example") is Verdict.FAILED


@given(sender=st.text(max_size=60))
def test_no_quoted_envelope_sender_makes_a_stranger_verified(sender: str):
    plain = "".join(c for c in sender if c.isprintable())
    quoted = plain.replace("\\", "\\\\").replace('"', '\\"')
    found = verdict(f'{OURS}; spf=pass smtp.mailfrom="{quoted}"@golpe.example; dmarc=fail')
    assert found is Verdict.FAILED


@given(value=st.text(max_size=200))
def test_any_header_has_some_verdict(value: str):
    line = "".join(c for c in value if c not in "\r\n")
    assert verdict(f"{OURS}; {line}") in Verdict
    assert verdict(line) in Verdict


LOOKALIKES = {
    "X-Authentication-Results": f"{OURS}; dmarc=pass header.from=clinica.example",
    "Authentication-Results-Original": f"{OURS}; dmarc=pass header.from=clinica.example",
    "ARC-Authentication-Results": f"i=1; {OURS}; dmarc=pass header.from=clinica.example",
    "ARC-Seal": f"i=1; a=rsa-sha256; cv=pass; d={OURS}",
    "X-MS-Exchange-Authentication-Results": f"{OURS}; dmarc=pass",
    "Authentication-Results": "mx.outro.example; dmarc=pass header.from=clinica.example",
}


@pytest.mark.parametrize(("name", "value"), LOOKALIKES.items())
def test_look_alikes_are_neither_believed_nor_shown(name: str, value: str):
    raw = f"{name}: {value}\r\n".encode() + letter()
    parsed = parse(raw)
    assert judge(parsed, OURS, "clinica.example").verdict is Verdict.UNKNOWN
    assert all("uthentication-" not in shown and "ARC" not in shown for shown, _ in parsed.headers)
    told = explain(raw, authserv_id=OURS)
    assert told["authentication"] == {"trusted": False, "spf": None, "dkim": None, "dmarc": None}
    assert "dmarc=pass" not in json.dumps(told)


def test_a_header_of_ours_below_another_is_not_ours():
    forged = f"Authentication-Results: {OURS}; dmarc=pass header.from=clinica.example\r\n"
    true = f"Authentication-Results: {OURS}; dmarc=fail header.from=clinica.example\r\n"
    assert judge(parse(true.encode() + forged.encode() + letter()), OURS,
                 "clinica.example").verdict is Verdict.FAILED  # fmt: skip


def test_domains_are_compared_as_dns_does():
    assert aligned("xn--clnica-4va.com.br", "clínica.com.br")
    assert aligned("CLINICA.com.br.", "clinica.COM.BR")
    assert ascii_domain("faß.example") == "xn--fa-hia.example"
    assert not aligned("fass.example", "faß.example")
    assert ascii_domain("a" * 70 + "é.example") == ""
    assert not aligned("", "")


@pytest.mark.parametrize(
    ("results", "reason"),
    [
        (f"{OURS}; dmarc=pass; spf=pass smtp.mailfrom=clinica.example", "dmarc-pass"),
        (f"{OURS}; dkim=pass header.d=clinica.example", "dkim-pass"),
        (f"{OURS}; spf=pass smtp.mailfrom=clinica.example", "spf-pass"),
        (f"{OURS}; dmarc=fail", "dmarc-fail"),
        (f"{OURS}; spf=pass smtp.mailfrom=outra.example", "unaligned"),
        (f"{OURS}; none", "unchecked"),
        ("outro.example; dmarc=pass", "nobody"),
    ],
)
def test_the_verdict_says_what_it_rests_on(results: str, reason: str):
    found = judge(parse(letter(Authentication_Results=results)), OURS, "clinica.example")
    assert found.reason == reason


def test_a_message_without_one_sender_speaks_for_nobody():
    results = f"{OURS}; dmarc=pass"
    without = parse(letter(Authentication_Results=results, From=None))
    assert judge(without, OURS, "").reason == "no-from"
    assert judge(without, OURS, "").verdict is Verdict.FAILED
    several = b"From: outro@x.example\r\n" + letter(Authentication_Results=results)
    assert judge(parse(several), OURS, "x.example").reason == "several-from"


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


def test_every_reason_has_its_words_and_no_words_are_left_over():
    sources = (inspect.getsource(module) for module in (authentication, dkim_check))
    named = set(re.findall(r'"((?:own|several|no|dmarc|un)-?[a-z-]+|nobody)"', " ".join(sources)))
    named |= {f"{method}-pass" for method in ("dmarc", "dkim", "spf")}
    assert {*LABELS["judged"]} <= named
    assert {"own-signature", "own-policy", "own-unsigned", "own-unanswered"} <= {*LABELS["judged"]}
    assert all(len(word) <= 20 for word in LABELS["judged"])


@pytest.mark.parametrize(
    "written",
    [
        b"Ana <b@outra.example> <a@clinica.example>",
        b"a@clinica.example, b@outra.example",
        b"equipe: a@clinica.example, b@outra.example;",
        b"a@clinica.example\r\nFrom: b@outra.example",
    ],
)
def test_a_from_of_several_addresses_speaks_for_none_of_them(written: bytes):
    """RFC 7489 section 6.6.1: readers differ in which of them they show."""
    passed = f"Authentication-Results: {OURS}; dmarc=pass header.from=clinica.example\r\n"
    parsed = parse(passed.encode() + b"From: " + written + b"\r\nSubject: x\r\n\r\nOi\r\n")
    assert "several-from" in parsed.defects
    assert judge(parsed, OURS, "clinica.example").verdict is Verdict.FAILED
    assert judge(parsed, OURS, "outra.example").verdict is Verdict.FAILED


@pytest.mark.parametrize(
    "written",
    [
        b"Ana <a@clinica.example>",
        b'"b@outra.example" <a@clinica.example>',
        b"a@clinica.example <a@clinica.example>",
        b"Silva, Ana <a@clinica.example>",
        b"<@rota.example:a@clinica.example>",
    ],
)
def test_a_from_of_one_address_is_no_defect(written: bytes):
    assert "several-from" not in parse(b"From: " + written + b"\r\n\r\nOi\r\n").defects
