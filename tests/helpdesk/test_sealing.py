from hypothesis import given
from hypothesis import strategies as st

from helpdesk.sealing import seal, unseal
from helpdesk.tokens import Keyring

OLD, NEW = b"o" * 32, b"n" * 32


@given(plain=st.text(), bound=st.text())
def test_what_was_sealed_comes_back_under_any_key_of_the_ring(plain: str, bound: str):
    sealed = seal(Keyring([OLD]), plain, bound=bound)
    assert unseal(Keyring([NEW, OLD]), sealed, bound=bound) == plain


def test_it_opens_under_no_other_key_and_nowhere_else():
    sealed = seal(Keyring([OLD]), "segredo", bound="a")
    assert unseal(Keyring([NEW]), sealed, bound="a") is None
    assert unseal(Keyring([OLD]), sealed, bound="b") is None
    assert sealed != seal(Keyring([OLD]), "segredo", bound="a")


@given(sealed=st.text())
def test_anything_else_opens_nothing(sealed: str):
    assert unseal(Keyring([OLD]), sealed, bound="a") is None
