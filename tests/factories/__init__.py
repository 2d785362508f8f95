"""Builders of real rows with sensible values. They flush and never commit; every argument can be given otherwise."""

from datetime import UTC, datetime

NOW = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
"""A Monday in a lesson week, 10:00 on Dutch clocks: the present of tests that have no reason for another."""
