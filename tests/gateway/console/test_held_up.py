"""Answers that our own way out does not let go: why, and what to do, stands on the message and on
the console, until it is mended and they leave by themselves."""

import html
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from channels.mail import oauth
from gateway import alarming
from helpdesk import tickets
from helpdesk.models import Outbox
from tests.conftest import MigratedCopy
from tests.doubles.oauth import Issuer, issuing
from tests.doubles.processes import wait_until
from tests.doubles.relay import Relay
from tests.gateway.console.door import Door, Mailed, mailed_instance, soon
from tests.gateway.console.test_broken_mail import arrived, last

MEMBER, OTHER = "luciana@vila.example", "lab@aurora.example"
ADMINISTRATOR = "chefe"
#: this machine by a name that is not taken for it, so that TLS is asked for
ELSEWHERE = "127.1"
ACCOUNT = "saida"


@dataclass(frozen=True)
class Broken:
    """`says`: to the agent and in the alarm. `mend`: to the administrator. `said`: by a machine."""

    settings: Callable[[Relay, Issuer], dict[str, str]]
    repair: Callable[[Relay, Issuer, Path], None]
    says: str
    mend: str
    said: str


def _by_token(relay: Relay, issuer: Issuer) -> dict[str, str]:
    relay.issuer, issuer.user, issuer.refuses = issuer, ACCOUNT, "invalid_grant"
    given = issuer.settings("refresh_token")
    own = {f"PONTE_MAIL__OAUTH__{name.upper()}": value for name, value in given.items()}
    return own | {"PONTE_MAIL__RELAY_URL": relay.url.replace("//", f"//{ACCOUNT}@")}


def _allow(issuer: Issuer) -> None:
    issuer.refuses = ""


def _set_password(relay: Relay) -> None:
    relay.password = "certa"


WAYS = {
    "no STARTTLS": Broken(
        lambda relay, _: {"PONTE_MAIL__RELAY_URL": f"smtp://{ELSEWHERE}:{relay.port}"},
        lambda relay, _, folder: relay.protect(folder, ELSEWHERE),
        "o servidor de saída não oferece conexão protegida (STARTTLS)",
        "Peça a quem cuida do servidor de saída que ligue o STARTTLS",
        "no STARTTLS",
    ),
    "a password that is refused": Broken(
        lambda relay, _: {"PONTE_MAIL__RELAY_URL": relay.url.replace("//", f"//{ACCOUNT}:certa@")},
        lambda relay, *_: _set_password(relay),
        "o servidor de saída recusa o acesso da nossa conta",
        "Confira usuário e senha da conta nas configurações",
        "535 5.7.8",
    ),
    "no token for us": Broken(
        _by_token,
        lambda _, issuer, __: _allow(issuer),
        "a conta de saída está sem autorização (OAuth)",
        "Renove a autorização da conta no provedor de e-mail",
        "gives no access token: invalid_grant",
    ),
}


@dataclass(frozen=True)
class Stopped:
    """An instance whose relay takes nothing from it, and what would change that."""

    way: Broken
    door: Door
    relay: Relay
    mend: Callable[[], None]

    @property
    def instance(self) -> Mailed:
        assert isinstance(self.door.instance, Mailed)
        return self.door.instance

    def opened(self, sender: str, subject: str) -> int:
        before = self.instance.read(last)
        self.door.send(sender, subject, "A guia 45871.")
        return soon(lambda: self.instance.read(arrived, before))

    def page(self, path: str, login: str = "ana") -> str:
        with self.instance.client(login) as client:
            return html.unescape(client.get(path).text)

    def wait(self, condition: Callable[[], bool]) -> None:
        wait_until(condition, lambda: self.page("/central/saida", ADMINISTRATOR))


def waits(session: Session) -> int:
    refused = select(func.count()).select_from(Outbox).where(Outbox.error != "")
    return session.scalar(refused.where(Outbox.state == "queued")) or 0


@pytest.fixture(scope="module", params=WAYS)
def stopped(
    request: pytest.FixtureRequest,
    migrated_copy: MigratedCopy,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Stopped]:
    folder: Path = tmp_path_factory.mktemp("held-up")
    url = migrated_copy("sqlite", folder)
    way = WAYS[request.param]
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(alarming, "SECONDS", 0.2)
        patch.setattr(oauth, "REST", timedelta(0))
        issuer = stack.enter_context(issuing(Issuer()))
        relay = Relay(guarded=request.param != "no STARTTLS")
        stack.callback(relay.close)
        relay.start()
        instance, port = stack.enter_context(
            mailed_instance(url, folder, **way.settings(relay, issuer))
        )

        def mend() -> None:
            way.repair(relay, issuer, folder)
            if relay.certificate is not None:
                patch.setenv("SSL_CERT_FILE", str(relay.certificate))

        yield Stopped(way, Door(instance, port), relay, mend)


def test_it_is_said_on_the_message_and_on_the_console_until_it_is_mended(stopped: Stopped):
    way, instance = stopped.way, stopped.instance
    number = stopped.opened(MEMBER, "Sem saída")
    instance.write(tickets.reply, instance.desk("ana"), number, "Segue a análise.")
    stopped.wait(lambda: instance.read(waits) == 1)
    # It stands behind the acknowledgement, which was refused: for the same reason
    page = stopped.page(f"/central/{number}")
    assert f"Ainda não saiu: {way.says}." in page
    assert f"Na fila: {way.says}" in page
    assert "sai sozinha quando isso for resolvido; não é preciso escrever de novo." in page
    assert "Avise quem administra a Ponte. Se for urgente, responda por outro canal." in page
    assert ("Sem proteção nada é enviado." in page) is (way is WAYS["no STARTTLS"])

    with instance.later(minutes=6):
        banner = f"Nenhum aviso está saindo por e-mail: {way.says}."
        stopped.wait(lambda: banner in stopped.page("/central/avisos/alarmes", ADMINISTRATOR))
        told = stopped.page("/central/quarentena/entradas", ADMINISTRATOR)
        assert way.mend in told
        assert way.said in told
        outgoing = stopped.page("/central/saida", ADMINISTRATOR)
        assert f"{way.says}: " in outgoing
    assert stopped.relay.handed == []

    stopped.mend()
    with instance.later(hours=1):
        acknowledged, answered = stopped.relay.wait(2, MEMBER)
    assert "Segue a análise." not in str(acknowledged.message)
    assert answered.message["In-Reply-To"] == acknowledged.message["In-Reply-To"]
    stopped.wait(lambda: instance.read(waits) == 0)
    page = stopped.page(f"/central/{number}")
    assert "Ainda não saiu" not in page
    assert "Enviado" in page
    stopped.wait(lambda: banner not in stopped.page("/central/avisos/alarmes", ADMINISTRATOR))
