"""What the database itself refuses: rewriting the history of a route."""

from matcher.db import append_only
from matcher.qualifications.models import TeachingRouteRevision

append_only(TeachingRouteRevision)
