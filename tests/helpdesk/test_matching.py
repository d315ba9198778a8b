"""The three rules, example by example, and exhaustively: every pair of matches, every sender."""

from itertools import chain, combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.border import HoldReason, Verdict
from helpdesk.matching import (
    LAYERS,
    SIGNED,
    Facts,
    Hold,
    Join,
    Layer,
    Match,
    Open,
    SenderProvider,
    decide,
    mentions,
)

VERIFIED, FAILED, UNKNOWN = Verdict
MINE, OTHER = 1, 2

booleans = (False, True)
matches = [
    Match(layer, number, provider, participant, issued, void)
    for layer, number, provider, participant in product(LAYERS, (10, 20), (MINE, OTHER), booleans)
    for issued, void in (product(booleans, booleans) if layer in SIGNED else [(False, False)])
]
provider_lists = [
    tuple(providers)
    for size in range(3)
    for ids in combinations((MINE, 3), size)
    for providers in product(*[[SenderProvider(i, mentioned=m) for m in booleans] for i in ids])
]
senders = list(product(Verdict, ("accept", "hold"), provider_lists, booleans))


def every_case() -> "chain[Facts]":
    pairs = [(), *((m,) for m in matches), *combinations(matches, 2)]
    return chain.from_iterable(
        (Facts(verdict, rule, pair, providers, forged) for pair in pairs)
        for verdict, rule, providers, forged in senders
        # what the text names only matters where nothing matched
        if not any(provider.mentioned for provider in providers)
    )


def belongs(facts: Facts, match: Match) -> bool:
    return match.participant or match.provider_id in {p.id for p in facts.providers}


def check(facts: Facts) -> None:
    decided = decide(facts)
    assert decided.trace
    if facts.verdict is FAILED:
        assert isinstance(decided, Hold)
        assert decided.reason is HoldReason.AUTHENTICATION_FAILED
    if facts.forged:
        assert isinstance(decided, Hold)
    if facts.verdict is UNKNOWN and facts.unverified == "hold":
        assert isinstance(decided, Hold)
    if isinstance(decided, Join):
        by = [m for m in facts.matches if (m.layer, m.number) == (decided.layer, decided.number)]
        assert any(belongs(facts, m) and not m.void for m in by)
        strongest = min(LAYERS.index(m.layer) for m in facts.matches)
        named = {m.number for m in facts.matches if LAYERS.index(m.layer) == strongest}
        assert decided.number in named
        if facts.verdict is UNKNOWN:
            assert decided.layer in SIGNED
            assert any(m.issued_to_sender and belongs(facts, m) and not m.void for m in by)
    if isinstance(decided, Open):
        assert not facts.matches
        assert decided.provider_id in {p.id for p in facts.providers}
    if isinstance(decided, Hold) and facts.matches:
        assert decided.suggestion in {m.number for m in facts.matches}


def test_rules_hold_for_every_pair_of_matches_and_every_sender() -> None:
    for facts in every_case():
        check(facts)


facts_of = st.builds(
    Facts,
    verdict=st.sampled_from(Verdict),
    unverified=st.sampled_from(["accept", "hold"]),
    matches=st.lists(st.sampled_from(matches), max_size=8).map(tuple),
    providers=st.sampled_from(provider_lists),
    forged=st.booleans(),
)


@given(facts_of)
def test_rules_hold_for_longer_threads(facts: Facts) -> None:
    check(facts)


@given(facts_of)
def test_better_verdict_never_loses_a_join(facts: Facts) -> None:
    if isinstance(decide(facts), Join):
        better = Facts(VERIFIED, facts.unverified, facts.matches, facts.providers)
        assert isinstance(decide(better), Join)


def sent(
    verdict: Verdict = VERIFIED,
    *found: Match,
    providers: tuple[SenderProvider, ...] = (SenderProvider(MINE),),
    unverified: str = "accept",
    forged: bool = False,
) -> Join | Open | Hold:
    return decide(Facts(verdict, unverified, found, providers, forged))


def test_mail_of_a_provider_opens() -> None:
    assert isinstance(sent(VERIFIED), Open)
    opened = sent(UNKNOWN)
    assert isinstance(opened, Open)
    assert opened.provider_id == MINE


@pytest.mark.parametrize(
    ("decided", "reason", "suggestion"),
    [
        (sent(FAILED), HoldReason.AUTHENTICATION_FAILED, None),
        (sent(UNKNOWN, unverified="hold"), HoldReason.UNVERIFIED, None),
        (sent(providers=()), HoldReason.UNKNOWN_SENDER, None),
        (
            sent(providers=(SenderProvider(1), SenderProvider(2))),
            HoldReason.AMBIGUOUS_PROVIDER,
            None,
        ),
        (
            sent(providers=(SenderProvider(1, mentioned=True), SenderProvider(2, mentioned=True))),
            HoldReason.AMBIGUOUS_PROVIDER,
            None,
        ),
        (
            sent(VERIFIED, Match(Layer.SUBJECT_PROTOCOL, 10, OTHER)),
            HoldReason.NOT_A_PARTICIPANT,
            10,
        ),
        (
            sent(UNKNOWN, Match(Layer.SUBJECT_PROTOCOL, 10, MINE, participant=True)),
            HoldReason.UNVERIFIED,
            10,
        ),
        (
            sent(UNKNOWN, Match(Layer.FOREIGN_ID, 10, MINE, participant=True)),
            HoldReason.UNVERIFIED,
            10,
        ),
        (
            sent(UNKNOWN, Match(Layer.TOKEN, 10, MINE, participant=True)),
            HoldReason.UNVERIFIED,
            10,
        ),
        (
            sent(VERIFIED, Match(Layer.TOKEN, 10, MINE, issued_to_sender=True, void=True)),
            HoldReason.NOT_A_PARTICIPANT,
            10,
        ),
        (
            sent(
                VERIFIED,
                Match(Layer.SUBJECT_PROTOCOL, 10, MINE, participant=True),
                forged=True,
            ),
            HoldReason.FORGED_TOKEN,
            10,
        ),
        (
            # the token names a stranger's ticket: a number of the sender's own does not help
            sent(
                VERIFIED,
                Match(Layer.SUBJECT_PROTOCOL, 20, MINE, participant=True),
                Match(Layer.TOKEN, 10, OTHER),
            ),
            HoldReason.NOT_A_PARTICIPANT,
            10,
        ),
    ],
)
def test_mail_is_held(
    decided: Join | Open | Hold, reason: HoldReason, suggestion: int | None
) -> None:
    assert isinstance(decided, Hold)
    assert (decided.reason, decided.suggestion) == (reason, suggestion)


@pytest.mark.parametrize(
    ("decided", "layer", "code"),
    [
        (
            sent(UNKNOWN, Match(Layer.TOKEN, 10, OTHER, participant=True, issued_to_sender=True)),
            Layer.TOKEN,
            "issued-to-sender",
        ),
        (
            sent(
                UNKNOWN,
                Match(Layer.TOKEN, 10, MINE),
                Match(Layer.ISSUED_ID, 10, MINE, issued_to_sender=True),
            ),
            Layer.ISSUED_ID,
            "issued-to-sender",
        ),
        (sent(VERIFIED, Match(Layer.TOKEN, 10, MINE)), Layer.TOKEN, "registered"),
        (
            sent(VERIFIED, Match(Layer.FOREIGN_ID, 10, OTHER, participant=True)),
            Layer.FOREIGN_ID,
            "participant",
        ),
        (
            sent(
                VERIFIED,
                Match(Layer.FOREIGN_ID, 20, MINE),
                Match(Layer.SUBJECT_PROTOCOL, 10, MINE),
            ),
            Layer.SUBJECT_PROTOCOL,
            "registered",
        ),
        (
            # two numbers in a subject: the one the sender belongs to
            sent(
                VERIFIED,
                Match(Layer.SUBJECT_PROTOCOL, 20, OTHER),
                Match(Layer.SUBJECT_PROTOCOL, 10, MINE),
            ),
            Layer.SUBJECT_PROTOCOL,
            "registered",
        ),
        (
            # of several providers the match decides
            sent(
                VERIFIED,
                Match(Layer.TOKEN, 10, MINE),
                providers=(SenderProvider(MINE), SenderProvider(OTHER)),
            ),
            Layer.TOKEN,
            "registered",
        ),
    ],
)
def test_mail_joins(decided: Join | Open | Hold, layer: Layer, code: str) -> None:
    assert isinstance(decided, Join)
    assert (decided.number, decided.layer, decided.standing) == (10, layer, code)


def test_stronger_layer_scores_higher() -> None:
    scores = [
        decided.score
        for layer in LAYERS
        if isinstance(decided := sent(VERIFIED, Match(layer, 10, MINE)), Join)
    ]
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == len(LAYERS)


def test_text_decides_between_several_providers() -> None:
    opened = sent(providers=(SenderProvider(1), SenderProvider(2, mentioned=True)))
    assert isinstance(opened, Open)
    assert opened.provider_id == OTHER


@pytest.mark.parametrize(
    ("text", "mentioned"),
    [
        ("Somos o prestador P0001.", True),
        ("prestador p0001", True),
        ("CNPJ 99.ABC.001/0001-57", True),
        ("cnpj 99abc001000157", True),
        ("P00012", False),
        ("XP0001", False),
        ("199ABC001000157", False),
        ("bom dia", False),
        ("", False),
    ],
)
def test_provider_is_named_by_code_or_document(text: str, mentioned: bool) -> None:
    assert mentions(text, "P0001", "99ABC001000157") is mentioned
    assert not mentions(text, "", "")
