"""One form with every kind of field, for the styleguide."""

from wtforms import BooleanField, IntegerField, RadioField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import DataRequired

from matcher.i18n import _l
from matcher.web.forms import MatcherForm, choices


class ExampleForm(MatcherForm):
    """Shown, never sent."""

    topic = StringField(_l("Topic"), [DataRequired()], description=_l("In your own words, for example “heat pumps”."))
    size = IntegerField(_l("Number of pupils"), [DataRequired(_l("Fill in how many pupils there are."))])
    level = SelectField(_l("Level"), choices=choices([("havo", "havo"), ("vwo", "vwo"), ("vmbo_kb", "vmbo-kb")]))
    words = TextAreaField(_l("What do you want the guest to tell?"), description=_l("The guest reads this."))
    delivery = RadioField(
        _l("Where?"),
        [DataRequired()],
        choices=choices([("on_site", _l("At school")), ("online", _l("Online")), ("either", _l("Both are fine"))]),
        default="on_site",
    )
    languages = SelectMultipleField(
        _l("Languages"), choices=choices([("nl", "Nederlands"), ("en", "English"), ("fy", "Frysk")])
    )
    stays = BooleanField(_l("I stay in the room during the lesson"), default=True)
    half_days = SelectMultipleField(
        _l("Half-days"), coerce=int, choices=choices([]), default=(1, 8), validate_choice=False
    )
