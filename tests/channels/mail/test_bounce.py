import pytest

from channels.mail.parse import parse
from helpdesk.border import Bounced
from tests.channels.mail.samples import letter, sample


def test_a_standard_report_names_each_recipient_as_we_wrote_to_it():
    parsed = parse(sample("bounce-rfc3464"))
    assert parsed.bounces == (
        Bounced("contas@clinica.example", "failed", "5.1.1", True, "550 5.1.1 User unknown"),
        Bounced("laudos@clinica.example", "delayed", "4.4.1", False, ""),
    )
    assert parsed.returned_ids == ("<ponte.77.assinado@planoipe.example>",)
    assert parsed.return_path == ""


def test_an_informal_one_is_understood():
    parsed = parse(sample("bounce-informal"))
    (bounced,) = parsed.bounces
    assert (bounced.recipient, bounced.status, bounced.permanent) == (
        "recepcao@movimento.example",
        "5.1.1",
        True,
    )
    assert parsed.returned_ids == ("<ponte.78.assinado@planoipe.example>",)


def test_a_full_mailbox_in_portuguese():
    (bounced,) = parse(sample("bounce-portugues")).bounces
    assert (bounced.recipient, bounced.status) == ("financeiro@odontosorriso.example", "5.2.2")


def test_a_delay_is_not_permanent():
    (bounced,) = parse(sample("atrasada")).bounces
    assert (bounced.action, bounced.permanent, bounced.status[0]) == ("delayed", False, "4")


def test_a_report_of_success_is_a_receipt():
    report = (
        sample("bounce-rfc3464").replace(b"failed", b"delivered").replace(b"delayed", b"relayed")
    )
    parsed = parse(report.replace(b"5.1.1", b"2.0.0").replace(b"4.4.1", b"2.0.0"))
    assert parsed.automatic == "read-receipt"
    assert not any(each.permanent for each in parsed.bounces)


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ("550 5.7.1 rejected by policy", "5.7.1"),
        ("mailbox is full", "5.2.2"),
        ("450 4.2.0 try again later", "4.2.0"),
        ("no such user", "5.1.1"),
        ("Unrouteable address", "5.1.1"),
        ("usuário desconhecido", "5.1.1"),
        ("host unknown", "5.1.2"),
        ("retry timeout exceeded", "5.4.7"),
        ("552 message too large", "5.3.4"),
    ],
)
def test_what_servers_write_has_a_status(told: str, status: str):
    raw = letter(
        f"Your message could not be delivered.\n\n<ana@x.example>:\n{told}\n",
        From="MAILER-DAEMON@y.example",
        Subject="Undelivered mail",
        Return_Path="<>",
    )
    assert [each.status for each in parse(raw).bounces] == [status]
