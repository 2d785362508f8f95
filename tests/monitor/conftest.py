"""Browsers of different people, as in the coordinator's tests."""

from tests.coordination.conftest import browse

__all__ = ["browse"]
