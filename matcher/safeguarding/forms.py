"""What people fill in about safety: what the board asks, what was seen, a report of concern."""

from wtforms import BooleanField, DateField, IntegerField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from matcher.i18n import _l
from matcher.web.forms import MatcherForm


class BoardRuleForm(MatcherForm):
    asks_vog = BooleanField(_l("Our board asks a VOG of guest teachers, also while a teacher stays in the room"))
    max_age_weeks = IntegerField(
        _l("At most how many weeks old"), validators=[Optional(), NumberRange(1, 260)], default=52
    )


class ProofForm(MatcherForm):
    issued_on = DateField(_l("Date on the VOG"), validators=[InputRequired(_l("Fill in the date on the VOG."))])
    valid_until = DateField(
        _l("Counts here until"),
        description=_l("Your board decides how long. Many choose a year."),
        validators=[InputRequired(_l("Fill in until when it counts."))],
    )


class ReportForm(MatcherForm):
    body = TextAreaField(
        _l("What happened?"),
        description=_l("Only the regional coordinator and the administrators can read this. In danger? Call 112."),
        validators=[InputRequired(_l("Write what happened.")), Length(max=4000)],
    )
