"""Where requests to addresses that strangers name may go: the internet, and nowhere else."""

from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from pathlib import Path

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.egress import Egress, Refused, is_public
from tests.doubles.certificates import certify
from tests.doubles.receiver import Receiver, receiver

PUBLIC = "93.184.215.14"
LOOPBACK = IPv4Network("127.0.0.0/8")
#: networks of the IANA registries that are no part of the internet (RFC 6890 and its followers)
LOCAL4 = [
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
    "192.0.0.0/29", "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
    "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32",
]  # fmt: skip
LOCAL6 = [
    "::/96", "100::/64", "2001::/32", "2001:db8::/32", "2002::/16", "64:ff9b:1::/48", "5f00::/16",
    "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8", "3fff::/20",
]  # fmt: skip
inside4 = st.sampled_from(LOCAL4).flatmap(lambda n: st.ip_addresses(v=4, network=n))
inside6 = st.sampled_from(LOCAL6).flatmap(lambda n: st.ip_addresses(v=6, network=n))


def embedded(prefix: str, address: IPv4Address) -> IPv6Address:
    return IPv6Address(int(IPv6Network(prefix).network_address) + int(address))


@given(inside4)
@example(IPv4Address("169.254.169.254"))
def test_no_local_ipv4_address_is_public_however_it_is_dressed(address: IPv4Address):
    assert not is_public(address)
    for prefix in ("::ffff:0:0/96", "64:ff9b::/96", "::/96", "::ffff:0:0:0/96"):
        assert not is_public(embedded(prefix, address)), prefix
    sixtofour = IPv6Address((0x2002 << 112) | (int(address) << 80))
    teredo = IPv6Address((0x2001 << 112) | (int(address) ^ 0xFFFFFFFF))
    assert not is_public(sixtofour)
    assert not is_public(teredo)


@given(inside6)
@example(IPv6Address("::1"))
@example(IPv6Address("fd00:ec2::254"))
def test_no_local_ipv6_address_is_public(address: IPv6Address):
    assert not is_public(address)


@given(st.ip_addresses())
def test_what_is_public_is_so_by_the_registries_too(address: IPv4Address | IPv6Address):
    if is_public(address):
        assert address.is_global
        kinds = ("private", "loopback", "link_local", "multicast", "unspecified")
        assert not any(getattr(address, f"is_{kind}") for kind in kinds)


@pytest.mark.parametrize(
    "text", [PUBLIC, "8.8.8.8", "1.1.1.1", "2606:4700::1111", "2800:3f0:4001::1"]
)
def test_the_internet_is_public(text: str):
    address = IPv6Address(text) if ":" in text else IPv4Address(text)
    assert is_public(address)
    if isinstance(address, IPv4Address):
        # What an IPv6-only network with DNS64 makes of every name.
        assert is_public(embedded("64:ff9b::/96", address))


def names(**known: Sequence[str]) -> Callable[[str], Sequence[str]]:
    return lambda host: known[host.partition(".")[0]]


async def refusal(egress: Egress, url: str) -> str:
    with pytest.raises(Refused) as refused:
        await egress.look(url)
    return refused.value.code


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("", "invalid"),
        ("erp.example", "invalid"),
        ("ftp://out.example/", "invalid"),
        ("file:///etc/passwd", "invalid"),
        ("https://", "invalid"),
        ("https:///x", "invalid"),
        ("https://[::1", "invalid"),
        ("https://[fe80::1%25eth0]/", "invalid"),
        ("https://out.example:0/", "invalid"),
        ("https://out.example:99999/", "invalid"),
        ("https://out.example/\n", "invalid"),
        ("https://ana:senha@out.example/", "userinfo"),
        ("https://out.example\\@in.example/", "userinfo"),
        ("http://out.example/", "https"),
        ("https://in.example/", "inside"),
        ("https://both.example/", "inside"),
        ("http://in.example/", "inside"),
        ("https://none.example/", "unresolved"),
    ],
)
async def test_an_address_is_refused_with_its_reason(url: str, code: str):
    known = names(out=[PUBLIC], both=[PUBLIC, "10.0.0.7"], none=[], **{"in": ["10.0.0.7"]})
    assert await refusal(Egress(resolve=known), url) == code


async def test_a_name_that_nobody_knows_is_told_apart_from_one_that_leads_inside():
    assert await refusal(Egress(), "https://nao-existe.invalid/") == "unresolved"
    assert await refusal(Egress(), f"https://{'a' * 70}.example/") == "unresolved"


async def test_what_is_looked_at_is_every_address_of_the_name():
    known = names(out=[PUBLIC, "2606:4700::1111", PUBLIC])
    assert await Egress(resolve=known).look("https://out.example:8443/x?y=1") == [
        PUBLIC,
        "2606:4700::1111",
    ]


async def test_a_network_of_the_settings_is_allowed_also_without_tls_and_no_other():
    egress = Egress(["10.1.0.0/16", "fd00:1::/32"], names(a=["10.1.2.3"], b=["10.2.0.1"]))
    assert await egress.look("http://a.example/") == ["10.1.2.3"]
    assert await egress.look("https://a.example/") == ["10.1.2.3"]
    assert await refusal(egress, "https://b.example/") == "inside"
    mapped = Egress(["10.1.0.0/16"], names(a=["::ffff:10.1.2.3"]))
    assert await mapped.look("http://a.example/") == ["::ffff:a01:203"]


SPELLINGS = [
    "127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1", "0x7f000001", "0177.0.0.1", "127.1",
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "0.0.0.0", "[::]", "127.0.0.1.", "LOCALHOST",
    "\uff11\uff12\uff17.0.0.1", "[64:ff9b::7f00:1]",
]  # fmt: skip


@pytest.mark.parametrize("host", SPELLINGS)
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_no_spelling_of_this_machine_is_ever_connected_to(host: str, scheme: str):
    with receiver() as other, receiver(host="::") as six:
        for port in (other.port, six.port):
            await refusal(Egress(), f"{scheme}://{host}:{port}/")
            # Some spellings end before they come to us.
            with pytest.raises((Refused, httpx.InvalidURL)):
                async with Egress().client() as client:
                    await client.post(f"{scheme}://{host}:{port}/", content=b"x")
        assert other.hits == six.hits == []


async def test_a_name_that_means_something_else_a_moment_later_leads_nowhere():
    """DNS rebinding: public when it was looked at, this machine when it is sent to."""
    answers = iter([[PUBLIC], ["127.0.0.1"], [PUBLIC, "127.0.0.1"]])
    egress = Egress(resolve=lambda _: next(answers))
    with receiver() as other:
        url = f"https://troca.example:{other.port}/"
        assert await egress.look(url) == [PUBLIC]
        for _ in range(2):
            with pytest.raises(Refused):
                async with egress.client() as client:
                    await client.post(url, content=b"x")
        assert other.hits == []


async def test_the_connection_goes_to_the_address_that_was_looked_at(tmp_path: Path):
    """Resolved once: the system does not know this name, and a second answer would be another."""
    answers = iter([["127.0.0.1"]])
    egress = Egress([LOOPBACK], lambda _: next(answers))
    with receiver() as other:
        async with egress.client() as client:
            answer = await client.post(f"http://erp.example:{other.port}/a?b", content=b"x")
        assert answer.status_code == 204
        assert other.hits[0].path == "/a?b"
        assert other.hits[0].headers["host"] == f"erp.example:{other.port}"


async def test_certificate_and_handshake_are_those_of_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    shown, key = certify(tmp_path, "erp", "erp.example")
    monkeypatch.setenv("SSL_CERT_FILE", str(shown))
    with receiver(tls=(shown, key)) as other:
        egress = Egress([LOOPBACK], lambda _: ["127.0.0.1"])
        async with egress.client() as client:
            answer = await client.post(f"https://erp.example:{other.port}/", content=b"x")
        assert answer.status_code == 204
        with pytest.raises(httpx.ConnectError):
            async with egress.client() as client:
                await client.post(f"https://outro.example:{other.port}/", content=b"x")
        assert other.names == ["erp.example", "outro.example"]
        assert len(other.hits) == 1


async def test_of_several_addresses_the_one_that_answers_is_used():
    with receiver(host="127.0.0.1") as other:
        egress = Egress([LOOPBACK], lambda _: ["127.0.0.9", "127.0.0.1"])
        async with egress.client() as client:
            answer = await client.post(f"http://erp.example:{other.port}/", content=b"x")
        assert answer.status_code == 204
        gone = Egress([LOOPBACK], lambda _: ["127.0.0.9", "127.0.0.8"])
        with pytest.raises(httpx.ConnectError):
            async with gone.client() as client:
                await client.post(f"http://erp.example:{other.port}/", content=b"x")


async def test_neither_redirects_nor_proxies_of_the_environment_are_followed(
    monkeypatch: pytest.MonkeyPatch,
):
    with receiver() as inner, receiver() as proxy:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        leads = Receiver(lambda _: 307, location=f"http://127.0.0.1:{inner.port}/")
        with receiver(leads) as other:
            egress = Egress(["127.0.0.1/32"], lambda _: ["127.0.0.1"])
            async with egress.client() as client:
                answer = await client.post(f"http://erp.example:{other.port}/", content=b"x")
            assert answer.status_code == 307
            assert len(other.hits) == 1
        assert inner.hits == proxy.hits == []
