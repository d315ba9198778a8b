import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.mail.html import sanitise
from channels.mail.html_marks import QUOTE_MARK
from channels.mail.html_text import to_text
from channels.mail.parse import parse
from tests.channels.mail.samples import letter


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<a href='javascript:alert(1)'>x</a>",
        "<a href='data:text/html,x'>x</a>",
        "<iframe src='https://x.example'></iframe>",
        "<form action='https://x.example'><input></form>",
        "<svg onload=alert(1)></svg>",
        "<style>body{background:url(https://x.example)}</style>",
        "<p style='position:fixed;top:0'>x</p>",
        "<p style='background-color:url(https://x.example)'>x</p>",
        "<p style='margin:-9999px'>x</p>",
        "<img src='https://x.example/p.gif'>",
        "<img srcset='https://x.example/p.gif'>",
        "<table background='https://x.example/p.gif'></table>",
        "<link rel=stylesheet href='https://x.example'>",
        "<base href='https://x.example'>",
        "<meta http-equiv=refresh content='0;url=https://x.example'>",
        "<!--[if mso]><script>alert(1)</script><![endif]-->",
        "<math><mtext><style><img src=x onerror=alert(1)></style></mtext></math>",
        "<p id='app' class='menu'>x</p>",
    ],
)
def test_nothing_acts_loads_or_leaves_its_box(hostile: str):
    clean = sanitise(hostile).lower()
    for bad in ("script", "onerror", "onload", "x.example", "position", "-9999", "<form", "data:",
                "<iframe", "<svg", 'id="app"', "menu"):  # fmt: skip
        assert bad not in clean


def test_what_people_write_stays():
    page = '<p style="color:red">Olá <b>mundo</b> <a href="https://ok.example">aqui</a></p><img src="cid:a@b">'
    clean = sanitise(page)
    assert "<b>mundo</b>" in clean
    assert 'href="https://ok.example"' in clean
    assert 'src="cid:a@b"' in clean
    assert "color:red" in clean.replace(" ", "")


@pytest.mark.parametrize(
    "style",
    ["margin:-.5em", "margin-left:calc(0px - 5px)", "width:100000px", "width:300%", "font-size:99em",
     "width:1e9px", "height:150vh", "width:min(1px,2px)", "letter-spacing:50em", "color:red\\3a",
     "position:absolute", "z-index:9", "float:left;position:sticky", "background:url(//x.example/a)",
     "width:var(--x)", "margin:- 5px", "border-image:url(x)", "transform:scale(9)"],
)  # fmt: skip
def test_a_style_that_leaves_its_box_goes_and_others_stay(style: str):
    clean = sanitise(f'<p style="{style};color:#1e0000">x</p>')
    assert clean == '<p style="color:#1e0000">x</p>'


@pytest.mark.parametrize(
    "style",
    ["color:rgb(0, 0, 0)", "width:100%", "width:600px", "font-size:12.0pt", "line-height:1.2em",
     "border-left:10px solid #cccccc", "margin-bottom:0.0001pt", "display:none"],
)  # fmt: skip
def test_styles_that_mail_programs_write_stay(style: str):
    assert sanitise(f'<p style="{style}">x</p>') == f'<p style="{style}">x</p>'


def test_nobody_but_us_marks_lines():
    parsed = parse(letter("Novo.\n\ue000\nResto.", Content_Type="text/plain; charset=utf-8"))
    assert parsed.text == parsed.reply_text == "Novo.\n\nResto."
    assert to_text(sanitise("<p>Novo</p><p>&#xe000;</p><p>Resto</p>")) == "Novo\n\nResto"


def test_a_link_opens_a_page_of_its_own():
    link = sanitise('<a href="https://ok.example" target="_top">x</a>')
    assert 'target="_blank"' in link
    assert "_top" not in link


def test_text_of_html():
    page = (
        "<style>p{}</style><p>Um</p><p>Dois<br>linhas</p><ul><li>a</li><li>b</li></ul>"
        "<table><tr><td>c1</td><td>c2</td></tr></table><div style='display:none'>oculto</div>"
        "<blockquote>citado<br>mais</blockquote>1 &lt; 2 &amp; 3&nbsp;&gt; 2"
    )
    assert to_text(sanitise(page)).split("\n") == [
        "Um", "", "Dois", "linhas", "", "* a", "* b", "", "c1 c2", "", "> citado", "> mais", "",
        "1 < 2 & 3 > 2",
    ]  # fmt: skip


def test_where_a_mail_program_quotes_is_marked():
    page = '<div>novo</div><div class="gmail_quote">velho</div>'
    assert to_text(sanitise(page)).split("\n") == ["novo", QUOTE_MARK, "velho"]


@given(st.text(alphabet="<>/\"'=&; abdivpscriptonlg!-[]", max_size=300))
def test_any_markup_gives_text_without_tags_that_act(source: str):
    clean = sanitise(source)
    assert "<script" not in clean
    assert sanitise(clean) == clean or "&" in source
    to_text(clean)
