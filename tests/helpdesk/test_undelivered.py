"""What a status says: `helpdesk.undelivered` and its words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.labels import LABELS, why_undelivered
from helpdesk import undelivered


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("5.1.1", "caixa inexistente"),
        ("5.1.10", "caixa inexistente"),
        ("5.1.2", "domínio inexistente"),
        ("5.4.4", "domínio inexistente"),
        ("5.1.3", "endereço inválido"),
        ("5.2.1", "caixa desativada"),
        ("5.2.2", "caixa cheia"),
        ("4.2.2", "caixa cheia"),
        ("5.3.4", "mensagem grande demais"),
        ("4.4.7", "servidor de destino fora do ar"),
        ("5.7.26", "recusada como spam ou por política"),
        ("5.0.0", "recusada pelo servidor de destino"),
        ("", "recusada pelo servidor de destino"),
    ],
)
def test_a_status_in_words(status: str, words: str):
    assert why_undelivered(status) == words


@given(st.from_regex(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}", fullmatch=True))
def test_any_status_has_words_and_only_final_ones_kill_an_address(status: str):
    assert undelivered.reason(status) in LABELS["undelivered"]
    assert not undelivered.is_dead(status) or status.startswith("5")


def test_every_reason_has_words():
    assert {*undelivered.REASONS.values(), undelivered.REFUSED} == LABELS["undelivered"].keys()
