"""Saying once more that an account may go."""

from wtforms import PasswordField, StringField
from wtforms.validators import Length, Optional

from matcher.i18n import _, _l
from matcher.web.forms import MatcherForm


class EraseForm(MatcherForm):
    """The password, or for who signs in by mail a word that nobody types by accident."""

    password = PasswordField(_l("Your password"), validators=[Optional(), Length(max=256)])
    word = StringField(_l("Type the word"), validators=[Optional(), Length(max=20)])

    @property
    def has_word(self) -> bool:
        return (self.word.data or "").strip().casefold() == _("delete").casefold()
