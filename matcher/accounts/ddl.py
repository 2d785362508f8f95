"""The log of security events cannot be altered."""

from matcher.accounts.models import Audit
from matcher.db import append_only

append_only(Audit)
