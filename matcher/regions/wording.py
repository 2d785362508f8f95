"""How a region is called where people see it."""

from matcher.i18n import _
from matcher.regions.tree import COUNTRY_NAME


def shown_name(name: str) -> str:
    """The country has a name in each language; regions are called the same in all."""
    return _("The Netherlands") if name == COUNTRY_NAME else name
