"""What gunicorn serves in a test: the application on the test's database, at the hour of the tests."""

import os
from datetime import timedelta
from pathlib import Path

import time_machine

from matcher import create_app, db
from matcher.config import Settings
from tests.factories import NOW

# Ahead of the test that started it: a cookie from the future is refused.
time_machine.travel(NOW + timedelta(minutes=1), tick=True).start()
db.PG_LOCK_TIMEOUT_MS = int(os.environ.get("MATCHER_TEST_LOCK_MS", db.PG_LOCK_TIMEOUT_MS))
app = create_app(
    Settings(
        var=Path(os.environ["MATCHER_TEST_VAR"]),
        database_url=os.environ["MATCHER_TEST_DATABASE"],
        testing=True,
        limits_url="",
    )
)
app.config.update(PROPAGATE_EXCEPTIONS=False, TESTING=False)
