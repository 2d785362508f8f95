"""Imports every room's tables, so that ``Base.metadata`` is whole for migrations, fsck and tests."""

import matcher.accounts.ddl
import matcher.accounts.models
import matcher.availability.ddl
import matcher.availability.models
import matcher.coordination.models
import matcher.jobs.models
import matcher.matching.budget_models
import matcher.matching.ddl
import matcher.matching.feed_models
import matcher.matching.forgotten_models
import matcher.matching.model_models
import matcher.matching.models
import matcher.matching.runbook_models
import matcher.matching.suggestion_models
import matcher.notices.models
import matcher.offers.ddl
import matcher.offers.models
import matcher.organisations.models
import matcher.qualifications.ddl
import matcher.qualifications.models
import matcher.regions.models
import matcher.requests.ddl
import matcher.requests.models
import matcher.safeguarding.models
import matcher.subjects.models  # noqa: F401  (imported for their tables)
from matcher.db import Base

metadata = Base.metadata
