import json
import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.mail.parse import parse
from channels.mail.quoting import split
from tests.channels.mail.samples import FIXTURES, letter

SETS = {side: sorted((FIXTURES / "pt" / side).glob("*.eml")) for side in ("build", "measure")}
WORD = re.compile(r"\w+")


def words(text: str) -> Counter[str]:
    return Counter(WORD.findall(text.lower()))


def lines_of(text: str) -> Counter[str]:
    return Counter(line.strip() for line in text.split("\n") if line.strip())


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
        for quoted in expected["quoted_has"]:
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


@pytest.mark.parametrize(
    "first",
    [
        "Segue para providências.",
        "",
    ],
)
@pytest.mark.parametrize(
    "block",
    [
        (
            "---------- Forwarded message ---------\nDe: Rosa <rosa@correio.example>\n"
            "Date: hoje\nSubject: Exame\nTo: Bia\n\nNegaram o exame."
        ),
        "Início da mensagem encaminhada:\n\n> De: Rosa\n> Assunto: Exame\n>\n> Negaram o exame.",
        "De: Rosa\nEnviada em: hoje\nPara: Bia\nAssunto: Exame\n\nNegaram o exame.",
    ],
)
def test_what_is_passed_on_is_the_text_of_the_mail(first: str, block: str):
    text = f"{first}\n\n{block}".strip()
    for subject in ("Fwd: Exame", "ENC: Exame", "RV: Exame", "[EXTERNO] FW: Exame"):
        assert split(text, subject=subject) == (text, "")


def test_an_answer_in_a_thread_that_was_passed_on_once_is_an_answer():
    text = "Ok.\n\nEm 18/11/2026 10:12, Ana escreveu:\n> oi"
    assert split(text, subject="Fwd: Exame")[0] == "Ok."
    copied = "Ok.\n\nDe: Ana\nEnviado: hoje\nPara: Bia\nAssunto: ENC: x\n\noi"
    assert split(copied, subject="RES: ENC: x")[0] == "Ok."


@pytest.mark.parametrize(
    "said",
    [
        "Seguem as respostas em vermelho.",
        "Respondi abaixo, em azul.",
        "Comentários no corpo do e-mail.",
        "Respondi em cada item.",
        "Seguem as respostas abaixo.\n\nAtt,\nTelma",
        "My answers are in red.",
        "See my comments inline.",
        "Las respuestas van en rojo.",
    ],
)
def test_answers_in_a_colour_among_copied_lines_stay_in_sight(said: str):
    header = "De: Ana\nEnviado: hoje\nPara: Bia\nAssunto: x"
    text = f"{said}\n\n{header}\n\nQuantas salas?\nSeis.\n\n{header}\n\nmais antigo"
    new, old = split(text)
    assert said in new
    assert "Seis." in new
    assert "mais antigo" in old
    assert "Enviado: hoje" not in new


def test_a_word_about_answers_does_not_unfold_what_is_copied():
    for said in ("Segue a resposta abaixo:\n\nAutorizado.", "Sua resposta não ajudou."):
        text = f"{said}\n\nDe: Ana\nEnviado: hoje\nPara: Bia\nAssunto: x\n\nantigo"
        assert split(text)[0] == said


def test_answers_between_the_blockquotes_of_one_quotation_stay():
    question = '<blockquote class="gmail_quote">{}</blockquote>'
    page = (
        '<div dir="ltr">Veja:<br><br><div class="gmail_quote"><div class="gmail_attr">Em ter., 17 '
        "de nov. de 2026 às 09:00, Ana &lt;ana@op.example&gt; escreveu:<br></div>"
        f"{question.format('Um?')}<div>Resposta um.</div>{question.format('Dois?')}"
        f"<div>Resposta dois.</div>{question.format('Grata')}</div></div>"
    )
    read = parse(letter(page, Content_Type="text/html; charset=utf-8"))
    assert read.reply_text.split() == ("Veja: > Um? Resposta um. > Dois? Resposta dois.".split())


@pytest.mark.parametrize(
    "old",
    [
        '<div class="gmail_quote gmail_quote_container">antigo</div>',
        '<div class="yahoo_quoted" id="yahoo_quoted_12">antigo</div>',
        '<div class="ydp1a2byahoo_quoted">antigo</div>',
        '<div class="protonmail_quote">antigo</div>',
        '<div class="zmail_extra">antigo</div>',
        '<div id="appendonsend"></div><div>antigo</div>',
        '<hr><div id="x_divRplyFwdMsg">antigo</div>',
        '<div id="mail-editor-reference-message-container">antigo</div>',
        '<div class="moz-cite-prefix">Ana:</div><blockquote type="cite">antigo</blockquote>',
        '<span id="OLK_SRC_BODY_SECTION">antigo</span>',
        '<hr id="stopSpelling">antigo',
        '<blockquote type="cite">antigo</blockquote>',
        (
            '<div style="border:none;border-top:solid #E1E1E1 1.0pt"><p><b>De:</b> Ana<br>'
            "<b>Enviado:</b> hoje<br><b>Para:</b> Bia<br><b>Assunto:</b> x</p></div><p>antigo</p>"
        ),
    ],
)
def test_what_mail_programs_mark_as_quoted(old: str):
    content = f"<div>Resposta aqui.</div>{old}"
    read = parse(letter(content, Content_Type="text/html; charset=utf-8"))
    assert read.reply_text == "Resposta aqui."
    assert "antigo" in read.quoted_text


@pytest.mark.parametrize("line", ["-- ", "Enviado do meu iPhone", "Att,", "> citado", "x", "De: a"])
def test_as_many_lines_as_a_mail_holds_are_all_kept(line: str):
    text = "\n".join(["oi", *[line] * 100_000])
    new, old = split(text)
    assert new.startswith("oi")
    assert (new + "\n" + old).count(line.strip()) == 100_000


LINES = st.sampled_from(
    [
        "texto novo", "> citado", "", "Em 18/11/2026 10:12, Ana escreveu:", "De: Ana", "Para: Bia",
        "Assunto: x", "Enviado: hoje", "-- ", "________", "Enviado do meu iPhone",
        "## Responda acima desta linha ##", "Respondi em azul.", "On x, Ana wrote:", "-----Mensagem original-----", "Att,", "Tel: 11 5555",
    ]
)  # fmt: skip


@given(st.lists(LINES, max_size=25).map("\n".join))
def test_every_line_is_in_one_of_the_two_and_the_first_is_never_empty(text: str):
    for subject in ("", "Fwd: x"):
        new, old = split(text, subject=subject)
        assert lines_of(new) + lines_of(old) == lines_of(text)
        assert bool(new.strip()) == bool(text.strip())


def test_more_lines_than_anybody_writes_go_where_those_before_them_went():
    many = 120_000
    assert split("x\n" * many) == ("x\n" * (many - 1) + "x", "")
    wrote = "Em seg., 30 de nov. de 2026 às 10:00, Ana <ana@op.example> escreveu:"
    new, old = split(f"Segue.\n\n{wrote}\n" + "x\n" * many)
    assert new == "Segue."
    assert old.count("\nx") == many
