"""Reports as the servers of the world write them for people: invented content, true forms."""

import pytest

from channels.mail.parse import parse

DAEMON = "Mail Delivery System <MAILER-DAEMON@mx.example>"
WHO = "contas@clinica.example"
COPY = "Received: by mx.example; Tue, 24 Nov 2026 09:00:00 -0300\nTo: contas@clinica.example\n"

#: name of the form -> (From, Subject, body, status)
FORMS = {
    "qmail": (
        "MAILER-DAEMON@mx.example",
        "failure notice",
        f"""Hi. This is the qmail-send program at mx.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<{WHO}>:
192.0.2.7 does not like recipient.
Remote host said: 550 5.1.1 unknown user
Giving up on 192.0.2.7.

--- Below this line is a copy of the message.

{COPY}""",
        "5.1.1",
    ),
    "qmail without a host": (
        "MAILER-DAEMON@mx.example",
        "failure notice",
        f"""Hi. This is the qmail-send program at mx.example.

<{WHO}>:
Sorry, I couldn't find any host named clinica.example. (#5.1.2)

--- Below this line is a copy of the message.

{COPY}""",
        "5.1.2",
    ),
    "exim": (
        DAEMON,
        "Mail delivery failed: returning message to sender",
        f"""This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  {WHO}
    SMTP error from remote mail server after RCPT TO:<{WHO}>:
    host mx.clinica.example [192.0.2.7]: 552 5.2.2 Mailbox full

------ This is a copy of the message, including all the headers. ------

{COPY}""",
        "5.2.2",
    ),
    "exim without a route": (
        DAEMON,
        "Mail delivery failed: returning message to sender",
        f"""The following address failed:

  {WHO}:
    unrouteable mail domain "clinica.example"

--- The header of the original message is following. ---

{COPY}""",
        "5.1.2",
    ),
    "exim that gave up": (
        DAEMON,
        "Mail delivery failed: returning message to sender",
        f"""A message that you sent could not be delivered. The following address(es) failed:

  {WHO}
    retry timeout exceeded

------ This is a copy of the message, including all the headers. ------

{COPY}""",
        "5.4.7",
    ),
    "an old sendmail": (
        "Mail Delivery Subsystem <MAILER-DAEMON@mx.example>",
        "Returned mail: User unknown",
        f"""The original message was received at Tue, 24 Nov 2026 09:00:00 -0300

   ----- The following addresses had permanent fatal errors -----
<{WHO}>

   ----- Transcript of session follows -----
... while talking to mx.clinica.example.:
>>> RCPT To:<{WHO}>
<<< 550 <{WHO}>... User unknown
550 <{WHO}>... User unknown

   ----- Original message follows -----

{COPY}""",
        "5.1.1",
    ),
    "postfix for people": (
        "MAILER-DAEMON@mx.example (Mail Delivery System)",
        "Undelivered Mail Returned to Sender",
        f"""This is the mail system at host mx.example.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients.

<{WHO}>: host mx.clinica.example[192.0.2.7] said: 554 5.7.1
    <{WHO}>: Recipient address rejected: Access denied (in reply to RCPT TO command)

{COPY}""",
        "5.7.1",
    ),
    "postfix without a host": (
        "MAILER-DAEMON@mx.example (Mail Delivery System)",
        "Undelivered Mail Returned to Sender",
        f"""This is the Postfix program at host mx.example.

<{WHO}>: Host or domain name not found. Name service error for
    name=clinica.example type=A: Host not found

{COPY}""",
        "5.1.2",
    ),
    "exchange 5.5": (
        "System Administrator <postmaster@mx.example>",
        "Undeliverable: Guia 77",
        f"""Your message

  To:      {WHO}
  Subject: Guia 77
  Sent:    Tue, 24 Nov 2026 09:00:00 -0300

did not reach the following recipient(s):

{WHO} on Tue, 24 Nov 2026 09:00:05 -0300
    The recipient name is not recognized
    The MTS-ID of the original message is: c=br;a= ;p=x;l=MX0911
    MSEXCH:IMS:x:SEDE:MX 0 (000C05A6) Unknown Recipient
""",
        "5.1.1",
    ),
    "exchange 2007 in Portuguese": (
        "Microsoft Exchange <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@mx.example>",
        "Não é possível entregar: Guia 77",
        f"""Falha na entrega para estes destinatários ou grupos:

{WHO}
O endereço de e-mail digitado não foi encontrado. Verifique o endereço.

Informações de diagnóstico para administradores:

Gerando servidor: mx.example

{WHO}
#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##rfc822;{WHO}

Cabeçalhos de mensagem originais:

{COPY}""",
        "5.1.1",
    ),
    "domino": (
        "Postmaster@mx.example",
        "DELIVERY FAILURE: User contas (contas@clinica.example) not listed in Domino Directory",
        f"""Your message

  Subject: Guia 77

was not delivered to:

  {WHO}

because:

  User contas ({WHO}) not listed in Domino Directory
""",
        "5.1.1",
    ),
    "courier": (
        DAEMON,
        "NOTICE: mail delivery status.",
        f"""This is a delivery status notification from mx.example,
running the Courier mail server.

The original message was received on Tue, 24 Nov 2026 09:00:00 -0300

---------------------------------------------------------------------------

                           UNDELIVERABLE MAIL

Your message to the following recipients cannot be delivered:

<{WHO}>:
    mx.clinica.example [192.0.2.7]:
>>> RCPT TO:<{WHO}>
<<< 550 User unknown.

---------------------------------------------------------------------------
""",
        "5.1.1",
    ),
    "mail.ru": (
        "mailer-daemon@corp.mail.example",
        "Mail delivery failed: returning message to sender",
        f"""This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  {WHO}
    over quota

**********************
Это письмо создано автоматически
сервером, отвечать на него не нужно.
""",
        "5.2.2",
    ),
    "yahoo": (
        "MAILER-DAEMON@yahoo.example",
        "Failure Notice",
        f"""Sorry, we were unable to deliver your message to the following address.

<{WHO}>:
554: 5.7.1 mail server permanently rejected message (#5.3.0)

--- Below this line is a copy of the message.

{COPY}""",
        "5.7.1",
    ),
    "gmail of old": (
        "Mail Delivery Subsystem <mailer-daemon@googlemail.example>",
        "Delivery Status Notification (Failure)",
        f"""Delivery to the following recipient failed permanently:

     {WHO}

Technical details of permanent failure:
Google tried to deliver your message, but it was rejected by the recipient domain.
The error that the other server returned was: 550 550 5.1.1 <{WHO}>: User unknown (state 14).

----- Original message -----

{COPY}""",
        "5.1.1",
    ),
    "a group that is not there": (
        "Mail Delivery Subsystem <mailer-daemon@googlemail.example>",
        "Delivery Status Notification (Failure)",
        f"""Hello atendimento@operadora.example,

We're writing to let you know that the group you tried to contact ({WHO}) may not exist, or you
may not have permission to post messages to the group.
""",
        "5.",
    ),
    "a carrier in Japanese": (
        "Postmaster@ezweb.example",
        "Mail System Error - Returned Mail",
        f"""The user(s) account is temporarily over quota.

<{WHO}>

{COPY}""",
        "5.2.2",
    ),
    "imail": (
        "Postmaster <postmaster@mx.example>",
        "Undeliverable Mail",
        f"""Unknown user: {WHO}

Original message follows.

{COPY}""",
        "5.1.1",
    ),
    "interscan": (
        "InterScan MSS <postmaster@mx.example>",
        "Mail could not be delivered",
        f"""****** Message from InterScan Messaging Security Suite ******

Sent <<< RCPT TO:<{WHO}>
Received >>> 550 5.1.1 <{WHO}>... user unknown

Unable to deliver message to <{WHO}>.

************************     End of message     **********************
""",
        "5.1.1",
    ),
    "a filter": (
        "Mail Delivery System <mailer-daemon@filtro.example>",
        "Message delivery failed",
        f"""Your message could not be delivered for the following reason:

Recipient: {WHO}
Reason: message blocked by content policy (spam)
""",
        "5.7.1",
    ),
    "a Brazilian host": (
        "Mail Delivery Subsystem <MAILER-DAEMON@hospedagem.example>",
        "Mensagem não entregue",
        f"""Não foi possível entregar a sua mensagem ao destinatário abaixo:

{WHO}: caixa postal inexistente

A mensagem original segue abaixo.

{COPY}""",
        "5.1.1",
    ),
    "a list that knows us not": (
        "faturamento-admin@clinica.example",
        "You atendimento@operadora.example are not member (faturamento ML)",
        f"""You are not a member of this mailing list <{WHO}>.
If you have questions, ask <faturamento-admin@clinica.example>.
""",
        "5.",
    ),
    "too large": (
        DAEMON,
        "Undelivered Mail Returned to Sender",
        f"""<{WHO}>: message size 25165824 exceeds size limit 10485760 of server
    mx.clinica.example[192.0.2.7]

{COPY}""",
        "5.3.4",
    ),
}


def written(name: str, *, path: str = "<>") -> bytes:
    sender, subject, body, _ = FORMS[name]
    head = (
        f"Return-Path: {path}\nFrom: {sender}\nTo: atendimento@operadora.example\n"
        f"Subject: {subject}\nMessage-ID: <1@mx.example>\n"
        "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n"
    )
    return (head + body).encode()


@pytest.mark.parametrize("path", ["<>", "<mailer-daemon@mx.example>"])
@pytest.mark.parametrize("name", FORMS)
def test_the_address_and_what_is_wrong_with_it(name: str, path: str):
    parsed = parse(written(name, path=path))
    assert parsed.automatic == "bounce"
    assert [each.recipient for each in parsed.bounces] == [WHO]
    assert parsed.bounces[0].status.startswith(FORMS[name][3])
    assert (parsed.bounces[0].action, parsed.bounces[0].permanent) == ("failed", True)
