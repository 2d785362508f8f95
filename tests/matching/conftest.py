"""What several tests of matches need."""

import pytest

from matcher import db

PATIENCE_MS = 30_000


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a rush on a busy machine the last of many waits long; the database sends nobody away before that."""
    monkeypatch.setattr(db, "PG_LOCK_TIMEOUT_MS", PATIENCE_MS)
    monkeypatch.setattr(db, "LONGEST_WAIT_S", 10 * PATIENCE_MS / 1000)
