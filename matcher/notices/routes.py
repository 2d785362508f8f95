"""Gathers the pages of this room: the inbox, how often one wants mail, what could not be delivered."""

from matcher.notices import dead_routes, mail_routes
from matcher.notices.inbox_routes import blueprint

__all__ = ["blueprint", "dead_routes", "mail_routes"]
