"""What people choose about their mail."""

from wtforms import BooleanField, RadioField
from wtforms.validators import InputRequired

from matcher.i18n import _l
from matcher.notices.states import Rhythm
from matcher.notices.wording import RHYTHMS
from matcher.web.forms import MatcherForm, choices


class MailForm(MatcherForm):
    rhythm = RadioField(
        _l("How often do you want mail about news?"),
        choices=choices((rhythm.value, label) for rhythm, label in RHYTHMS.items()),
        validators=[InputRequired(_l("Choose how often."))],
    )
    extras = BooleanField(
        _l("Also tips and reminders"),
        description=_l("For example a reminder of a question that still waits for you."),
    )

    @property
    def wanted(self) -> Rhythm:
        return Rhythm(self.rhythm.data)
