"""What an offer said cannot be altered."""

from matcher.db import append_only
from matcher.offers.models import OfferRevision

append_only(OfferRevision)
