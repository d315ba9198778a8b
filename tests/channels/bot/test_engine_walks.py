"""Any walk of events through the conversation: it answers, survives a restart, tells no stranger."""

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from channels.bot import engine, events, states
from channels.bot.engine import step
from channels.bot.events import Event, Say, Want
from channels.bot.says import spoken
from channels.bot.states import Option, Person, Phase, Provider, State
from channels.bot.typed import typed
from gateway.templating import environment, render
from helpdesk.border import File

ENV = environment({}, ZoneInfo("America/Sao_Paulo"), insurer="Operadora Modelo")
START = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SECRET = "SEGREDO-DO-PROTOCOLO"
PROTOCOL = "99999720261124000001"

ONE = Person(1, "Luciana", (Provider(1, "Clínica Vila Serena"),))
TWO = Person(2, "Marcos", (Provider(1, "Clínica Vila Serena"), Provider(2, "Lab. Aurora")))
NOBODY = Person(3, "Sem prestador", ())
CHILDREN = tuple(Option(f"GLO.{n}", f"Caso {n}") for n in range(1, 12))
OPTIONS = (Option("GLO", "Glosa", CHILDREN), *(Option(f"C{n}", f"Assunto {n}") for n in range(12)))
TICKET = events.Ticket(
    number=7,
    protocol=PROTOCOL,
    title=SECRET,
    status="Em análise",
    closed=False,
    opened_at=START,
    due_at=START + timedelta(days=3),
    link="http://127.0.0.1:8000/fale-conosco/7",
    messages=(events.Spoken("Ana Souza", False, START, SECRET, ("laudo.pdf",)),),
    earlier=2,
)

words = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        ["maria@clinica.com.br", "12345678", "1234", PROTOCOL, "Glosa", "a\nb", "x" * 150, " "]
    ),
    st.integers(3_900, 4_100).map(lambda n: "é" * n),
)
files = st.builds(
    File,
    filename=st.sampled_from(["laudo.pdf", "foto.jpg"]),
    content_type=st.just("application/pdf"),
    size=st.integers(1, 10**7),
    sha256=st.just("0" * 64),
)
verbs = st.sampled_from(
    [verb for _, verb in engine.LOCAL] + list(engine.ANYWHERE) + list(engine.LASTING) + ["help"]
)
numbers = st.integers(1, 10**12)
people = st.sampled_from([ONE, TWO, NOBODY])
anything = st.one_of(
    st.builds(events.Text, words),
    st.builds(events.Pressed, st.text(max_size=30)),
    st.builds(events.FileSent, files, words),
    st.builds(
        events.FileRejected,
        st.just("virus.exe"),
        st.sampled_from(["identify", "required", "too_big", "type", "unavailable"]),
        st.integers(0, 10**7),
        words,
    ),
    st.builds(
        events.Command,
        st.sampled_from(["start", "novo", "abertos", "ajuda", "cancelar", "sair", "menu", "xyz"]),
    ),
    st.builds(events.Edited),
    st.builds(events.Unsupported, st.sampled_from(["voice", "sticker", "dice"])),
    st.builds(events.CodeSent),
    st.builds(events.CodeRefused, st.integers(0, 4)),
    st.builds(events.Throttled, st.integers(1, 4_000)),
    st.builds(events.ClassificationsLoaded, st.sampled_from([(), OPTIONS])),
    st.builds(
        events.TicketsListed,
        st.sampled_from([(), (events.Listed(7, PROTOCOL, SECRET, True),)]),
        st.sampled_from(["see", "complement"]),
        st.booleans(),
    ),
    st.builds(events.TicketLoaded, st.just(TICKET), st.sampled_from(["see", "complement"])),
    st.builds(events.Opened, numbers, st.just(PROTOCOL), st.sampled_from([None, START])),
    st.builds(events.Complemented, numbers, st.just(PROTOCOL)),
    st.builds(
        events.Refused,
        st.sampled_from(["not_visible", "held", "too_long", "unknown", "deleted", "odd"]),
        st.sampled_from(["", "classification", "title", "provider", "text"]),
    ),
    st.builds(events.Unbound),
    st.builds(events.SessionLost),
    st.builds(events.Restarted),
)

STRANGE = (Phase.EMAIL, Phase.CODE)


def answer(want: Want, person: Person) -> Event:  # noqa: PLR0911 - one line a want
    """What a core that says yes would answer."""
    match want:
        case events.SendCode():
            return events.CodeSent()
        case events.CheckCode():
            return events.CodeAccepted(person)
        case events.LoadClassifications():
            return events.ClassificationsLoaded(OPTIONS)
        case events.ListOpen(purpose):
            return events.TicketsListed(
                (events.Listed(7, PROTOCOL, SECRET, False),), purpose, more=True
            )
        case events.LoadTicket(_, purpose):
            return events.TicketLoaded(TICKET, purpose)
        case events.Open():
            return events.Opened(8, PROTOCOL, START)
        case events.Complement(number):
            return events.Complemented(number, PROTOCOL)
        case events.Unbind():
            return events.Unbound()


class Walk(RuleBasedStateMachine):
    """Buttons that were shown are pressed more often than chance would."""

    def __init__(self) -> None:
        super().__init__()
        self.state = State()
        self.now = START
        self.shown: list[str] = []

    @initialize(portal=st.booleans(), person=people)
    def begin(self, portal: bool, person: Person) -> None:
        self.person = person
        if portal:
            self.state = engine.identify(self.state, person, portal=True)

    def take(self, event: Event) -> None:
        known = self.state.person is not None
        before = self.state
        taken = step(self.state, event, self.now)
        self.state = taken.state
        assert taken.says or taken.wants
        for said in taken.says:
            self.hear(said, stranger=not known and not isinstance(event, events.CodeAccepted))
        self.loses_nothing_in_silence(before, event, taken.says)
        for want in taken.wants:
            self.take(answer(want, self.person))

    def hear(self, said: Say, *, stranger: bool) -> None:
        heard = spoken(lambda name, data: render(ENV, name, data), said)
        assert heard.text
        assert "\n\n\n" not in heard.text or said.template == "ticket"
        assert all(key.label and len(key.data.encode()) <= 64 for key in heard.keys)
        json.dumps(said.data)
        self.shown.extend(key.data for key in heard.keys)
        if stranger:
            everything = heard.text + "".join(key.label for key in heard.keys)
            assert SECRET not in everything
            assert PROTOCOL not in everything

    def loses_nothing_in_silence(self, before: State, event: Event, says: tuple[Say, ...]) -> None:
        def held(state: State) -> int:
            form = state.form or states.Form()
            return len(form.gathered.text + state.stray.text)

        gone = {
            "dropped",
            "tossed",
            "others_dropped",
            "left_dropping",
            "opened",
            "complemented",
            "refused",
        }
        if held(self.state) < held(before):
            assert gone & {said.template for said in says}, (event, says)

    @rule(event=anything)
    def happens(self, event: Event) -> None:
        self.take(event)

    @rule(data=st.data())
    def press_what_was_shown(self, data: st.DataObject) -> None:
        if self.shown:
            self.take(events.Pressed(data.draw(st.sampled_from(self.shown[-12:]))))

    @rule(verb=verbs, argument=st.sampled_from(["", "7", "GLO", "GLO.2", "1", "new", "see:7"]))
    def press_made_up(self, verb: str, argument: str) -> None:
        self.take(events.Pressed(f"{self.state.turn}.{verb}:{argument}"))

    @rule(hours=st.integers(1, 60))
    def wait(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule()
    def identify_for_real(self) -> None:
        if self.state.person is None:
            self.take(events.Text("maria@clinica.com.br"))
            self.take(events.Text("1234 5678"))

    @invariant()
    def survives_a_restart(self) -> None:
        stored = json.loads(json.dumps(states.dump(self.state)))
        assert states.load(stored) == self.state

    @invariant()
    def is_somewhere(self) -> None:
        assert (self.state.person is None) == (self.state.phase in STRANGE)
        limits = (self.state.stray, (self.state.form or states.Form()).gathered)
        assert all(len(g.text) <= states.MOST_TEXT for g in limits)
        assert all(len(g.files) <= states.MOST_FILES for g in limits)


Walk.TestCase.settings = settings(max_examples=300, stateful_step_count=40, deadline=None)
TestWalk = Walk.TestCase


def test_a_state_of_another_version_is_refused() -> None:
    stored = states.dump(State(turn=3)) | {"v": 99}
    with pytest.raises(ValueError, match="version 99"):
        states.load(stored)


def test_a_state_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="phase"):
        states.load({"v": 1, "state": {"phase": "elsewhere"}})


@pytest.mark.parametrize(
    ("written", "taken"),
    [
        ("/novo", events.Command("novo")),
        (" /Novo@ponte_bot ", events.Command("novo")),
        ("/start link-of-ours", events.Command("start")),
        ("/novo preciso de ajuda", events.Text("/novo preciso de ajuda")),
        ("/usr/bin", events.Text("/usr/bin")),
        ("/", events.Text("/")),
        ("12/2026", events.Text("12/2026")),
    ],
)
def test_only_a_command_alone_is_a_command(written: str, taken: Event) -> None:
    assert typed(written) == taken
