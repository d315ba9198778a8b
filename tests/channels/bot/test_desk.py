"""The conversation against the core, without a transport: refusals, lists, what changed meanwhile."""

import itertools
from dataclasses import dataclass, field

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from channels.bot.desk import Chat, Desk
from channels.bot.events import Event, FileSent, Pressed, Say
from channels.bot.says import Spoken, spoken
from channels.bot.typed import typed
from channels.kit import Kit
from helpdesk import bots
from helpdesk.border import Channel, File
from helpdesk.models import BotState, Classification, Membership, Person, Ticket
from tests.channels.bot.conftest import EMAIL, Hands

KEYS = itertools.count(1)


@dataclass(slots=True)
class Talk:
    """Somebody at a chat; buttons are pressed by their words, wherever they were shown last."""

    desk: Desk
    chat: Chat
    shown: dict[str, str] = field(default_factory=dict[str, str])
    says: list[str] = field(default_factory=list[str])

    async def hears(self, event: Event) -> str:
        heard = await self.desk.hear(self.chat, event, f"test:{next(KEYS)}")
        return self.takes(heard.says)

    def takes(self, says: tuple[Say, ...]) -> str:
        said: list[Spoken] = [spoken(self.desk.kit.render, say) for say in says]
        for one in said:
            self.shown |= {key.label: key.data for key in one.keys}
        self.says = [one.text for one in said]
        return "\n".join(self.says)

    async def writes(self, text: str) -> str:
        return await self.hears(typed(text))

    async def presses(self, words: str) -> str:
        return await self.hears(Pressed(self.shown[words]))

    async def fills(
        self, *, classification: str = "Glosa", text: str = "Um texto de teste."
    ) -> str:
        """A new contact up to its confirmation."""
        await self.writes("/novo")
        await self.presses(classification)
        await self.presses("Glosa técnica")
        await self.writes("Título")
        await self.writes(text)
        return await self.presses("Enviar")

    async def opens(self) -> str:
        await self.fills()
        return await self.presses("Confirmar e abrir")


@pytest.fixture
def talk(kit: Kit, hands: Hands) -> Talk:
    """At the portal's chat: who it is, is known."""
    me = hands.office.luciana
    return Talk(Desk(kit), Chat(Channel.CHAT, f"person:{me}", me))


@pytest.fixture
def stranger(kit: Kit, hands: Hands) -> Talk:
    return Talk(Desk(kit), Chat(Channel.TELEGRAM, "5001"))


async def test_a_classification_withdrawn_meanwhile_is_chosen_again(talk: Talk, hands: Hands):
    await talk.fills(text="Este texto não pode se perder.")
    (found,) = await hands.kit.work.read(
        lambda session: list(
            session.scalars(select(Classification.id).where(Classification.code == "GLO"))
        )
    )
    await hands.change(Classification, found, active=False)
    said = await talk.presses("Confirmar e abrir")
    assert "não está mais disponível" in said
    assert "Qual é o assunto?" in said
    assert "30 caracteres foram descartados" in await talk.presses("Cancelar")


async def test_a_provider_lost_meanwhile_is_said_and_the_text_stays(talk: Talk, hands: Hands):
    await hands.join(hands.office.other_provider)
    await talk.writes("/novo")
    await talk.presses("Laboratório Aurora")
    await talk.presses("Glosa")
    await talk.presses("Glosa técnica")
    await talk.writes("Título")
    await talk.writes("Este texto não pode se perder.")
    await talk.presses("Enviar")
    await hands.change(Membership, 2, active=False)
    said = await talk.presses("Confirmar e abrir")
    assert "não fala mais por esse prestador" in said
    assert "30 de 4.000" in said


async def test_a_ticket_deleted_meanwhile_gives_the_text_back(talk: Talk, hands: Hands):
    await talk.opens()
    (ticket,) = await hands.tickets()
    await talk.presses("Ver conversa")
    await talk.presses("Complementar")
    await talk.writes("Este complemento não pode se perder.")
    await hands.change(Ticket, ticket.number, deleted_at=hands.kit.clock())
    said = await talk.presses("Enviar")
    assert "não recebe complementos" in said
    assert "Guardei o que você enviou: “Este complemento" in said
    assert "não recebe complementos" in await talk.presses(f"Complementar {ticket.protocol}")


async def test_a_closed_ticket_says_what_a_complement_does(talk: Talk, hands: Hands):
    await talk.opens()
    (ticket,) = await hands.tickets()
    now = hands.kit.clock()
    await hands.change(Ticket, ticket.number, situation="closed", closed_at=now)
    await talk.presses("Ver conversa")
    assert "está encerrado. Se você complementar" in await talk.presses("Complementar")
    await talk.writes("Ainda falta a guia 12.")
    assert "Complemento enviado" in await talk.presses("Enviar")


async def test_a_ticket_closed_long_ago_is_followed_by_a_new_one(talk: Talk, hands: Hands):
    await talk.opens()
    (ticket,) = await hands.tickets()
    await hands.change(Ticket, ticket.number, situation="closed", closed_at=hands.kit.clock())
    hands.kit.clock.pass_by(days=60)  # type: ignore[attr-defined]
    await talk.presses("Ver conversa")
    await talk.presses("Complementar")
    await talk.writes("Ainda falta a guia 12.")
    assert "Contato aberto." in await talk.presses("Enviar")
    assert [t.follows for t in await hands.tickets()] == [None, ticket.number]


async def test_a_merged_ticket_shows_where_it_went(talk: Talk, hands: Hands):
    await talk.opens()
    await talk.opens()
    first, second = await hands.tickets()
    await hands.change(Ticket, first.number, merged_into=second.number)
    assert first.protocol is not None
    assert f"Protocolo {second.protocol}" in await talk.writes(first.protocol)


async def test_what_came_unasked_becomes_a_complement_of_one_picked_from_the_list(
    talk: Talk, hands: Hands
):
    assert "Não há contatos em aberto" in await talk.writes("/abertos")
    for _ in range(10):
        await talk.opens()
    assert "Seus contatos em aberto" in await talk.writes("/abertos")
    assert "Seus contatos em aberto" in await talk.presses("Mais antigos ›")
    await talk.writes("Segue o que faltava na primeira guia.")
    await talk.presses("Complementar um contato")
    await talk.presses("Mais antigos ›")
    first = (await hands.tickets())[0]
    await talk.presses(f"{first.protocol} · Título")
    assert "Complemento enviado" in await talk.presses("Enviar")
    assert [m.kind for m in await hands.messages(first.number)] == ["opening", "complement"]


async def test_an_answered_one_is_marked_in_the_list(talk: Talk, hands: Hands):
    await talk.opens()
    (ticket,) = await hands.tickets()
    await hands.replies(ticket.number, "Qual é o número da guia?")
    assert "têm resposta esperando você" in await talk.writes("/abertos")
    assert f"● {ticket.protocol} · Título" in talk.shown


async def test_files_before_any_text_wait_for_it(talk: Talk, hands: Hands):
    sha256 = hands.kit.blobs.put(b"%PDF-1")
    file = File("guia.pdf", "application/pdf", 6, sha256)
    assert "guia.pdf" in await talk.hears(FileSent(file))
    await talk.presses("Abrir um contato com isso")
    await talk.presses("Glosa")
    await talk.presses("Glosa técnica")
    said = await talk.presses("Usar o começo da mensagem")
    assert "Falta o texto" in said
    for _ in range(9):
        await talk.hears(FileSent(file))
    assert "são no máximo 10 arquivos" in await talk.hears(FileSent(file, "Segue em anexo."))
    await talk.presses("Enviar")
    await talk.presses("Confirmar e abrir")
    assert [t.title for t in await hands.tickets()] == ["Segue em anexo."]


async def test_nothing_published_means_nothing_to_open(talk: Talk, kit: Kit):
    await talk.writes("Um texto que veio sem ninguém pedir.")

    await kit.work.write(
        lambda session: [setattr(c, "web", False) for c in session.scalars(select(Classification))]
    )
    said = await talk.presses("Abrir um contato com isso")
    assert "não há assuntos abertos" in said
    assert "Guardei o que você enviou: “Um texto" in said
    assert "Descartado" in await talk.presses("Descartar")


async def test_a_state_nobody_can_read_begins_anew_and_says_so(talk: Talk, hands: Hands):
    await talk.fills()
    await hands.change(BotState, (Channel.CHAT, talk.chat.id), state={"v": 99})
    said = await talk.writes("Continuo aqui com o mesmo assunto.")
    assert "a conversa recomeça aqui" in said
    assert "Guardei o que você enviou" in said


async def test_who_speaks_for_nobody_is_told(stranger: Talk, hands: Hands, kit: Kit):
    await stranger.writes(EMAIL)
    await kit.work.write(lambda session: session.execute(delete(Membership)))
    said = await stranger.writes(await hands.code())
    assert "não está ligado a nenhum prestador" in said
    assert await kit.work.read(bots.bound, Channel.TELEGRAM, "5001") is None


async def test_somebody_else_does_not_find_what_another_left(
    stranger: Talk, hands: Hands, kit: Kit
):
    await stranger.writes(EMAIL)
    await stranger.writes(await hands.code())
    await stranger.fills(text="Só Luciana pode ver isto.")
    await kit.work.write(bots.release, hands.office.luciana, now=kit.clock())
    assert "está guardado e volta" in await stranger.writes("oi")

    def hire(session: Session) -> None:
        other = Person(name="Marcos", email="marcos@serena.example", invited_at=kit.clock())
        session.add(other)
        session.flush()
        session.add(Membership(person_id=other.id, provider_id=hands.office.provider))

    await kit.work.write(hire)
    await stranger.writes("marcos@serena.example")
    said = await stranger.writes(await hands.code())
    assert "texto de outra pessoa" in said
    assert "Só Luciana" not in said


async def test_leaving_says_what_is_lost(stranger: Talk, hands: Hands):
    await stranger.writes(EMAIL)
    await stranger.writes(await hands.code())
    await stranger.fills()
    assert "foi descartado" in await stranger.writes("/sair")
    assert "e-mail cadastrado" in await stranger.writes("/ajuda")
