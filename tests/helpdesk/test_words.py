from concurrent.futures import ThreadPoolExecutor

import pytest
import snowballstemmer
from hypothesis import given
from hypothesis import strategies as st

from helpdesk import words


@pytest.mark.parametrize(
    "forms",
    [
        ("autorização", "autorizacao", "AUTORIZAÇÃO", "autorizações", "autorizacoes"),
        ("revisão", "revisao", "revisões", "revisoes"),
        ("divergência", "divergencia", "divergências", "divergencias"),
        ("material", "materiais", "Materiais"),
        ("hospital", "hospitais"),
        ("glosa", "glosas", "GLOSA"),
        ("cobrança", "cobranca", "cobranças", "cobrancas"),
        ("usuário", "usuarios"),
        ("ação", "acao", "ações", "acoes"),
    ],
)
def test_forms_of_one_word_are_one_token(forms: tuple[str, ...]) -> None:
    assert len({tuple(words.tokens(form)) for form in forms}) == 1


def test_digit_runs_stay_whole_and_apart_from_letters() -> None:
    assert words.tokens("Guia45871, protocolo 99999720261124000012; R$ 1.234,56") == [
        "gui",
        "45871",
        "protocol",
        "99999720261124000012",
        "r",
        "1",
        "234",
        "56",
    ]


def test_different_words_stay_different() -> None:
    distinct = ["glosa", "guia", "pagamento", "senha", "lote", "autorização", "mais", "mal"]
    assert len({words.tokens(word)[0] for word in distinct}) == len(distinct)


def test_query_has_each_word_once() -> None:
    assert words.query("glosa da guia, glosas das guias") == ["glos", "da", "gui", "das"]
    assert len(words.query(" ".join(f"p {n}" for n in range(100)))) == words.MOST_WORDS


@given(st.text())
def test_tokens_are_letters_or_digits_and_short(text: str) -> None:
    for token in words.tokens(text):
        assert token
        assert len(token) <= words.LONGEST_WORD * 3
        assert token.isalnum()
        assert token == token.casefold()


@given(st.lists(st.text(st.sampled_from("aeiouçãéslmrt0123"), min_size=1, max_size=12)))
def test_a_query_made_of_the_text_finds_it(pieces: list[str]) -> None:
    text = " ".join(pieces)
    assert set(words.query(text)) <= set(words.tokens(f"antes {text}, depois"))
    assert words.tokens(text) == words.tokens(text.upper())


def test_threads_do_not_disturb_each_other() -> None:
    """Words that no other test has stemmed, against a stemmer nobody else uses."""
    texts = [f"{a}{b}{c}amentos" for a in "bcdfglmn" for b in "aeiou" for c in "prstvxz"]
    alone = snowballstemmer.stemmer("portuguese")
    expected = [[alone.stemWord(text)] for text in texts]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(words.tokens, texts)) == expected
