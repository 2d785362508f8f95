"""Databases with all topics in them: filled once per engine, every test rolls back."""

import shutil
from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from matcher.db import Database
from matcher.subjects.services import seed_topics


@pytest.fixture(scope="session")
def topics_database(
    engine_name: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    if engine_name == "sqlite":
        file = tmp_path_factory.mktemp("topics") / "topics.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), file)
        url = f"sqlite:///{file}"
    else:
        cluster = request.getfixturevalue("cluster")
        url = cluster.url(cluster.create(request.getfixturevalue("postgres_template")))
    opened = Database(url)
    with opened.write() as session:
        seed_topics(session)
    yield opened
    opened.dispose()


@pytest.fixture
def seeded(topics_database: Database) -> Iterator[Session]:
    """A write session on a database with all topics, which forgets everything at the end."""
    with topics_database.session(write=True) as session:
        yield session
        session.rollback()
