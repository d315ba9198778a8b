"""From raw bytes and how they arrived to what the core places: no decision is taken here."""

from collections.abc import Iterable
from datetime import datetime

from channels.mail import authentication, dkim_check, quoting
from channels.mail.addresses import Addresses
from channels.mail.config import MailConfig
from channels.mail.imap_fetch import INCOMPLETE
from channels.mail.parse import ParsedMail, content_key, parse
from channels.mail.resolver import Resolver
from helpdesk import protocol
from helpdesk.border import Address, Channel, File, Inbound, MailFacts, Verdict
from helpdesk.models import InboundRaw
from helpdesk.ports import BlobStore
from helpdesk.reply_addresses import find_bounce_tokens, find_reply_tokens
from helpdesk.tokens import Keyring

#: where servers write the address a message was sent to (Postfix, Dovecot, Exim)
TRACES = frozenset({"delivered-to", "x-original-to", "envelope-to"})
#: a domain name is shorter (RFC 1035 §2.3.4); what a column holds
LONGEST_ADDRESS = 254


class Reader:
    """Understands arrivals of one instance; call it with the stored row and its bytes.

    When it returns, the bytes of every attachment are durable. Does I/O only in the blob store and,
    with a resolver, in DNS.
    """

    def __init__(
        self,
        config: MailConfig,
        keyring: Keyring,
        blobs: BlobStore,
        resolver: Resolver | None = None,
    ) -> None:
        self._config = config
        self._resolver = resolver
        self._keyring = keyring
        self._blobs = blobs
        self._boxes = {box.address: box for box in config.boxes}
        self._ours = Addresses(self._boxes, config.reply_address)
        self._domains = {box.address.rpartition("@")[2].lower() for box in config.boxes}

    def __call__(self, row: InboundRaw, raw: bytes) -> Inbound:
        parsed = parse(_delivered(row, raw), own=self._keyring.wrote)
        sender = _spelled(parsed.from_.address)[:LONGEST_ADDRESS] if parsed.from_ else ""
        domain = sender.rpartition("@")[2]
        verdict, judged = self._judge(row, raw, parsed, domain)
        recipients = _recipients(row, parsed)
        mailbox = row.mailbox or self._mailbox(recipients)
        return Inbound(
            channel=Channel.MAIL,
            sender=Address(Channel.MAIL, sender, parsed.from_.name if parsed.from_ else ""),
            text=parsed.reply_text,
            quoted=parsed.quoted_text,
            html=parsed.html,
            title=parsed.subject,
            arrival=row.arrival,
            content=content_key(parsed),
            at=_at(row, parsed),
            classification=self._classification(mailbox),
            files=self._files(parsed),
            verdict=verdict,
            judged=judged,
            mail=self._facts(parsed, recipients, mailbox, sender),
            raw_id=row.id,
            quiet=row.quiet,
            imported=row.imported,
        )

    def _judge(
        self, row: InboundRaw, raw: bytes, parsed: ParsedMail, domain: str
    ) -> tuple[Verdict, str]:
        """By our server's word, else by our own check; what DNS once answered stands for ever."""
        said = authentication.judge(parsed, self._config.authserv_id, domain)
        if said.trusted or self._resolver is None:
            return said.verdict, said.reason
        if row.judged in dkim_check.ANSWERED:
            return Verdict(row.verdict), row.judged
        unnamed = authentication.unnamed(parsed)
        if unnamed is not None:
            return Verdict.FAILED, unnamed
        return dkim_check.check(raw, domain, self._resolver, row.received_at)

    def _facts(
        self, parsed: ParsedMail, recipients: tuple[str, ...], mailbox: str | None, sender: str
    ) -> MailFacts:
        template = self._config.reply_address
        people = (_spelled(each.address) for each in (*parsed.to, *parsed.cc))
        references = _distinct((*parsed.references, parsed.in_reply_to))
        return MailFacts(
            message_id=parsed.message_id,
            references=references,
            subject=parsed.subject,
            reply_to=_spelled(parsed.reply_to.address) if parsed.reply_to else None,
            tokens=find_reply_tokens(recipients, self._boxes, template),
            protocols=tuple(protocol.find(parsed.subject)),
            automatic=parsed.automatic or self._to_sender(recipients),
            bounces=parsed.bounces,
            returned_outbox=self._returned(
                find_bounce_tokens(recipients, self._boxes, template), parsed.returned_ids
            ),
            forged_ids=tuple(each for each in references if self._imitates(each)),
            quotes=quoting.quotes(parsed.text),
            copied=_distinct(
                each for each in people if each != sender and self._ours.recognise(each) is None
            ),
            mailbox=mailbox,
            defects=(*parsed.defects, *_incomplete(parsed)),
            protection=parsed.protection,
        )

    def _to_sender(self, recipients: Iterable[str]) -> str | None:
        """No person writes to the envelope sender of a mail: programs answer there (RFC 3834 §4),
        also those that do not say what they are."""
        tokens = find_bounce_tokens(recipients, self._boxes, self._config.reply_address)
        ours = any(self._keyring.read_bounce_token(token) for token in tokens)
        return "auto-reply" if ours else None

    def _returned(self, tokens: Iterable[str], message_ids: Iterable[str]) -> tuple[int, ...]:
        """The outbox rows that a report proves to be about: both kinds of proof are signed."""
        found = [self._keyring.read_bounce_token(token) for token in tokens]
        issued = [self._keyring.read_message_id(each) for each in message_ids]
        found += [each.outbox_id for each in issued if each is not None]
        return tuple(dict.fromkeys(outbox_id for outbox_id in found if outbox_id))

    def _files(self, parsed: ParsedMail) -> tuple[File, ...]:
        keys = self._blobs.put_many([each.data for each in parsed.attachments])
        return tuple(
            File(
                filename=each.filename,
                content_type=each.content_type,
                size=each.size,
                sha256=sha256,
                inline=each.inline,
                content_id=each.content_id,
            )
            for each, sha256 in zip(parsed.attachments, keys, strict=True)
        )

    def _mailbox(self, recipients: Iterable[str]) -> str | None:
        """A message from a pipe or a file says only in its headers which address it came to."""
        found = (self._ours.recognise(each) for each in recipients)
        return next((own.mailbox for own in found if own is not None), self._config.address)

    def _classification(self, mailbox: str | None) -> str | None:
        box = self._boxes.get(mailbox or "")
        return box.classification if box else None

    def _imitates(self, message_id: str) -> bool:
        """Spelled like an id of ours, at a domain of ours, and not signed. Another instance's ids
        are spelled alike and stand at its own domain: those are no forgery."""
        domain = message_id.strip("<>").rpartition("@")[2].lower()
        return (
            domain in self._domains
            and self._keyring.claimed_number(message_id) is not None
            and not self._keyring.wrote(message_id)
        )


def _delivered(row: InboundRaw, raw: bytes) -> bytes:
    """With an empty envelope sender written where final delivery writes it (RFC 5321 §4.4)."""
    if row.envelope_from != "" or raw.startswith(b"From "):
        return raw
    return b"Return-Path: <>\r\n" + raw


def _recipients(row: InboundRaw, parsed: ParsedMail) -> tuple[str, ...]:
    """Every address it was sent to: envelope, traces of delivery, To and Cc."""
    traces = [value.strip("<> ") for name, value in parsed.headers if name.lower() in TRACES]
    shown = [each.address for each in (*parsed.to, *parsed.cc)]
    return _distinct((*row.recipients, *traces, *shown))


def _at(row: InboundRaw, parsed: ParsedMail) -> datetime:
    """When it was said: an imported message opens its ticket at its own Date."""
    if row.imported and parsed.date is not None and parsed.date <= row.received_at:
        return parsed.date
    return row.received_at


def _incomplete(parsed: ParsedMail) -> tuple[str, ...]:
    """`limit` or `unreadable` when the bytes only stand in for a message left on its server."""
    if not parsed.headers or parsed.headers[0][0].lower() != INCOMPLETE.lower():
        return ()
    return tuple(parsed.headers[0][1].split()[:1])


def _distinct(values: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))


def _spelled(address: str) -> str:
    """An address as it is compared: lower case, the domain in its ASCII form (RFC 5891).

    Only what is spelled back as it was is converted: letters that a tolerant reader would turn
    into others (full width) or leave out (soft hyphens) stay what they are and equal nothing.
    """
    local, at, domain = address.lower().rpartition("@")
    try:
        spelled = domain.encode("idna").decode()
        same = spelled.encode().decode("idna") == domain
    except UnicodeError:
        return f"{local}{at}{domain}"
    return f"{local}{at}{spelled if same else domain}"
