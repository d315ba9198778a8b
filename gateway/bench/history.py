"""Years of a helpdesk, made up: tickets and messages as skewed as in life, the same for one seed.

Rows come in the order of their numbers, as tuples under the columns named here. Every word of a
text is known beforehand, so that what the search holds is looked up instead of computed.
"""

import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from helpdesk import words
from helpdesk.catalog import Catalog
from helpdesk.text import sort_name

TICKET = (
    "number", "protocol", "sort_protocol", "provider_id", "sort_provider", "title", "sort_title",
    "contact_name", "contact_phone", "contact_email", "classification_id", "subclassification_id",
    "reason_id", "sector_id", "status_id", "situation", "waiting_on", "assignee_id", "sort_agent",
    "started", "channel", "opened_kind", "opened_name", "opened_at", "closed_at", "deleted_at",
    "cycle_at", "days", "unit", "attention", "terms_source", "due_at", "attention_at", "late",
    "secret_group", "imported", "version", "last_message_at", "answered_at", "answer_minutes",
    "solve_minutes",
)  # fmt: skip
MESSAGE = (
    "id", "number", "kind", "direction", "audience", "secret_group", "channel", "author_kind",
    "author_name", "at", "text", "quoted",
)  # fmt: skip
#: message id, ticket, the words the search holds
WORDS = ("id", "number", "doc")

YEARS = 4
#: of a hundred thousand tickets: still open among the newest, and forgotten ones among the rest
NEWEST, OPEN_NEWEST, OPEN_REST = 0.008, 0.9, 0.002
PENDING = 0.25
SECRET, DELETED = 0.003, 0.002
#: how many messages a ticket has: five on average, most fewer, few many
LENGTHS = (1, 2, 2, 2, 3, 3, 4, 4, 5, 6, 8, 20)
LONG = 200
CHANNELS = (("mail", 46), ("web", 34), ("phone", 11), ("in_person", 1), ("api", 2))
#: channels that exist for a year only
LATE_CHANNELS = (*CHANNELS, ("telegram", 4), ("chat", 5))
SENTENCES = (
    "Bom dia, segue a relação das guias do lote para conferência.",
    "Solicitamos a revisão da glosa por cobrança em duplicidade.",
    "O demonstrativo de pagamento não confere com o arquivo enviado.",
    "A senha de autorização estava vigente na data do atendimento.",
    "Encaminhamos em anexo o relatório médico e a ficha assinada pelo beneficiário.",
    "Informamos que o recurso foi analisado pela auditoria e o valor será pago no próximo ciclo.",
    "O arquivo XML foi rejeitado por divergência no código da tabela.",
    "Poderiam confirmar o recebimento da nota fiscal?",
    "O contrato prevê reajuste anual pelo índice oficial.",
    "Pedimos a inclusão do novo endereço no cadastro do prestador.",
    "A cirurgia exige material especial com três cotações.",
    "Aguardamos o retorno dentro do prazo informado no protocolo.",
    "O beneficiário foi atendido na urgência e a guia foi emitida depois.",
    "Houve retenção de imposto a maior na última competência.",
    "Atenciosamente, setor de faturamento.",
    "Sua solicitação foi registrada e está em análise pela área responsável.",
)
#: subjects few tickets speak of
RARE = ("quimioterapia", "hemodiálise", "oxigenoterapia", "litotripsia", "radioembolização")
TITLES = (
    "Recurso de glosa", "Pagamento em atraso", "Rejeição de lote", "Autorização negada",
    "Alteração de cadastro", "Nota fiscal recusada", "Dúvida sobre reajuste", "Guia sem assinatura",
    "Demonstrativo divergente", "Material especial",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cast:
    """Who takes part: ids in the order of how often they occur, sort names by id."""

    providers: list[int]
    provider_names: dict[int, str]
    #: agents by sector
    agents: dict[int, list[int]]
    agent_names: dict[int, str]
    registers: Catalog


class History:
    """`tickets(first, last)` and then `messages()` of the same ones."""

    def __init__(self, cast: Cast, size: int, now: datetime, registration: str) -> None:
        self._chance = random.Random(20_261_124)  # noqa: S311 - a load, no secret
        self._cast, self._size, self._now = cast, size, now
        self._registration = registration
        self._start = now - timedelta(days=365 * YEARS)
        self._step = (now - self._start) / size
        self._provider = _drawn(self._chance, [
            (provider, 1 / (rank + 8)) for rank, provider in enumerate(cast.providers)
        ])  # fmt: skip
        sorts = sorted(cast.registers.classifications.values(), key=lambda c: c.position)
        self._class = _drawn(self._chance, [(c, 1 / (n + 1.5)) for n, c in enumerate(sorts)])
        self._early = _drawn(self._chance, CHANNELS)
        self._late = _drawn(self._chance, LATE_CHANNELS)
        self._statuses = {
            situation: _drawn(self._chance, [
                (s.id, 1 / (n + 1))
                for n, s in enumerate(cast.registers.statuses.values())
                if s.situation == situation
            ])
            for situation in ("open", "pending", "closed")
        }  # fmt: skip
        self._spoken = [(text, " ".join(words.tokens(text))) for text in SENTENCES]
        self._rare = [(text, " ".join(words.tokens(text))) for text in RARE]
        self._days: dict[str, int] = {}
        self._ids = itertools.count(1)

    def tickets(self, first: int, last: int) -> Iterator[tuple[Any, ...]]:
        for number in range(first, last + 1):
            yield self._ticket(number)

    def messages(
        self, tickets: list[tuple[Any, ...]]
    ) -> Iterator[tuple[tuple[Any, ...], tuple[int, int, str]]]:
        """Each with what the search holds of it."""
        for ticket in tickets:
            length = LONG if ticket[0] == self._size else self._chance.choice(LENGTHS)
            for turn in range(length):
                yield self._message(ticket, turn)

    def _ticket(self, number: int) -> tuple[Any, ...]:
        chance = self._chance
        opened = self._start + self._step * number
        age = 1 - number / self._size
        is_open = chance.random() < (OPEN_NEWEST if age < NEWEST else OPEN_REST)
        situation = "closed" if not is_open else "pending" if chance.random() < PENDING else "open"
        kind = self._class()
        subs = self._cast.registers.children(kind.id)
        sub = chance.choice(subs) if subs and chance.random() < 0.8 else None  # noqa: PLR2004
        reasons = [
            r.id
            for r in self._cast.registers.reasons.values()
            if sub is not None and r.subclassification_id == sub.id
        ]
        reason = chance.choice(reasons) if reasons and situation == "closed" else None
        sector = kind.sector_id or 1
        agents = self._cast.agents[sector]
        agent = None if is_open and chance.random() < 0.4 else chance.choice(agents)  # noqa: PLR2004
        provider = self._provider()
        due = (opened + timedelta(days=kind.days)).replace(hour=21, minute=0, second=0)
        closed = None if is_open else min(
            opened + timedelta(days=kind.days * chance.expovariate(2.2)),
            self._now - timedelta(minutes=1),
        )  # fmt: skip
        title = f"{chance.choice(TITLES)} {number % 9973}"
        day = f"{opened:%Y%m%d}"
        self._days[day] = self._days.get(day, 0) + 1
        protocol = f"{self._registration}{day}{self._days[day]:06}"
        return (
            number, protocol, protocol, provider, self._cast.provider_names[provider], title,
            sort_name(title), "Luciana Prado", "(31) 3222-0101",
            f"contato{provider}@clinica.example",
            kind.id, sub.id if sub else None, reason, sector, self._statuses[situation](),
            situation, "agent" if is_open else "provider", agent,
            self._cast.agent_names.get(agent or 0, ""), agent is not None,
            (self._late if age < 1 / YEARS else self._early)(), "person", "Luciana Prado", opened,
            closed, opened if chance.random() < DELETED else None, opened, kind.days, kind.unit,
            kind.attention, "classification", due, due - timedelta(days=kind.attention, hours=10),
            None if closed is None else closed > due,
            "juridico" if chance.random() < SECRET else None, False, 3, closed or opened,
            closed, None if closed is None else number % 37 * (number % 11 + 1),
            None if closed is None else number % 41 * (number % 13 + 1) * 10,
        )  # fmt: skip

    def _message(
        self, ticket: tuple[Any, ...], turn: int
    ) -> tuple[tuple[Any, ...], tuple[int, int, str]]:
        chance = self._chance
        number, title, group, channel = ticket[0], ticket[5], ticket[34], ticket[20]
        kind, direction, audience = ("complement", "inbound", "public")
        if turn == 0:
            kind = "opening"
        elif turn % 2:
            kind, direction = "reply", "outbound"
        elif chance.random() < 0.15:  # noqa: PLR2004 - notes among what is said
            kind, direction, audience = "note", "internal", "internal"
        said = chance.choices(self._spoken, k=chance.choice((1, 2, 3, 4, 5, 9)))
        if chance.random() < 0.001:  # noqa: PLR2004 - a subject in a thousand
            said.append(chance.choice(self._rare))
        guide = str(chance.randrange(10**8))
        at = ticket[23] + timedelta(hours=turn * 3)
        message_id = next(self._ids)
        text = f"Guia {guide}. " + " ".join(piece for piece, _ in said)
        doc = " ".join(("guia", guide, *(piece for _, piece in said)))
        if turn == 0:
            doc = f"{doc} {_title_words(title)}"
        person = direction == "inbound"
        return (
            message_id, number, kind, direction, audience, group, channel,
            "person" if person else "agent", "Luciana Prado" if person else "Ana Souza", at, text,
            "",
        ), (message_id, number, doc)  # fmt: skip


def _title_words(title: str) -> str:
    return " ".join(words.tokens(title))


def _drawn(chance: random.Random, weighted: Any) -> Callable[[], Any]:
    """Draw by weight; the sums are made once."""
    values = [value for value, _ in weighted]
    sums = list(itertools.accumulate(weight for _, weight in weighted))
    return lambda: chance.choices(values, cum_weights=sums)[0]
