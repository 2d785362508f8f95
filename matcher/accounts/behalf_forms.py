"""What a coordinator fills in beside somebody else's words: how they came, when, and whether that person is mailed."""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from wtforms import BooleanField, DateField, RadioField
from wtforms.validators import Optional

from matcher.accounts.behalf import Heard, How
from matcher.clock import AMSTERDAM, local_date
from matcher.i18n import _l
from matcher.web.forms import choices

KEPT = "heard"
"""Under this name routes keep, in the cookie, how the last thing came."""
HOWS = {How.PHONE: _l("By phone"), How.MAIL: _l("By mail"), How.IN_PERSON: _l("In person")}


class HeardFields:
    """Fields for any form that may be filled in for somebody else."""

    how = RadioField(
        _l("How did you hear it?"),
        choices=choices((how.value, label) for how, label in HOWS.items()),
        default=How.PHONE.value,
    )
    heard_on = DateField(_l("When?"), validators=[Optional()], description=_l("Empty means today."))
    tell = BooleanField(_l("Also send this person the mails about it"))

    def heard(self, now: datetime) -> Heard:
        """Today means now; another day its noon, because nobody remembers the minute."""
        day = self.heard_on.data or local_date(now)
        at = now if day == local_date(now) else datetime.combine(day, time(12), AMSTERDAM)
        return Heard(how=How(self.how.data or How.PHONE), at=at, tell=bool(self.tell.data))

    def kept(self, now: datetime) -> dict[str, str]:
        """For the next thing she writes down today: a pile of mails came the same way, mostly on the same day."""
        day = self.heard_on.data
        return {"how": self.how.data, "on": day.isoformat() if day else "", "at": local_date(now).isoformat()}

    def show_heard(self, details: Mapping[str, Any] | None) -> None:
        """As it was written down with a draft that is not sent yet."""
        if details:
            self.how.data, self.tell.data = details["how"], details["tell"]
            self.heard_on.data = local_date(datetime.fromisoformat(details["at"]))

    def recall(self, kept: Mapping[str, str] | None, now: datetime) -> None:
        """As the one before, on the day she wrote that down. Who is mailed is always said again."""
        if kept and kept["at"] == local_date(now).isoformat():
            self.how.data = kept["how"]
            self.heard_on.data = date.fromisoformat(kept["on"]) if kept["on"] else None
