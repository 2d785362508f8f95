"""Gathers the pages of this room: matches, and requests after their draft."""

from matcher.matching import request_routes
from matcher.matching.match_routes import blueprint

__all__ = ["blueprint", "request_routes"]
