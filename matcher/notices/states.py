"""What a letter may do to its reader, how often a person wants mail, and why a letter never arrived. Pure."""

from enum import StrEnum


class Manner(StrEnum):
    """How a letter goes out. What has a deadline or changes an appointment is never kept waiting."""

    SECURITY = "security"  # at once and always tried, also where an address was refused before
    AT_ONCE = "at_once"
    NEWS = "news"  # may wait for the mail in which a person gets everything together
    OPTIONAL = "optional"  # may wait, and whoever does not want it gets none


MAY_WAIT = frozenset({Manner.NEWS, Manner.OPTIONAL})


class Rhythm(StrEnum):
    """How often somebody gets mail about what may wait."""

    AT_ONCE = "at_once"
    DAILY = "daily"
    WEEKLY = "weekly"
    NEVER = "never"  # reads it on the site


TOGETHER = frozenset({Rhythm.DAILY, Rhythm.WEEKLY})


class DeadReason(StrEnum):
    """Why nobody gets a letter unless somebody acts."""

    ADDRESS_REFUSED = "address_refused"  # the mail server does not know the address
    REFUSED_BEFORE = "refused_before"  # it said so of this address shortly before
    NO_ADDRESS = "no_address"  # this is no mail address
    MAIL_REFUSED = "mail_refused"  # too large, or not wanted
    GAVE_UP = "gave_up"  # tried for three days
    UNREADABLE = "unreadable"  # a fault of ours


class Stop(StrEnum):
    """What a link in a mail puts an end to."""

    TOGETHER = "together"
    OPTIONAL = "optional"
