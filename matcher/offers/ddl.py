"""What an offer said cannot be altered, but for the words of somebody whose account was erased."""

from matcher.accounts.erased_ddl import words_emptied
from matcher.db import append_only
from matcher.offers.models import OfferRevision

_OWNERS = "OLD.by_id, (select o.person_id from offers o where o.id = OLD.offer_id)"
# A place names who guides the teacher: that name goes with the account.
_GUIDE = {
    "sqlite": "json_extract(OLD.snapshot, '$.details.supervisor_id')",
    "postgresql": "cast(OLD.snapshot->'details'->>'supervisor_id' as integer)",
}
MAY_CHANGE = {engine: words_emptied(OfferRevision, engine, f"{_OWNERS}, {guide}") for engine, guide in _GUIDE.items()}

append_only(OfferRevision, MAY_CHANGE)
