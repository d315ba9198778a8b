"""The whole application on a real database, and one of everything an address may name."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from litestar import Litestar
from litestar.routes import HTTPRoute
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from gateway import runtime as parts
from gateway import surfaces
from gateway.app import create_app
from gateway.identity import AGENT_COOKIE, BROWSER_COOKIE, PERSON_COOKIE
from gateway.internal import create_internal
from gateway.runtime import Runtime
from gateway.settings import load
from helpdesk import (
    access,
    alerts,
    bots,
    confirming,
    inbound,
    intake,
    logins,
    pendency,
    pieces,
    registers,
    sessions,
    tickets,
)
from helpdesk.arrivals import Arrival
from helpdesk.border import Receipt
from helpdesk.desk import Desk
from helpdesk.inbound import Stored
from helpdesk.models import (
    Agent,
    Alert,
    ApiToken,
    AskedItem,
    Attachment,
    CalendarDay,
    CannedText,
    ChatLine,
    Classification,
    Endpoint,
    Held,
    Hold,
    KnownAddress,
    LoginCode,
    Membership,
    Message,
    Outbox,
    Person,
    Profile,
    Provider,
    ProviderAddress,
    ProviderDomain,
    ProviderType,
    Reason,
    Sector,
    Status,
    Subclassification,
    SurveyAnswer,
    SurveyForm,
    SurveyQuestion,
    SurveySheet,
    Terms,
    Ticket,
    Webhook,
    WebhookDelivery,
)
from helpdesk.registers import ProviderRow
from tests.doubles.processes import free_port, wait_until

BOX = "atendimento@op.example"
SERVER = "mx.op.example"
BROWSER = "a-browser-of-the-tests"
A, B = "luciana@vila.example", "edu@aurora.example"
#: who asks, in the order of the table's columns
ROLES = ("nobody", "A", "B", "without", "with", "admin", "other")
AGENTS = ("without", "with", "admin")
#: what every Litestar application answers by itself
AUTOMATIC = {"OPTIONS", "HEAD"}


@dataclass(frozen=True)
class Things:
    """What an address may name: of provider A where it is anybody's."""

    values: dict[str, Any]


class World:
    def __init__(self, runtime: Runtime, url: str, internal: str, app: Litestar) -> None:
        self.runtime, self.url, self.internal, self.app = runtime, url, internal, app
        self.serial = 0
        #: made for a role that was refused: whole things, or records of the registers alone
        self.unused: dict[tuple[str, bool], Things] = {}
        self.write, self.read = runtime.work.write_now, runtime.work.read_now
        self.write(_people, self.now)
        self.agents: dict[str, int] = {role: self.read(_agent, role) for role in AGENTS}
        self.persons: dict[str, int] = {role: self.read(_person, role) for role in ("A", "B")}
        self.tokens = {
            role: self.write(sessions.add_token, role, role, now=self.now) for role in AGENTS
        }
        self.shared = self.things("admin")
        self.client = httpx.Client(timeout=30)

    @property
    def now(self) -> datetime:
        return datetime.now(UTC)

    def desk(self, role: str) -> Desk:
        actor = self.read(sessions.agent_actor, self.agents[role])
        return Desk(actor, self.runtime.policy, self.now)

    def routes(self) -> set[str]:
        """Every address of the public listener, as the table writes it."""
        return set(_listed(self.app))

    def internal_routes(self) -> set[str]:
        return set(_listed(create_internal(self.runtime)))

    def grant(self, rights: tuple[str, ...]) -> None:
        """`with` has these and no other, `without` all but the last."""
        lacking = [p for p in access.PERMISSIONS if not rights or p != rights[-1]]
        if rights and rights[-1].endswith(".read"):
            # Whoever writes a register reads it.
            lacking = [p for p in lacking if p != f"{rights[-1].removesuffix('read')}write"]
        self.write(_grant, "with", list(rights))
        self.write(_grant, "without", lacking if rights else [])

    def ask(
        self, method: str, path: str, role: str, form: dict[str, Any], *, csrf: bool = True
    ) -> httpx.Response:
        """The head of the answer; `path` has its names filled in."""
        is_api = path.startswith("/api/")
        headers: dict[str, str] = {}
        cookies = {BROWSER_COOKIE: BROWSER}
        proof = "admin" if role == "other" else role
        if proof in AGENTS and (role == "other") != is_api:
            headers["Authorization"] = f"Bearer {self.tokens[proof]}"
        elif proof in self.agents:
            cookies[AGENT_COOKIE] = self._session("agent", self.agents[proof])
        elif proof in self.persons:
            cookies[PERSON_COOKIE] = self._session("person", self.persons[proof])
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
        given: dict[str, Any] = {}
        if method in {"GET", "DELETE"}:
            given["params"] = form
        elif is_api:
            given["json"] = form
        else:
            token = {"csrf": self.runtime.policy.keyring.csrf_token(BROWSER)} if csrf else {}
            given["data"] = {"_": ""} | form | token
        with self.client.stream(method, f"{self.url}{path}", headers=headers, **given) as answer:
            return answer

    def _session(self, kind: str, subject_id: int) -> str:
        """One each time: some addresses end it."""
        return self.write(sessions.start, kind, subject_id, now=self.now)

    def things(self, role: str) -> Things:
        """A ticket of A that came by mail with a mail inside, and all that hangs on it."""
        self.serial += 1
        kit, n = self.runtime.kit, self.serial
        raw_id, receipt = self._receive(_mail(A, f"Parecer {n}", n))
        assert isinstance(receipt, Receipt)
        number = receipt.number
        held_raw, _ = self._receive(_mail(f"s{n}@fora.example", f"Oi {n}", n))
        agent_id = self.agents.get(role, self.agents["admin"])
        values: dict[str, Any] = {
            "number": number,
            "raw_id": raw_id,
            "position": 0,
            "inner": 0,
            "day": "2031-01-01",
            "code": "P1",
            "file_path": "manifest.json",
            "place": 0,
            "merged_into": self.shared.values["number"] if self.serial > 1 else 0,
            "held_raw": held_raw,
            "session_id": 0,
            "passkey_id": 0,
            "view": 0,
            "key": "0" * 32,
            "word": "encerrar",
            "column": "title",
            "command": "help",
            "file": "fila.csv",
            "path": "other.json",
        }
        # The answer is the agent's own, whatever rights it has now.
        everything = replace(self.desk("admin").actor, id=agent_id)
        desk = replace(self.desk("admin"), actor=everything)
        values |= self.write(_hang, number, desk, agent_id, kit.policy, self.now)
        values |= self.write(_held, held_raw)
        values["item_of_list"] = f"{number}.{self.read(_version, number)}"
        values |= self.write(_registered, self.serial, desk)
        values["line_id"] = self.write(
            _line, self.persons["A"], kit.blobs.put(b"%PDF-1.7"), self.now
        )
        owners = {"A": ("person", self.persons["A"]), "agent": ("agent", agent_id)}
        for name, owner in owners.items():
            # Of those that are not shared one at a time: a person sends so many a day.
            place = "" if n == 1 else "again"
            self.write(pieces.drop_all, owner, place)
            asked = pieces.Asked("guia.pdf", "application/pdf", 5, f"{name}{n}", place)
            values[f"upload_of_{name}"] = self.write(pieces.begin, owner, asked, now=self.now).id
        return Things(values)

    def records(self) -> Things:
        """A record of each register of its own, the rest shared: the registers know no tickets."""
        self.serial += 1
        return Things(self.shared.values | self.write(_registered, self.serial, self.desk("admin")))

    def filled(self, path: str, things: Things, slug: str = "prestadores") -> str:
        """The address with what it names. The same word names another thing on another page."""
        values = dict(things.values) | {"slug": slug, "record_id": things.values[slug]}
        values["verb"] = "gravar" if "/pessoas/" in path else "excluir"
        if "/acesso" in path and path.startswith("/cadastros/"):
            values |= {"slug": "agentes", "record_id": values["newcomer"], "verb": "enviar"}
        if "/quarentena/" in path or "/quarantine/" in path:
            values["public_id"] = values["held_public"]
            values["held_id"] = values["held_number" if "desfazer" in path else "held_public"]
        elif "desfazer/" in path:
            values["message"] = values["reply"]
        if path.endswith(("/ver", "/previa")):
            values["public_id"] = values["shown"]
        values["upload"] = values["upload_of_agent" if "/central/" in path else "upload_of_A"]
        if path.startswith("/confirmar/"):
            values["token"] = values["confirm"]
        for name, value in values.items():
            for kind in ("int", "str", "path"):
                path = path.replace(f"{{{name}:{kind}}}", str(value))
        assert "{" not in path, f"the tests name nothing for {path}"
        return path

    def _receive(self, raw: bytes) -> tuple[int, Any]:
        kit = self.runtime.kit
        understand = next(c.understand for c in self.runtime.channels.values() if c.understand)
        arrival = Arrival(f"smtp:{self.serial}:{len(raw)}", raw, self.now)
        key = f"from:{self.serial}:{len(raw)}"
        self.write(inbound.store, [Stored(arrival, kit.blobs.put(raw), len(raw), key)], self.now)
        claimed = self.write(inbound.claim, now=self.now)
        row = max(claimed, key=lambda row: row.id)
        (answer,) = self.write(
            intake.receive_many, [understand(row, raw)], kit.policy, now=self.now
        )
        return row.id, answer


def _listed(app: Litestar) -> Iterator[str]:
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for method in sorted(route.methods - AUTOMATIC):
                yield f"{method} {route.path}"


def _mail(sender: str, subject: str, n: int) -> bytes:
    inner = EmailMessage()
    inner["From"], inner["Subject"] = "auditor@fora.example", "Parecer de dentro"
    inner.set_content("O parecer segue anexo.")
    inner.add_alternative("<p>O parecer <b>segue</b>.</p>", subtype="html")
    inner.add_attachment(b"%PDF-1.7 parecer", "application", "pdf", filename="parecer.pdf")
    outer = EmailMessage()
    domain = sender.rpartition("@")[2]
    outer["Authentication-Results"] = f"{SERVER}; dmarc=pass header.from={domain}"
    outer["From"], outer["To"], outer["Subject"] = sender, BOX, subject
    outer["Message-ID"] = f"<{n}@{domain}>"
    outer.set_content("Encaminho o que recebi.")
    outer.add_alternative("<p>Encaminho o que <b>recebi</b>.</p>", subtype="html")
    outer.add_attachment(inner)
    outer.add_attachment(b"%PDF-1.7 guia", "application", "pdf", filename="guia.pdf")
    return bytes(outer)


def _people(session: Session, now: datetime) -> None:
    for role in AGENTS:
        rights = ["*"] if role == "admin" else []
        session.add(Profile(code=f"p-{role}", name=role, permissions=rights, groups=[]))
    session.add(Profile(code="p-none", name="Sem direitos", permissions=[], groups=[]))
    session.flush()
    for role in AGENTS:
        email = f"{role}@op.example"
        registers.add_agent(session, role, role, email, "", now=now, profile=f"p-{role}")
    for row in (
        ProviderRow(code="P1", name="Clínica Vila Serena", email=A, person="Luciana Reis"),
        ProviderRow(code="P2", name="Laboratório Aurora", email=B, person="Edu"),
    ):
        registers.upsert_provider(session, row, now=now)
    session.flush()
    session.execute(update(Membership).values(role="manager"))


def _agent(session: Session, login: str) -> int:
    return session.scalars(select(Agent.id).where(Agent.login == login)).one()


def _person(session: Session, role: str) -> int:
    email = A if role == "A" else B
    return session.scalars(select(Person.id).where(Person.email == email)).one()


def _grant(session: Session, role: str, rights: list[str]) -> None:
    session.execute(update(Profile).where(Profile.code == f"p-{role}").values(permissions=rights))


def _hang(
    session: Session, number: int, desk: Desk, agent_id: int, policy: Any, now: datetime
) -> dict[str, Any]:
    """What a ticket has: each found where the verbs put it."""
    ticket = session.get_one(Ticket, number)
    message = session.scalars(select(Message.id).where(Message.number == number)).one()
    endpoint = session.scalars(select(Endpoint).where(Endpoint.number == number)).first()
    assert endpoint is not None
    reply = tickets.reply(session, desk, number, "Recebemos, estamos vendo o parecer.")
    pendency.ask(session, number, reply, ["Laudo"])
    alerts.tell(session, [agent_id], alerts.CONSULTED, number, now=now)
    person = session.scalars(select(Person).where(Person.email == A)).one()
    logins.invite(session, person, policy.keyring, policy.link("/convite/"), now=now)
    trusted = KnownAddress(
        provider_id=ticket.provider_id, channel="mail", value=f"t{number}@fora.example",
        source="trusted", added_at=now,
    )  # fmt: skip
    session.add(trusted)
    session.flush()
    invitation = session.scalars(
        select(Outbox).where(Outbox.notice == logins.INVITATION).order_by(Outbox.id.desc())
    ).first()
    assert invitation is not None
    files = select(Attachment.public_id).where(Attachment.number == number)
    hook = Webhook(
        agent_id=agent_id, url="https://erp.example/", events=["opened"], created_at=now, tx=0,
        event_id=0,
    )  # fmt: skip
    session.add(hook)
    session.flush()
    told = WebhookDelivery(
        public_id=f"{number:032x}", webhook_id=hook.id, event="opened", number=number, version=1,
        at=now, state="failed", next_at=now,
    )  # fmt: skip
    session.add(told)
    unsent = session.scalars(select(Outbox.id).where(Outbox.number == number)).first()
    return {
        "ref": ticket.protocol or f"n{number}",
        "message": message,
        "message_id": message,
        "endpoint": endpoint.id,
        "confirm": confirming.link(policy, endpoint.id, now).rpartition("/")[2],
        "reply": reply,
        "public_id": session.scalars(files.order_by(Attachment.id)).first(),
        "shown": session.scalars(files.order_by(Attachment.id.desc())).first(),
        "item": session.scalars(select(AskedItem.id).where(AskedItem.number == number)).one(),
        "alert_id": session.scalars(
            select(Alert.id).where(Alert.number == number, Alert.agent_id == agent_id)
        ).first(),
        "token": str(invitation.data["link"]).rpartition("/")[2],
        "outbox_id": unsent,
        "address_id": trusted.id,
        "person_id": person.id,
        "webhook_id": hook.id,
        "delivery_id": told.public_id,
        "invitation": session.scalars(
            select(LoginCode.id).order_by(LoginCode.id.desc()).limit(1)
        ).one(),
    }


def _line(session: Session, person_id: int, sha256: str, now: datetime) -> int:
    """A line of the person's chat, with a file."""
    file = {"filename": "guia.pdf", "content_type": "application/pdf", "size": 8, "sha256": sha256}
    line = {"chat_id": f"person:{person_id}", "at": now, "side": "person", "text": "Segue a guia."}
    bots.add_lines(session, [line | {"buttons": [], "files": [file]}])
    return session.scalars(select(ChatLine.id).order_by(ChatLine.id.desc()).limit(1)).one()


def _surveyed(session: Session, n: int, desk: Desk) -> tuple[int, int]:
    """A survey form with a question, both answered."""
    form = SurveyForm(code=f"F{n}", name="Pesquisa", active=True)
    session.add(form)
    session.flush()
    question = SurveyQuestion(form_id=form.id, code="Q", label="?", kind="flag", active=True)
    number = session.scalars(select(Ticket.number).order_by(Ticket.number).limit(1)).one()
    sheet = SurveySheet(number=number, form_id=form.id, agent_id=desk.actor.id, at=desk.now)
    session.add_all([question, sheet])
    session.flush()
    session.add(
        SurveyAnswer(
            sheet_id=sheet.id, question_id=question.id, number=number, at=desk.now, label="?",
            kind="flag", value="1", part=1,
        )
    )  # fmt: skip
    return form.id, question.id


def _registered(session: Session, n: int, desk: Desk) -> dict[str, Any]:
    """A used record of each register, so that taking it away is refused; and a token, a domain."""
    provider = session.scalars(select(Provider).where(Provider.code == "P1")).one()
    classification = session.scalars(
        select(Classification).where(Classification.code == "LOT")
    ).one()
    child = session.scalars(
        select(Subclassification).where(Subclassification.classification_id == classification.id)
    ).first()
    assert child is not None
    made = {
        "textos": CannedText(
            shortcut=f"texto-{n}", title="Texto", body="Olá", scope="all", active=True,
            agent_id=desk.actor.id, changed_at=desk.now,
        ),
        "feriados": CalendarDay(name=f"Dia {n}", rule="date", day=date(2031, 1, 1), effect="closed"),
        "enderecos": ProviderAddress(
            provider_id=provider.id, label=f"Sede {n}", street="Rua A", city="Betim", state="MG"
        ),
        "prazos": Terms(
            provider_id=provider.id, classification_id=classification.id, days=n + 1,
            unit="business", attention=1,
        ),
        "tipos": ProviderType(name=f"Tipo {n}"),
        "token_id": ApiToken(
            name="robô", agent_id=desk.actor.id, token_hash=f"{n:064}", created_at=desk.now
        ),
        "domain_id": ProviderDomain(
            provider_id=provider.id, domain=f"d{n}.example", asked="x", asked_at=desk.now
        ),
        "newcomer": Agent(
            login=f"novo{n}", name="Novo", email=f"novo{n}@op.example", active=True,
            profile_id=session.scalars(select(Profile.id).where(Profile.code == "p-none")).one(),
        ),
        "hold_id": Hold(kind="provider", target=0, reason="Ação judicial", at=desk.now),
    }  # fmt: skip
    session.add_all(made.values())
    session.flush()
    form_id, question_id = _surveyed(session, n, desk)
    one = {
        "agentes": Agent,
        "perfis": Profile,
        "status": Status,
        "setores": Sector,
        "motivos": Reason,
    }
    return {name: row.id for name, row in made.items()} | {"text_id": made["textos"].id} | {
        name: session.scalars(select(table.id).order_by(table.id).limit(1)).one()
        for name, table in one.items()
    } | {
        "classificacoes": classification.id,
        "formularios": form_id,
        "form_id": form_id,
        "perguntas": question_id,
        "subclassificacoes": child.id,
        "prestadores": provider.id,
        "provider_id": provider.id,
        "member_id": session.scalars(
            select(Membership.id).where(Membership.provider_id == provider.id)
        ).first(),
    }  # fmt: skip


def _version(session: Session, number: int) -> int:
    return session.get_one(Ticket, number).version


def _held(session: Session, raw_id: int) -> dict[str, Any]:
    row = session.scalars(select(Held).where(Held.raw_id == raw_id)).one()
    return {"held_public": row.public_id, "held_number": row.id}


@contextmanager
def serving(url: str, folder: Path) -> Iterator[World]:
    """The application as `serve` makes it, and the internal one; no listener, no worker: nothing
    changes but by what is asked."""
    port, internal = free_port(), free_port()
    settings = load(
        {
            "PONTE_DATABASE__URL": url,
            "PONTE_SECRET_KEY": "roles-" + "k" * 32,
            "PONTE_BLOBS__URL": f"file:{folder}/blobs",
            "PONTE_PRIVACY__LEDGER": f"{folder}/erasures.jsonl",
            "PONTE_INSURER__NAME": "Operadora Modelo",
            "PONTE_INSURER__ANS_REGISTRATION": "999997",
            "PONTE_WEB__PORT": str(port),
            "PONTE_MAIL__ADDRESS": BOX,
            "PONTE_MAIL__AUTHSERV_ID": SERVER,
            "PONTE_TELEGRAM__TOKEN": "1:roles",
            "PONTE_TELEGRAM__MODE": "webhook",
            "PONTE_TELEGRAM__BASE_URL": "http://127.0.0.1:9/",
            "PONTE_LIMITS__REQUESTS_PER_MINUTE": "100000",
            "PONTE_WEBHOOKS__NETWORKS": "127.0.0.0/8",
        }
    )
    runtime = parts.build(settings)
    app = create_app(runtime, surfaces.routers(runtime), openapi=surfaces.openapi())
    servers = [_Served(app, port), _Served(create_internal(runtime), internal)]
    try:
        for server in servers:
            server.start()
        yield World(runtime, f"http://127.0.0.1:{port}", f"http://127.0.0.1:{internal}", app)
    finally:
        for server in servers:
            server.stop()
        runtime.work.pulse.stop()
        runtime.close()


class _Served:
    def __init__(self, app: Litestar, port: int) -> None:
        config = uvicorn.Config(
            app, port=port, log_config=None, access_log=False, timeout_graceful_shutdown=1
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run)

    def start(self) -> None:
        self._thread.start()
        wait_until(lambda: self._server.started, lambda: "it did not start")

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(30)
