import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.mail.html import sanitise
from channels.mail.html_marks import QUOTE_MARK
from channels.mail.html_text import to_text


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
