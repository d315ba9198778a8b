from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.mail.html import sanitise
from channels.mail.html_marks import VOID
from channels.mail.html_text import to_text
from channels.mail.nesting import DEEPEST, MOST_TAGS, shallow

#: of these, the end of an element is none, or ends less than it seems
TRICKS = (
    "<b></p>",
    "<div><!--</div>-->",
    "<div title='</div>'>",
    '<div title="</div>">',
    "<div a'></div b'>",
    "<div><style></div></style>",
    "<div><title></div></title>",
    "<div><script><!--<script></script></div>--></script>",
    "<div><svg><style></div></style></svg>",
    "<div><svg><title></div></title></svg>",
    "<div><table></div></table>",
    "<div><select></div></select>",
    "<div><template></div></template>",
    "<table><tr><td><div></table>",
    "<td><div></td>",
    "<form><div></form>",
    "<li><ul></li>",
    "<h1><div><h2></h1>",
    "<b><div></b>",
    "<span><div></span>",
    "<a href=x><div></a>",
    "<p><td><span>",
    "<dl><dd><div></dl>",
    "<div><b></p><p><span>",
)
PIECES = st.sampled_from(
    (*TRICKS, "<p>", "</p>", "<b>", "</b>", "<div>", "</div>", "<table>", "</table>", "<td>",
     "</td>", "<ul>", "<li>", "</ul>", "x", "<br>", "<i", "'", '"', ">", "<!--", "-->", "</")
)  # fmt: skip


class Depth(HTMLParser):
    """How deep well-formed HTML nests."""

    def __init__(self) -> None:
        super().__init__()
        self.now = self.most = 0

    def handle_starttag(self, tag: str, _attributes: object) -> None:
        if tag not in VOID:
            self.now += 1
            self.most = max(self.most, self.now)

    def handle_endtag(self, tag: str) -> None:
        self.now -= tag not in VOID


def depth(page: str) -> int:
    found = Depth()
    found.feed(page)
    return found.most


@pytest.mark.parametrize("trick", TRICKS)
def test_no_trick_makes_a_deep_tree(trick: str):
    page = sanitise(f"antes {trick * 1_500} depois")
    assert depth(page) <= 2 * DEEPEST
    assert "antes" in page


@settings(max_examples=60)
@given(st.lists(PIECES, min_size=1, max_size=12))
def test_no_mixture_makes_one(pieces: list[str]):
    assert depth(sanitise("".join(pieces) * 900)) <= 2 * DEEPEST


def test_what_people_write_is_left_as_it_is():
    row = "<tr><td><p>Guia <b>%d</b><td>R$ <i>10</i></tr>"
    source = "<table>" + "".join(row % n for n in range(600)) + "</table><ul>" + "<li>x" * 600
    assert shallow(source) == source


def test_text_below_the_deepest_level_stays():
    source = "<blockquote>".join(f"nível {n} " for n in range(1_000))
    text = to_text(sanitise(source))
    assert {str(n) for n in range(1_000)} <= set(text.split())


def test_tags_beyond_the_last_that_is_read_part_words_all_the_same():
    text = to_text(sanitise("<p>um</p>" * (MOST_TAGS // 2) + "<p>dois</p><p>três</p>"))
    assert text.split()[-3:] == ["um", "dois", "três"]


def test_a_tag_of_a_thousand_attributes_is_left_out():
    names = " ".join(f"a{n}=b" for n in range(1_000))
    filler = "<p>x</p>" * DEEPEST
    assert names[:5] not in shallow(f"{filler}<p {names}>Texto</p>")
    assert "Texto" in shallow(f"{filler}<p {names}>Texto</p>")
