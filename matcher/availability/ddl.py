"""Nobody is in two places: the refusal of overlapping live bookings, on both engines."""

from sqlalchemy import DDL, event

from matcher.availability.models import Booking

# timestamptz ranges are refused as not immutable; a box over integers needs no extension (docs/decisions/0003).
POSTGRES = [
    f"ALTER TABLE bookings ADD CONSTRAINT ex_bookings_{party} EXCLUDE USING gist "
    f"(box(point(party_id, start_s), point(party_id, end_s - 0.001)) WITH &&) WHERE (live AND party = '{party}')"
    for party in ("person", "class", "place")
]

_OVERLAP = (
    "SELECT RAISE(ABORT, 'booking_overlap') WHERE EXISTS (SELECT 1 FROM bookings b WHERE b.live"
    " AND b.party = NEW.party AND b.party_id = NEW.party_id AND b.id IS NOT NEW.id"
    " AND b.start_s < NEW.end_s AND b.end_s > NEW.start_s)"
)
SQLITE = [
    f"CREATE TRIGGER tr_bookings_{verb} BEFORE {clause} ON bookings WHEN NEW.live BEGIN {_OVERLAP}; END"
    for verb, clause in (("insert", "INSERT"), ("update", "UPDATE OF live, party, party_id, start_s, end_s"))
]

for _statement in POSTGRES:
    event.listen(Booking.__table__, "after_create", DDL(_statement).execute_if(dialect="postgresql"))
for _statement in SQLITE:
    event.listen(Booking.__table__, "after_create", DDL(_statement).execute_if(dialect="sqlite"))
