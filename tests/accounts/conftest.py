"""People with passwords, and what the outbox says to them."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from matcher.accounts.passwords import Passwords
from matcher.db import Database
from matcher.notices.models import Outbox
from tests.factories.people import make_user

PASSWORD = "drie groene fietsen"
HASHED = Passwords(cheap=True).hash(PASSWORD)


@pytest.fixture
def anna(sqlite_database: Database) -> int:
    """Anna's number; her address is anna@demo.example."""
    with sqlite_database.write() as session:
        return make_user(session, email="anna@demo.example", name="Anna de Vries", password_hash=HASHED).id


@pytest.fixture
def mails(sqlite_database: Database) -> Callable[[], list[Outbox]]:
    """Every waiting or sent mail, the oldest first."""

    def read() -> list[Outbox]:
        with sqlite_database.read() as session:
            return list(session.scalars(select(Outbox).where(Outbox.channel == "mail").order_by(Outbox.id)))

    return read


@pytest.fixture
def sign_in(client: FlaskClient) -> Callable[..., Any]:
    def post(email: str = "anna@demo.example", password: str = PASSWORD, **more: str) -> Any:
        return client.post("/accounts/sign-in", data={"email": email, "password": password, **more})

    return post
