import json
import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.mail.parse import parse
from channels.mail.quoting import split
from tests.channels.mail.samples import FIXTURES

SETS = {side: sorted((FIXTURES / "pt" / side).glob("*.eml")) for side in ("build", "measure")}
WORD = re.compile(r"\w+")


def words(text: str) -> Counter[str]:
    return Counter(WORD.findall(text.lower()))


@pytest.mark.parametrize("side", SETS)
def test_the_portuguese_sets_lose_and_leak_next_to_nothing(side: str):
    wanted = lost = found = leaked = 0
    for path in SETS[side]:
        expected = json.loads(path.with_suffix(".json").read_text())
        parsed = parse(path.read_bytes())
        theirs, ours = words(expected["reply_text"]), words(parsed.reply_text)
        gone = sum((theirs - ours).values())
        assert gone <= 0.2 * sum(theirs.values()), path.name
        assert parsed.reply_text.strip(), path.name
        for answer in expected["inline"]:
            assert answer in parsed.reply_text, path.name
        for quoted in expected.get("quoted_has", []):
            assert quoted in parsed.quoted_text, path.name
        wanted += sum(theirs.values())
        lost += gone
        found += sum(ours.values())
        leaked += sum((ours - theirs).values())
    assert len(SETS[side]) >= 60
    assert lost <= 0.005 * wanted
    assert leaked <= 0.02 * found


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("Ok.\n\nEm 18/11/2026 10:12, Ana escreveu:\n> oi", "Ok."),
        ("Ok.\n\nOn Wed, Nov 18, 2026 at 10:12 AM Ana <a@b.example>\nwrote:\n\n> oi", "Ok."),
        ("Ok.\n\nEl mié, 18 nov 2026 a las 10:12, Ana (<a@b.example>)\nescribió:\n\n> oi", "Ok."),
        ("Ok.\n\nAm 18.11.2026 um 10:12 schrieb Ana <a@b.example>:\n> oi", "Ok."),
        ("Ok.\n\nLe mer. 18 nov. 2026 à 10:12, Ana <a@b.example> a écrit :\n\noi", "Ok."),
        ("Ok.\n\nDe: Ana\nEnviado: hoje\nPara: Bia\nAssunto: x\n\noi", "Ok."),
        ("Ok.\n\n*De:* Ana\n*Enviada em:* hoje\n*Para:* Bia\n*Assunto:* x\n\noi", "Ok."),
        ("Ok.\n\nDe: Ana Enviado: hoje Para: Bia Assunto: x\n\noi", "Ok."),
        ("Ok.\n\n-----Mensagem original-----\noi", "Ok."),
        ("Ok.\n\n## Responda acima desta linha ##\n\noi", "Ok."),
        ("Ok.\n\nEnviado do meu iPhone", "Ok."),
        ("Ok.\n\n-- \nAna\nTel. 11 5555-0000", "Ok."),
        ("Atenciosamente,\nAna\nTel: (11) 5555-0000", "Atenciosamente,\nAna"),
        ("Em 18/11/2026 10:12, Ana escreveu:\n> oi\n\nResposta embaixo.", "Resposta embaixo."),
        ("> oi\n> tudo bem?\n\nSim.\n\n> e aí?", "> oi\n> tudo bem?\n\nSim."),
    ],
)
def test_new_text(text: str, new: str):
    assert split(text)[0] == new


@pytest.mark.parametrize(
    "text",
    [
        "O médico escreveu: repouso.",
        "Em 18/11/2026 enviamos a guia.\nAguardo.",
        "De: segunda a sexta\nNada mais.",
        "Enviado o documento, conforme pedido, para a Ana na sexta-feira passada, podem confirmar?",
        "Segue:\n\nAssunto: glosa\nValor: 10\n\nObrigada.",
        "> só citação",
        "-- \nsó assinatura",
        "Enviado do meu iPhone",
        "-----Mensagem original-----\nDe: Ana\nPara: Bia\nAssunto: x\n\nencaminhada sem comentário",
    ],
)
def test_what_is_no_quotation_or_nothing_else_stays(text: str):
    new, old = split(text)
    assert words(new) == words(text)
    assert not words(old)


def test_answers_between_quoted_lines_keep_their_context():
    text = (
        "Respostas no meio.\n\nEm 18/11/2026 10:12, Ana escreveu:\n"
        "> Chegou a guia?\n\nChegou ontem.\n\n> E o laudo?\n\nVai amanhã.\n\n> Obrigada, Ana"
    )
    new, old = split(text)
    for part in (
        "Respostas no meio.",
        "> Chegou a guia?",
        "Chegou ontem.",
        "> E o laudo?",
        "Vai amanhã.",
    ):
        assert part in new
    assert "Obrigada, Ana" not in new
    assert "Obrigada, Ana" in old


LINES = st.sampled_from(
    [
        "texto novo", "> citado", "", "Em 18/11/2026 10:12, Ana escreveu:", "De: Ana", "Para: Bia",
        "Assunto: x", "Enviado: hoje", "-- ", "________", "Enviado do meu iPhone",
        "## Responda acima desta linha ##", "-----Mensagem original-----", "Att,", "Tel: 11 5555",
    ]
)  # fmt: skip


@given(st.lists(LINES, max_size=25).map("\n".join))
def test_every_word_is_in_one_of_the_two_and_the_first_is_never_empty(text: str):
    new, old = split(text)
    assert words(new) + words(old) == words(text)
    assert bool(new.strip()) == bool(text.strip())
