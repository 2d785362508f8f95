"""Addresses that mean one person are one key; look-alikes are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.accounts.addresses import checked_address, domain_of, email_key
from matcher.errors import InvalidInput


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Anna@School.NL", "anna@school.nl"),
        ("  anna@school.nl ", "anna@school.nl"),
        ("ａｎｎａ@school.nl", "anna@school.nl"),
        ("STRASSE@x.nl", "straße@x.nl"),
        ("a@münchen.de", "a@xn--mnchen-3ya.de"),
    ],
)
def test_key_of_same_address_is_equal(one: str, other: str) -> None:
    assert email_key(one) == email_key(other)


@pytest.mark.parametrize("other", ["admın@x.nl", "adm1n@x.nl", "admin@x.nI.nl", "admin+1@x.nl", "аdmin@x.nl"])
def test_key_of_look_alike_differs(other: str) -> None:
    assert email_key(other) != email_key("admin@x.nl")


@given(st.text(max_size=80))
def test_key_of_anything_is_stable(text: str) -> None:
    assert email_key(email_key(text)) == email_key(text)


@pytest.mark.parametrize("wrong", ["", "anna", "anna@", "@x.nl", "a b@x.nl", "a@x", "a@x..nl", "a@x.nl\r\nBcc: b@y.nl"])
def test_malformed_address_is_refused(wrong: str) -> None:
    with pytest.raises(InvalidInput):
        checked_address(wrong)


def test_domain_of_address_is_folded() -> None:
    assert domain_of("Anna@School.NL") == "school.nl"
