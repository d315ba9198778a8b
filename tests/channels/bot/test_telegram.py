"""A provider's whole round on Telegram: real library, our Bot API server, real databases."""

import re

from sqlalchemy import func, select

from channels.kit import Kit
from helpdesk.border import Channel
from helpdesk.models import BotState, Membership, Person, Ticket
from tests.channels.bot.conftest import EMAIL, Hands, Naps, Phone, deliver, polling
from tests.doubles.bot_api import BotApi

PDF = b"%PDF-1.7 nota fiscal"


async def test_identify_open_and_get_the_answer_in_the_chat(
    phone: Phone, hands: Hands, kit: Kit, api: BotApi
):
    welcome = await phone.says("/start")
    assert "e-mail cadastrado" in welcome.text
    sent = await phone.says(EMAIL)
    assert "8 números" in sent.text
    menu = await phone.says(await hands.code())
    assert list(menu.keys) == ["Novo contato", "Meus contatos em aberto", "Ajuda"]

    first = await phone.presses("Novo contato")
    assert "Glosa" in first.keys
    assert "Próximas ›" in first.keys
    await phone.presses("Glosa")
    await phone.presses("Glosa administrativa")
    await phone.says("Guias do lote 0112")
    await phone.says("Três guias foram glosadas em duplicidade.")
    gathered = await phone.sends_file("demonstrativo.pdf", PDF, "Segue o demonstrativo.")
    assert "1 arquivo (demonstrativo.pdf)" in gathered.text
    summary = await phone.presses("Enviar")
    assert "Glosa › Glosa administrativa" in summary.text
    opened = await phone.presses("Confirmar e abrir")

    (ticket,) = await hands.tickets()
    assert ticket.protocol == "41999920261124000001"
    assert f"Protocolo {ticket.protocol}" in opened.text
    assert re.search(r"Retorno esperado até \w+, \d\d/\d\d, 18 h", opened.text)
    assert (ticket.channel, ticket.title) == (Channel.TELEGRAM, "Guias do lote 0112")
    (message,) = await hands.messages(ticket.number)
    assert message.text == "Três guias foram glosadas em duplicidade.\nSegue o demonstrativo."

    await hands.replies(ticket.number, "Reenvie as guias 12 e 13, por favor.")
    await deliver(kit, api)
    answer = api.last(phone.chat)
    assert "Ana Souza respondeu" in answer.text
    assert "Reenvie as guias 12 e 13" in answer.text

    await phone.presses("Complementar")
    await phone.says("Reenviadas agora no lote 0113.")
    done = await phone.presses("Enviar")
    assert f"Complemento enviado ao protocolo {ticket.protocol}" in done.text
    kinds = [message.kind for message in await hands.messages(ticket.number)]
    assert kinds == ["opening", "reply", "complement"]
    seen = await phone.presses("Ver conversa")
    assert "Ana Souza," in seen.text
    assert "Você," in seen.text
    assert "[arquivo] demonstrativo.pdf" in seen.text


async def test_the_same_is_said_to_an_address_nobody_registered(phone: Phone, api: BotApi):
    unknown = await phone.says("quem@sabe.example")
    known = await phone.says(EMAIL)
    assert unknown.text.replace("quem@sabe.example", EMAIL) == known.text
    wrong = await phone.says("00000000")
    assert "não confere" in wrong.text
    await phone.presses("Usar outro e-mail")
    await phone.says("quem@sabe.example")
    assert (await phone.says("00000000")).text == wrong.text


async def test_three_codes_an_hour_and_five_tries(phone: Phone):
    await phone.says(EMAIL)
    for left in (4, 3, 2):
        assert f"Restam {left} tentativas" in (await phone.says("00000000")).text
    assert "Resta 1 tentativa" in (await phone.says("00000000")).text
    assert "não vale mais" in (await phone.says("00000000")).text
    await phone.presses("Enviar outro código")
    await phone.presses("Enviar outro código")
    assert "espere 60 minutos" in (await phone.presses("Enviar outro código")).text


async def test_a_stranger_learns_nothing_and_no_file_is_fetched(
    phone: Phone, hands: Hands, api: BotApi
):
    for act in ("/abertos", "/novo", "41999920261124000001"):
        await phone.says(act)
    await phone.sends_file("laudo.pdf", PDF)
    await api.presses_data(phone.chat, "see:1")
    await api.quiet()
    assert not any("protocolo" in text.lower() for text in phone.heard())
    assert "getFile" not in [method for method, _ in api.calls]
    assert "ainda não sei quem você é" in "".join(phone.heard())
    assert await hands.tickets() == []


async def test_a_foreign_protocol_is_not_found(phone: Phone, hands: Hands, kit: Kit, api: BotApi):
    await phone.identifies()
    number = await phone.opens("Uma mensagem só minha.")
    protocol = (await hands.tickets())[0].protocol
    assert protocol is not None
    assert "Uma mensagem só minha." in (await phone.says(protocol)).text
    await hands.join(hands.office.other_provider)
    await phone.says("/sair")
    await phone.identifies()
    await hands.change(Ticket, number, provider_id=hands.office.other_provider)
    await hands.change(Membership, 2, active=False)
    await phone.says(protocol)
    assert any("Não encontrei esse protocolo" in text for text in phone.heard())


async def test_text_out_of_order_is_kept_and_can_become_a_message(phone: Phone, hands: Hands):
    await phone.says("Bom dia, duas guias do lote 0112 não foram pagas.")
    kept = await phone.identifies()
    assert "duas guias do lote 0112" in kept.text
    await phone.presses("Abrir um contato com isso")
    await phone.says("impostos e notas fiscais")  # typed, not pressed, and on another page
    await phone.presses(next(iter(phone.api.last(phone.chat).keys)))
    await phone.presses("Usar o começo da mensagem")
    await phone.presses("Enviar")
    await phone.presses("Confirmar e abrir")
    (ticket,) = await hands.tickets()
    assert ticket.title == "Bom dia, duas guias do lote 0112 não foram pagas."


async def test_bad_input_gets_an_answer_each_time(phone: Phone, api: BotApi):
    await phone.identifies()
    cases = {
        "/xyz": "Não conheço o comando /xyz",
        "oi": "Não entendi “oi”",
    }
    for text, answer in cases.items():
        await phone.says(text)
        assert answer in "\n".join(phone.heard())
    await api.sends(phone.chat, sticker={"file_id": "s", "file_unique_id": "s", "type": "regular", "width": 1, "height": 1, "is_animated": False, "is_video": False})  # fmt: skip
    await api.edits(phone.chat, "mudei")
    await api.presses_data(phone.chat, "1.confirm")
    await api.presses_data(phone.chat, "lixo!")
    await api.quiet()
    heard = "\n".join(phone.heard())
    assert "Figurinha não é aceito" in heard
    assert "você editou uma mensagem" in heard
    assert heard.count("etapa que já passou") == 2
    await phone.sends_file("virus.exe", b"MZ\x00\x01")
    await phone.sends_file("vazio.pdf", b"")
    await phone.sends_file("grande.pdf", b"%PDF-" + b"0" * 70_000)
    heard = "\n".join(phone.heard())
    assert "virus.exe não foi aceito. Envie PDF" in heard
    assert "vazio.pdf está vazio" in heard
    assert "grande.pdf não foi aceito: passa de 64 KB" in heard


async def test_four_thousand_characters_fit_and_one_more_does_not(phone: Phone, hands: Hands):
    await phone.identifies()
    await phone.begins()
    assert "4.000 de 4.000" in (await phone.says("😀" * 4_000)).text
    await phone.says("x")
    assert any("passa 2 caracteres" in text for text in phone.heard())
    await phone.presses("Enviar")
    await phone.presses("Confirmar e abrir")
    (ticket,) = await hands.tickets()
    (message,) = await hands.messages(ticket.number)
    assert message.text == "😀" * 4_000


async def test_an_update_that_comes_twice_opens_once_and_answers_again(
    phone: Phone, hands: Hands, api: BotApi
):
    await phone.identifies()
    await phone.begins("Título")
    await phone.says("Texto")
    await phone.presses("Enviar")
    button = api.last(phone.chat).keys["Confirmar e abrir"]
    update = {"callback_query": {"id": "q", "from": {"id": phone.chat, "is_bot": False, "first_name": "L"}, "chat_instance": "1", "data": button, "message": {"message_id": 1, "date": 0, "chat": {"id": phone.chat, "type": "private"}}}}  # fmt: skip
    first = await api.push(update)
    await api.quiet()
    said = api.last(phone.chat).text
    await api.redeliver({"update_id": first} | update)
    await api.quiet()
    assert len(await hands.tickets()) == 1
    assert phone.heard()[-2:] == [said, said]


async def test_a_failed_answer_is_said_again_and_nothing_is_doubled(
    phone: Phone, hands: Hands, api: BotApi, naps: Naps
):
    await phone.identifies()
    for status in (500, 429, 500, 500):
        api.fail("sendMessage", status, retry_after=7 if status == 429 else None)
    await phone.opens("Texto que chega uma vez só.")
    assert 7.0 in naps.taken
    assert len(await hands.tickets()) == 1


async def test_lost_lines_and_refusals_of_the_bot_api_are_waited_out(
    api: BotApi, kit: Kit, hands: Hands, naps: Naps
):
    api.fail("getMe", 500)
    api.fail("setMyCommands", 429, retry_after=3)
    api.drop("getUpdates")
    api.fail("getUpdates", 409, "Conflict: terminated by other getUpdates request")
    async with polling(kit, api, naps):
        phone = Phone(api, 5001, hands)
        assert "e-mail cadastrado" in (await phone.says("/start")).text
    assert naps.taken == [1.0, 3.0, 4.0, 8.0]
    assert [c["command"] for c in api.commands] == ["novo", "abertos", "cancelar", "ajuda", "sair"]


async def test_a_file_whose_download_breaks_is_named(phone: Phone, api: BotApi):
    await phone.identifies()
    api.fail("getFile", 400, "Bad Request: file is too big")
    await phone.sends_file("laudo.pdf", PDF)
    assert any("Não consegui receber o arquivo laudo.pdf" in text for text in phone.heard())
    api.drop("download")
    assert "laudo.pdf" in (await phone.sends_file("laudo.pdf", PDF)).text


async def test_a_group_gets_one_refusal_and_is_left(phone: Phone, api: BotApi, kit: Kit):
    await api.adds_to_group(-77, "olá a todos")
    await api.quiet()
    (refusal,) = api.sent(-77)
    assert "conversa privada" in refusal.text
    assert api.left == [-77]
    count = select(func.count()).select_from(BotState)
    assert await kit.work.read(lambda session: session.scalar(count)) == 0


async def test_the_state_survives_a_restart(api: BotApi, kit: Kit, hands: Hands, naps: Naps):
    phone = Phone(api, 5001, hands)
    async with polling(kit, api, naps):
        await phone.identifies()
        await phone.begins()
        await phone.says("Primeira parte.")
    async with polling(kit, api, naps):
        await phone.says("Segunda parte.")
        await phone.presses("Enviar")
        await phone.presses("Confirmar e abrir")
    (ticket,) = await hands.tickets()
    (message,) = await hands.messages(ticket.number)
    assert message.text == "Primeira parte.\nSegunda parte."


async def test_a_form_left_for_a_day_is_named_before_it_goes_on(phone: Phone, kit: Kit):
    await phone.identifies()
    await phone.begins("Lote 0112")
    kit.clock.pass_by(hours=30)  # type: ignore[attr-defined]
    await phone.says("Continuo agora.")
    assert any("tinha parado no meio de um novo contato: “Lote 0112”" in t for t in phone.heard())


async def test_deactivation_ends_the_binding_and_the_answers(
    phone: Phone, hands: Hands, kit: Kit, api: BotApi
):
    await phone.identifies()
    number = await phone.opens("Texto.")
    await phone.begins("Título que espera")
    await hands.change(Person, hands.office.luciana, active=False)
    heard = len(phone.heard())
    await hands.replies(number, "Resposta que ninguém pode ler aqui.")
    await deliver(kit, api)
    assert len(phone.heard()) == heard
    ended = await phone.says("mais texto")
    assert any("Seu acesso por este chat terminou" in text for text in phone.heard())
    assert "e-mail" in ended.text
    await hands.change(Person, hands.office.luciana, active=True)
    assert "quem você é" in (await phone.says("oi")).text
    back = await phone.identifies()
    assert "Título que espera" in back.text
    assert "Agora escreva a mensagem" in (await phone.presses("Continuar")).text


async def test_a_person_of_two_providers_says_for_which(phone: Phone, hands: Hands):
    await hands.join(hands.office.other_provider)
    await phone.identifies()
    asked = await phone.says("/novo")
    assert list(asked.keys) == ["Clínica Vila Serena", "Laboratório Aurora", "Cancelar"]
    await phone.presses("Laboratório Aurora")
    await phone.presses("Glosa")
    await phone.presses("Glosa técnica")
    await phone.says("Título")
    await phone.says("Texto")
    assert "Prestador: Laboratório Aurora" in (await phone.presses("Enviar")).text
    await phone.presses("Confirmar e abrir")
    assert [t.provider_id for t in await hands.tickets()] == [hands.office.other_provider]


async def test_leaving_half_way_asks_first_and_cancelling_says_what_went(phone: Phone):
    await phone.identifies()
    await phone.begins("Título")
    await phone.says("Um texto longo o bastante.")
    asked = await phone.says("/abertos")
    assert "ainda não foi enviado" in asked.text
    await phone.presses("Continuar")
    await phone.says("/cancelar")
    assert any("26 caracteres foram descartados" in text for text in phone.heard())


async def test_a_photo_has_a_name_of_its_moment(phone: Phone, api: BotApi):
    await phone.identifies()
    await phone.begins()
    await api.sends_photo(phone.chat, b"\xff\xd8\xff picture", "Segue a foto.")
    await api.quiet()
    assert "telegram-20261124-120000-" in api.last(phone.chat).text
    assert "13 de 4.000 caracteres" in api.last(phone.chat).text


async def test_who_blocked_the_bot_stops_nobody_else(phone: Phone, api: BotApi):
    api.fail("sendMessage", 403, "Forbidden: bot was blocked by the user")
    await api.says(phone.chat, "/start")
    await api.says(phone.chat + 1, "/start")
    await api.quiet()
    heard = [len(api.sent(chat)) for chat in (phone.chat, phone.chat + 1)]
    assert sorted(heard) == [0, 1]


async def test_service_messages_need_no_answer(phone: Phone, api: BotApi):
    await api.sends(phone.chat, delete_chat_photo=True)
    await api.quiet()
    assert phone.heard() == []


async def test_a_wrong_token_is_tried_rarely(api: BotApi, kit: Kit, naps: Naps):
    api.fail("getMe", 401, "Unauthorized")
    async with polling(kit, api, naps):
        await api.until(lambda: bool(api.commands))
    assert naps.taken == [300.0]


async def test_a_keyboard_that_stays_changes_nothing(phone: Phone, api: BotApi):
    await phone.identifies()
    api.fail("answerCallbackQuery", 400, "Bad Request: query is too old")
    assert "Qual é o assunto?" in (await phone.presses("Novo contato")).text
