"""Builders of real rows with sensible values. They flush and never commit; every argument can be given otherwise."""

from datetime import UTC, datetime

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
"""The present of the tests: a Monday in a lesson week, nine o'clock on Dutch clocks."""
