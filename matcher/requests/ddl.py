"""What a request said cannot be altered."""

from matcher.db import append_only
from matcher.requests.models import RequestRevision

append_only(RequestRevision)
