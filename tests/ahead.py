"""Plays a run on a later day: `make test ARGS="-p tests.ahead"`.

A test that mixes the day it plays on with the clock of the machine holds today and fails on a day that nobody chose.
Only this process is on that day; a server of its own that a test starts keeps the clock of the machine.
"""

import os
from datetime import UTC, datetime, timedelta

import time_machine

DAYS = int(os.environ.get("MATCHER_TEST_DAYS_AHEAD", "301"))
"""43 weeks: into the next school year, on the same day of the week."""

time_machine.travel(datetime.now(UTC) + timedelta(days=DAYS), tick=True).start()
