"""What a request said cannot be altered, but for the words of somebody whose account was erased."""

from matcher.accounts.erased_ddl import words_emptied
from matcher.db import append_only
from matcher.requests.models import RequestRevision

_REQUEST = "from requests r where r.id = OLD.request_id"
_OWNERS = f"OLD.by_id, (select r.asked_by_id {_REQUEST})"
_EARLIER = f"select cast(r.details as text) {_REQUEST}"
MAY_CHANGE = {engine: words_emptied(RequestRevision, engine, _OWNERS, _EARLIER) for engine in ("sqlite", "postgresql")}

append_only(RequestRevision, MAY_CHANGE)
