"""Which passwords are good enough, and that their hashes tell only the right one."""

import unicodedata

import pytest

from matcher.accounts.passwords import Passwords, check_strength
from matcher.errors import InvalidInput

CHEAP = Passwords(cheap=True)


@pytest.mark.parametrize(
    "good",
    [
        "drie groene fietsen",
        "correct paard batterij nietje",
        "xK9!mQ2#vL",
        " spaties tellen mee ",
        "🚲🚲🌧️ in de regen",
        "ijs met slagroom en aardbei",
        "zeven" * 20,
    ],
)
def test_good_password_is_taken(good: str) -> None:
    check_strength(good, context=["Anna de Vries", "anna@demo.example"])


@pytest.mark.parametrize(
    "poor",
    [
        "",
        "kort",
        "negentien"[:9],
        "x" * 129,
        "password123",
        "Password!!",
        "P@ssw0rd2026",
        "welkomwelkom",
        "Welkom2026!",
        "wachtwoord1",
        "1234567890",
        "9876543210",
        "qwertyuiop",
        "aaaaaaaaaaaa",
        "abababababab",
        "Voetbal2026",
        "december2026",
        "amsterdam020",
        "AnnaDeVries1",
        "matcher2026!",
        "annavries123",
    ],
)
def test_poor_password_is_refused(poor: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        check_strength(poor, context=["Anna de Vries", "anna@demo.example"])
    assert refusal.value.field == "password"


def test_hash_fits_only_its_password() -> None:
    kept = CHEAP.hash("drie groene fietsen")
    assert CHEAP.fits(kept, "drie groene fietsen")
    assert not CHEAP.fits(kept, "drie groene fietsen ")
    assert not CHEAP.fits(kept, "Drie groene fietsen")


def test_long_password_counts_to_the_end() -> None:
    kept = CHEAP.hash("a" * 72 + "b")
    assert not CHEAP.fits(kept, "a" * 72 + "c")


def test_same_signs_written_differently_fit() -> None:
    kept = CHEAP.hash(unicodedata.normalize("NFC", "crème brûlée toe"))
    assert CHEAP.fits(kept, unicodedata.normalize("NFD", "crème brûlée toe"))


@pytest.mark.parametrize("kept", [None, "", "not a hash"])
def test_without_hash_nothing_fits(kept: str | None) -> None:
    assert not CHEAP.fits(kept, "nobody has this password")


def test_real_hash_has_the_chosen_strength() -> None:
    strong = Passwords()
    assert strong.hash("x").startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert strong.is_outdated(CHEAP.hash("x"))
