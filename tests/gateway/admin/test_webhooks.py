"""Webhooks on their page: made, seen at work, sent again, switched off."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from helpdesk.models import Agent, Log, Profile, Webhook, WebhookDelivery
from tests.conftest import MigratedCopy
from tests.doubles import browser as chromium
from tests.doubles.receiver import Receiver, receiver
from tests.gateway.console.door import soon
from tests.gateway.console.guarded import Guarded, guarded_instance
from tests.gateway.console.hands import enter
from tests.gateway.console.served import send

PAGE = "/cadastros/webhooks"
SECRET = "data-secret>"


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def open_to_here(
    request: pytest.FixtureRequest,
    migrated_copy: MigratedCopy,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Guarded]:
    """An instance whose settings allow this machine."""
    folder: Path = tmp_path_factory.mktemp("webhooks")
    more = {"PONTE_WEBHOOKS__NETWORKS": "127.0.0.0/8"}
    with guarded_instance(migrated_copy(request.param, folder), folder, **more) as instance:
        yield instance


def hooks(instance: Guarded) -> list[Webhook]:
    return instance.read(lambda s: s.scalars(select(Webhook).order_by(Webhook.id)).all())


def told(instance: Guarded, webhook_id: int, state: str) -> WebhookDelivery | None:
    wanted = select(WebhookDelivery).where(
        WebhookDelivery.webhook_id == webhook_id, WebhookDelivery.state == state
    )
    return instance.read(lambda s: s.scalars(wanted.order_by(WebhookDelivery.id.desc())).first())


def test_one_is_made_on_a_page_and_what_it_was_told_is_seen(open_to_here: Guarded):
    instance = open_to_here
    with (
        receiver(Receiver(lambda n: 500 if n == 1 else 200)) as other,
        instance.client("chefe") as chief,
    ):
        assert "Nenhum webhook" in chief.get(PAGE).text
        url = f"http://127.0.0.1:{other.port}/ponte"
        for wrong, said in (
            ({"url": ""}, "Falta preencher"),
            ({"url": "https://10.0.0.1/"}, "não é público na internet"),
            ({"url": "http://8.8.8.8/"}, "Precisa começar com https://"),
            ({"url": "https://a:b@127.0.0.1/"}, "usuário nem senha"),
            ({"url": "https://nao-existe.invalid/"}, "não foi encontrado"),
            ({"events": []}, "Falta preencher"),
        ):
            refused = send(chief, f"{PAGE}/novo", **({"url": url, "events": "opened"} | wrong))
            assert refused.status_code == 422, wrong
            assert said in refused.text
        made = send(chief, f"{PAGE}/novo", url=url, events=["opened", "message"])
        assert made.status_code == 200
        secret = made.text.partition(SECRET)[2].partition("<")[0]
        assert secret.startswith("whsec_")
        [row] = hooks(instance)
        page = f"{PAGE}/{row.id}"
        shown = chief.get(page).text
        assert secret not in shown
        assert "Nada enviado ainda" in shown
        number = instance.opened("Lote do webhook")
        waiting = soon(lambda: told(instance, row.id, "waiting"))
        shown = chief.get(page).text
        assert f'href="/central/{number}"' in shown
        assert "Chamado aberto" in shown
        listed = chief.get(PAGE).text
        assert url in listed
        assert "Clara Reis" in listed
        # Nobody sends again what is on its way by itself.
        again = f"{page}/entregas/{waiting.public_id}/reenviar"
        assert send(chief, again).status_code == 409
        soon(lambda: other.hits and told(instance, row.id, "waiting").status == 500)
        instance.write(_give_up)
        assert "Enviar de novo" in chief.get(page).text
        assert send(chief, again).headers["location"] == page
        soon(lambda: told(instance, row.id, "delivered"))
        assert [hit.headers["ponte-delivery"] for hit in other.hits] == [waiting.public_id] * 2
        assert "Entregue" in chief.get(PAGE).text
        assert send(chief, f"{page}/desativar").headers["location"] == page
        assert "Desativado" in chief.get(page).text
        assert "Enviar de novo" not in chief.get(page).text
        assert chief.get(f"{PAGE}/999").status_code == 404
        # What signs is made only by who proved a moment ago who they are.
        instance.skew = timedelta(minutes=16)
        assert chief.get(f"{PAGE}/novo").headers["location"].startswith("/entrar?confirmar=1")
        led = send(chief, f"{PAGE}/novo", url=url, events="opened")
        assert led.headers["location"].startswith("/entrar?confirmar=1")
        instance.skew = timedelta()
    actions = instance.read(
        lambda s: s.scalars(select(Log.action).where(Log.action.startswith("webhook"))).all()
    )
    assert sorted(actions) == ["webhook_added", "webhook_ended", "webhook_retried"]


def _give_up(session: object) -> None:
    session.execute(update(WebhookDelivery).values(state="failed"))  # type: ignore[attr-defined]


def test_deliveries_are_turned_page_by_page(open_to_here: Guarded):
    instance = open_to_here
    number = instance.opened("Lote de muitas entregas")

    def fill(session: object) -> int:
        boss = session.scalar(select(Agent.id).where(Agent.login == "chefe"))  # type: ignore[attr-defined]
        hook = Webhook(
            agent_id=boss, url="https://erp.example/", events=["opened"], created_at=instance.now,
            tx=2**40, event_id=2**40,
        )  # fmt: skip
        session.add(hook)  # type: ignore[attr-defined]
        session.flush()  # type: ignore[attr-defined]
        for n in range(60):
            session.add(  # type: ignore[attr-defined]
                WebhookDelivery(
                    public_id=f"{n:032x}", webhook_id=hook.id, event="opened", number=number,
                    version=n, at=instance.now, state="delivered", status=200, next_at=instance.now,
                )
            )  # fmt: skip
        return hook.id

    page = f"{PAGE}/{instance.write(fill)}"
    with instance.client("chefe") as chief:
        first = chief.get(page).text
        assert first.count("Entregue") == 50
        older = f"{page}?antes={10:032x}"
        assert f'href="{older}"' in first
        rest = chief.get(older).text
        assert rest.count("Entregue") == 10
        assert 'rel="next"' not in rest


def test_who_may_not_sees_no_webhooks(open_to_here: Guarded):
    instance = open_to_here
    rights = ["ticket.read", "registers.webhook.read"]
    instance.write(
        lambda s: s.add(Profile(code="espia", name="espia", permissions=rights, groups=[]))
    )
    instance.agent("espia", "espia")
    theirs = f"{PAGE}/{hooks(instance)[0].id}"
    with instance.client("leo") as leo, instance.client("espia") as reader:
        assert leo.get(PAGE).status_code == 403
        assert send(leo, f"{theirs}/desativar").status_code == 403
        assert "Nenhum webhook" in reader.get(PAGE).text
        assert "Novo webhook" not in reader.get(PAGE).text
        assert reader.get(theirs).status_code == 404
        assert send(reader, f"{theirs}/desativar").status_code == 403


def test_a_webhook_is_made_and_watched_in_a_browser(page: Page, open_to_here: Guarded):
    instance = open_to_here
    with receiver(Receiver(lambda n: 410 if n == 2 else 200)) as other:
        enter(page, instance, "chefe", PAGE)
        assert chromium.axe(page) == []
        page.get_by_role("link", name="Novo webhook").click()
        assert chromium.axe(page) == []
        page.get_by_label("Endereço").fill(f"ftp://127.0.0.1:{other.port}/")
        page.get_by_role("button", name="Criar webhook").click()
        expect(page.get_by_text("Falta corrigir um campo.")).to_be_visible()
        assert chromium.axe(page) == []
        page.get_by_label("Endereço").fill(f"http://127.0.0.1:{other.port}/ponte")
        for kind in ("Chamado mudou", "Mensagem no chamado", "Chamado assumido ou largado"):
            page.get_by_label(kind).uncheck()
        page.get_by_role("button", name="Criar webhook").click()
        expect(page.get_by_role("heading", name="Copie agora o segredo")).to_be_visible()
        expect(page.get_by_text("whsec_")).to_be_visible()
        expect(page.get_by_text("Nada enviado ainda")).to_be_visible()
        assert chromium.axe(page) == []
        chromium.photograph(page, "webhook-novo")
        webhook_id = hooks(instance)[-1].id
        instance.opened("Lote do navegador")
        soon(lambda: told(instance, webhook_id, "delivered"))
        page.goto(f"{instance.url}{PAGE}/{webhook_id}")
        table = page.get_by_role("table", name="Entregas")
        expect(table.get_by_role("row", name="Chamado aberto")).to_contain_text("Entregue")
        assert chromium.axe(page) == []
        # The other system says that it is gone.
        instance.opened("Lote do fim")
        soon(lambda: not hooks(instance)[-1].active)
        page.reload()
        expect(page.get_by_text("O outro sistema encerrou")).to_be_visible()
        expect(page.get_by_role("button", name="Desativar")).to_have_count(0)
        assert chromium.axe(page) == []
        page.goto(f"{instance.url}{PAGE}")
        expect(page.get_by_role("table", name="Webhooks")).to_contain_text(
            "O outro sistema encerrou"
        )
        assert chromium.axe(page) == []
        chromium.photograph(page, "webhooks")
