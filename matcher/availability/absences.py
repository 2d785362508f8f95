"""Who answers for whom while somebody is away, as plain values."""

from typing import NamedTuple


class StandIn(NamedTuple):
    """Somebody (`for_id`) of an organisation is away; `by_id`, a confirmed colleague, answers for them there."""

    for_id: int
    organisation_id: int
    by_id: int
    for_contact: bool
