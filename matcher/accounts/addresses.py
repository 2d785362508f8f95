"""Mail addresses in the one form in which they are compared. Pure; how an address is written stays with the user."""

import unicodedata

from email_validator import EmailNotValidError, validate_email

from matcher.errors import InvalidInput
from matcher.i18n import _l

MALFORMED = _l("This is not a mail address. Example: name@school.nl")


def email_key(address: str) -> str:
    """NFKC, case-folded, domain in ASCII: equal keys mean one person. Never fails, also for what is no address."""
    # Normal forms of some signs begin with a space, and a domain loses its soft hyphens: trimming comes after both.
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", address).casefold()).strip()
    local, at, domain = folded.rpartition("@")
    try:
        plain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        plain = domain
    return f"{local}{at}{plain}".strip()


def checked_address(address: str) -> str:
    """The address as it may be mailed. Raises InvalidInput on one that cannot exist; the network is not asked."""
    try:
        found = validate_email(address.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError as wrong:
        raise InvalidInput(MALFORMED, field="email") from wrong
    return found.normalized


def domain_of(address: str) -> str:
    """`school.nl` of `name@school.nl`."""
    return email_key(address).rpartition("@")[2]
