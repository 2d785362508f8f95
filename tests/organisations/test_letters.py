"""Every mail of accounts, organisations and safeguarding can be written in both languages."""

import pytest
from flask import Flask

from matcher.accounts.states import COMPANY_ROLES, SCHOOL_ROLES
from matcher.config import shared_folder
from matcher.notices.tasks import letters_of
from matcher.organisations.states import RefusalReason

ROOMS = ("accounts", "organisations", "safeguarding")
VALUES = {
    "name": "Anna",
    "path": "/some/page",
    "person": "Bo Nieuw",
    "coordinator": "Cor Regio",
    "coordinator_address": "cor@regio.example",
    "address": "bo@demo.example",
    "organisation": "Het Vaartcollege",
    "place": "Breda",
    "partner": "Warm Bedacht",
    "region": "Brabant",
    "stand_in": False,
    "is_new": True,
    "days": 14,
    "starts_on": None,
    "ends_on": None,
}


@pytest.mark.parametrize("locale", ["nl", "en"])
def test_letters_are_whole(app: Flask, locale: str) -> None:
    folder = shared_folder("templates") / "mail"
    names = [f"{room}/{file.stem}" for room in ROOMS for file in sorted((folder / room).glob("*.html"))]
    assert len(names) >= 13
    with app.test_request_context():
        for name in names:
            for role, reason in zip(sorted(SCHOOL_ROLES | COMPANY_ROLES), RefusalReason, strict=True):
                values = {**VALUES, "role": role.value, "reason": reason.value}
                letter = letters_of(app).letter(name, values, locale=locale, name="Anna")
                assert letter.subject
                assert "Anna" in letter.text
                assert ("/some/page" in letter.text) == (name != "accounts/password_changed")
                assert "Anna" in letter.html
