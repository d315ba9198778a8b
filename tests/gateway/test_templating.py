import inspect
import re
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from types import ModuleType, SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment, UndefinedError

from channels.mail import compose
from gateway import formats, templating
from gateway.labels import LABELS, label
from helpdesk import alerts, border, deadlines, matching, workflow
from helpdesk.deadlines import Calendar, Terms, Unit

ZONE = ZoneInfo("America/Sao_Paulo")
FILES = {"icons.svg": "icons-1.svg", "favicon.svg": "favicon-1.svg"} | {
    f"{name}.{kind}": f"{name}-1.{kind}" for name in ("portal", "console") for kind in ("css", "js")
}
TEMPLATES = Path(__file__).parents[2] / "templates"
CALENDAR = Calendar(ZONE, {date(2026, 11, 20): "Consciência Negra"})


def at(day: int, hour: int, minute: int = 0, month: int = 11, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=ZONE)


NOW = at(24, 10, 45)


@pytest.fixture(scope="module")
def env() -> Environment:
    return templating.environment(FILES, ZONE, insurer="Operadora Modelo", registration="999997")


def shown(env: Environment, text: str, **context: object) -> str:
    return env.from_string(text).render(context)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("t|moment", "24/11/2026 09:12"),
        ("t|day", "24/11/2026"),
        ("t|clock", "09:12"),
        ("t|short_moment", "24/11 09:12"),
        ("t|short_day", "24/11"),
        ("t|weekday", "terça, 24/11, 9 h 12"),
        ("t|iso", "2026-11-24T09:12:00-03:00"),
        ("t|near(now)", "hoje 09:12"),
        ("t|ago(now)", "há 1 h"),
        ("t|long_day(now)", "Hoje, terça, 24/11/2026"),
    ],
)
def test_an_instant_reads_in_the_local_zone(env: Environment, expression: str, expected: str):
    t = at(24, 9, 12).astimezone(ZoneInfo("UTC"))
    assert shown(env, "{{ " + expression + " }}", t=t, now=NOW) == expected


def test_a_full_hour_of_a_deadline_is_short(env: Environment):
    assert shown(env, "{{ t|weekday }}", t=at(27, 18)) == "sexta, 27/11, 18 h"
    due = at(24, 18, month=12)
    assert shown(env, "{{ t|weekday(year=true) }}", t=due) == "quinta, 24/12/2026, 18 h"


def test_near_names_today_yesterday_and_other_years(env: Environment):
    text = "{{ t|near(now) }}"
    assert shown(env, text, t=at(23, 17, 58), now=NOW) == "ontem 17:58"
    assert shown(env, text, t=at(19, 9, 12), now=NOW) == "19/11 09:12"
    assert shown(env, text, t=at(19, 9, 12, year=2025), now=NOW) == "19/11/2025 09:12"
    assert shown(env, "{{ t|due(now) }}", t=at(25, 18), now=NOW) == "amanhã 18:00"
    assert shown(env, "{{ t|due(now) }}", t=at(24, 18), now=NOW) == "hoje 18:00"
    assert shown(env, "{{ t|long_day(now) }}", t=at(23, 8), now=NOW) == "Segunda, 23/11/2026"


@pytest.mark.parametrize(
    ("due", "short", "long"),
    [
        (at(24, 18), "7 h", "7 h úteis"),
        (at(24, 11, 25), "40 min", "40 minutos úteis"),
        (at(24, 11, 45), "1 h", "1 h útil"),
        (at(25, 18), "2 d", "2 dias úteis"),
        (at(27, 18), "4 d", "4 dias úteis"),
        (at(23, 18), "2 h", "2 h úteis"),
        (at(19, 18), "1 d", "1 dia útil"),
        (at(18, 18), "2 d", "2 dias úteis"),
    ],
)
def test_working_time_reads_as_drawn(due: datetime, short: str, long: str):
    left = deadlines.working_time(NOW, due, CALENDAR)
    assert formats.working_left(left) == short
    assert formats.working_left(left, long=True) == long


def test_ago_knows_seconds_to_days():
    for passed, words in {0: "agora", -5: "agora", 5: "há 5 s", 90: "há 1 min"}.items():
        assert formats.ago(NOW - timedelta(seconds=passed), NOW) == words
    assert formats.ago(NOW - timedelta(days=4), NOW) == "há 4 d"


def test_promised_days_agree_in_number():
    said = [formats.promised(n, "business") for n in (1, 5)] + [formats.promised(30, "calendar")]
    assert said == ["1 útil", "5 úteis", "30 corr."]
    assert formats.promised(1, "business", long=True) == "1 dia útil"
    assert formats.promised(5, Unit.BUSINESS, long=True) == "5 dias úteis"
    assert formats.promised(1, "calendar", long=True) == "1 dia corrido"
    assert formats.promised(30, "calendar", long=True) == "30 dias corridos"


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0 B"), (512, "512 B"), (98304, "96 KB"), (1258291, "1,2 MB"), (10485760, "10 MB")],
)
def test_sizes(count: int, words: str):
    assert formats.size(count) == words


def test_numbers_and_money():
    assert formats.number(4044) == "4.044"
    assert formats.number(4.6, 1) == "4,6"
    assert formats.money(1234.56) == "R$ 1.234,56"


@pytest.mark.parametrize("kind", ["html", "txt"])
@pytest.mark.parametrize("notice", ["invitation", "first_access", "confirm_domain"])
def test_a_name_with_a_full_stop_ends_its_sentence(notice: str, kind: str):
    env = templating.environment({}, ZONE, insurer="Operadora Modelo S.A.")
    named = {"provider": "Clínica Vila Serena Ltda.", "login": "rita", "domain": "vila.example"}
    context = dict.fromkeys(compose.KEYS) | {"files": [], "answerable": False} | named
    said = templating.render(env, f"mail/{notice}/body.{kind}", context)
    assert "A. " in said or "Ltda. " in said
    assert ".." not in said
    assert formats.ended("Laboratório Aurora") == "Laboratório Aurora."


def test_documents_and_phones_get_their_mask():
    assert formats.document("99000001000101") == "99.000.001/0001-01"
    assert formats.document("12ABC34501DE35") == "12.ABC.345/01DE-35"
    assert formats.document("12345678909") == "123.456.789-09"
    assert formats.document("P0001") == "P0001"
    assert formats.phone("+553132220101") == "(31) 3222-0101"
    assert formats.phone("31 99999-0101") == "(31) 99999-0101"
    assert formats.phone("+351211234567") == "+351211234567"
    assert formats.phone("ramal 12") == "ramal 12"


def test_a_protocol_is_grouped_only_when_it_is_the_default_kind(env: Environment):
    grouped = shown(env, "{{ p|protocol }}", p="99999720261124000019")
    assert grouped == '999997<span class="gp">20261124</span><span class="gp">000019</span>'
    assert shown(env, "{{ p|protocol }}", p="AT-2026-<1>") == "AT-2026-&lt;1&gt;"


def test_initials_and_files():
    assert [formats.initials(n) for n in ("Ana Souza", "Luciana", "", "- (x)")] == [
        "AS",
        "L",
        "?",
        "?",
    ]
    assert [formats.file_kind(n) for n in ("a.pdf", "LOTE.xml", "leia")] == [
        "PDF",
        "XML",
        "ARQUIVO",
    ]
    names = ("a.PNG", "b.xml", "c.csv", "d.zip", "e.pdf")
    assert [formats.thumb(n) for n in names] == [
        "th-image",
        "th-code",
        "th-sheet",
        "th-zip",
        "th-doc",
    ]


def test_plain_text_becomes_paragraphs_and_links():
    html = formats.paragraphs("Bom dia.\r\n<b>Veja</b>\r\n\r\nhttps://a.example/x?a=1&b=2.\n")
    assert html == (
        "<p>Bom dia.<br>&lt;b&gt;Veja&lt;/b&gt;</p>\n"
        '<p><a href="https://a.example/x?a=1&amp;b=2" rel="noopener noreferrer nofollow"'
        ' target="_blank">https://a.example/x?a=1&amp;b=2</a>.</p>'
    )


@given(st.text(st.sampled_from("a<>\"'& \n\r.:/https")))
def test_no_text_opens_a_tag_of_its_own(text: str):
    html = formats.paragraphs(text)
    assert not re.sub(r"</?(p|br|a)\b[^<>]*>", "", html).count("<")


def enums(module: ModuleType) -> list[type[StrEnum]]:
    found = [value for _, value in inspect.getmembers(module, inspect.isclass)]
    return [c for c in found if issubclass(c, StrEnum) and c.__module__ == module.__name__]


ENUMS = [e for module in (border, deadlines, matching, workflow) for e in enums(module)]


@pytest.mark.parametrize("member", [m for e in ENUMS for m in e], ids=repr)
def test_every_word_of_the_core_has_a_label(member: StrEnum):
    assert label(member) != member.value


def test_strings_need_their_kind_and_the_unknown_is_shown_as_it_is():
    assert label("mail", "channel") == "E-mail"
    assert label("teleported", "action") == "teleported"
    assert label(None, "channel") == "—"


def test_log_actions_and_fields_of_the_core_have_labels():
    core = Path(border.__file__).parent
    text = "\n".join(path.read_text() for path in core.rglob("*.py"))
    actions = set(re.findall(r'(?:record|\blog)\(\s*session,[^()"]*"([a-z_]+)"', text))
    actions |= set(re.findall(r'Entry\([^()"]*"([a-z_]+)"', text))
    fields = set(re.findall(r'Change\(\s*"([a-z_]+)"', text))
    assert actions
    assert fields
    assert actions - set(LABELS["action"]) == set()
    assert fields - set(LABELS["field"]) == set()


def test_a_forgotten_name_raises(env: Environment):
    with pytest.raises(UndefinedError):
        shown(env, "{{ nobody }}")


def test_only_markup_escapes(env: Environment):
    assert shown(env, "{{ x }}", x="<") == "&lt;"
    assert env.autoescape("mail/replied/subject.txt") is False  # pyright: ignore[reportCallIssue]
    assert env.autoescape("parts/fields.html") is True  # pyright: ignore[reportCallIssue]


def test_without_a_build_the_manifest_says_so(tmp_path: Path):
    with pytest.raises(templating.NotBuilt):
        templating.manifest(tmp_path)
    (tmp_path / "manifest.json").write_text('{"fingerprint": "x", "files": {"a.css": "a-1.css"}}')
    assert templating.manifest(tmp_path) == {"a.css": "a-1.css"}


ERRORS = sorted(path.name for path in (TEMPLATES / "errors").glob("[0-9]*.html"))


@pytest.mark.parametrize("name", ERRORS)
def test_error_pages_need_little_and_say_what_to_do(env: Environment, name: str):
    page = templating.render(env, f"errors/{name}", {"theme": "dark", "home": "/central"})
    assert 'data-theme="dark"' in page
    assert 'href="/central"' in page
    assert "!" not in re.sub(r"<!doctype html>", "", page)


def test_error_pages_cover_the_contract():
    codes = {400, 403, 404, 409, 413, 429, 500, 503}
    assert {int(name.removesuffix(".html")) for name in ERRORS} == codes


def test_the_deadline_says_band_time_and_promise(env: Environment):
    text = (
        '{% from "parts/deadline.html" import deadline %}{{ deadline(b, d, left, 2, "business") }}'
    )
    html = shown(env, text, b="attention", d=at(24, 18), left=timedelta(hours=7.25))
    assert 'icons-1.svg#warn"' in html
    assert "Atenção · 7 h" in html
    assert "2 úteis" in html
    assert "vence 24/11/2026 18:00" in html


@pytest.mark.parametrize(
    ("band", "words"), [("attention", "No prazo"), ("expired", "Fora do prazo")]
)
def test_what_is_over_calls_for_nobodys_attention(env: Environment, band: str, words: str):
    text = '{% from "parts/deadline.html" import deadline %}{{ deadline(b, d, none) }}'
    html = shown(env, text, b=band, d=at(24, 18))
    assert words in html
    assert "Atenção" not in html
    assert "era até 24/11/2026 18:00" in html


def test_why_lists_each_day_with_its_count_or_reason(env: Environment):
    counted = deadlines.explain(
        at(19, 9, 12), Terms(2, Unit.BUSINESS, 2, "subclassification"), CALENDAR
    )
    text = (
        '{% from "parts/deadline.html" import deadline_why %}'
        '{{ deadline_why(due, "Lote não recebido", 2, "business", 2, "subclassification", days) }}'
    )
    html = shown(env, text, due=at(24, 18), days=counted)
    days = re.findall(r"<span class=\"num\">(.*?)</span><span>(.*?)</span>.*?>(.)</span>", html)
    assert days == [
        ("qui 19/11", "abertura, não conta", "—"),
        ("sex 20/11", "feriado: Consciência Negra", "—"),
        ("sáb 21/11", "fim de semana", "—"),
        ("dom 22/11", "fim de semana", "—"),
        ("seg 23/11", "dia útil", "1"),
        ("ter 24/11", "vence às 18:00", "2"),
    ]


def message(**changes: object) -> SimpleNamespace:
    plain = {
        "id": 1,
        "direction": "inbound",
        "channel": "mail",
        "author_name": "Luciana <Reis>",
        "author_note": "",
        "at": at(24, 9, 12),
        "text": "Bom dia.",
        "quoted": "",
        "html_url": None,
        "verdict": "verified",
        "flags": [],
        "attachments": [],
        "deliveries": [],
    }
    return SimpleNamespace(**(plain | changes))


ENTRY = '{% from "parts/messages.html" import entry %}{{ entry(m, now, "token") }}'


def test_a_failed_delivery_offers_another_channel(env: Environment):
    failed = SimpleNamespace(
        state="failed",
        recipient="a@b.example",
        at=NOW,
        detail="caixa cheia",
        retry="/retry",
        offer=SimpleNamespace(url="/offer", text="Enviar por Telegram"),
    )
    html = shown(env, ENTRY, m=message(direction="outbound", deliveries=[failed]), now=NOW)
    assert "msg us" in html
    assert "Não entregue 10:45" in html
    assert "caixa cheia" in html
    assert 'action="/offer"' in html
    assert html.count('name="csrf" value="token"') == 2


def test_voices_differ_and_names_are_escaped(env: Environment):
    inbound = shown(env, ENTRY, m=message(quoted="a\nb", html_url="/html"), now=NOW)
    assert "Luciana &lt;Reis&gt;" in inbound
    assert "Remetente verificado" in inbound
    assert "Mostrar texto citado, 2 linhas" in inbound
    assert 'data-frame="/html"' in inbound
    assert "msg memo" in shown(env, ENTRY, m=message(direction="internal"), now=NOW)
    assert "msg tg" in shown(env, ENTRY, m=message(channel="telegram"), now=NOW)


@pytest.mark.parametrize(
    ("code", "data", "words"),
    [
        ("required", {}, "falta preencher"),
        ("too_long", {"limit": 4000, "length": 4001}, "passou de 4.000 caracteres: corte 1"),
        (
            "too_big",
            {"name": "a.pdf", "limit": 10485760},
            "a.pdf é grande demais: o limite é 10 MB",
        ),
        ("invalid", {}, "não parece certo; confira"),
    ],
)
def test_refused_fields_say_what_to_do(env: Environment, code: str, data: object, words: str):
    text = '{% from "parts/problems.html" import sentence %}{{ sentence(code, data) }}'
    assert shown(env, text, code=code, data=data) == words


def test_every_alert_is_a_sentence():
    kinds = (alerts.BOUNCED, alerts.FORWARDED, alerts.MENTIONED, alerts.CONSULTED)
    assert {*kinds, alerts.GLASS_BROKEN} <= set(LABELS["alert"])
