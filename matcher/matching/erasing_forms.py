"""Saying once more that an account may go."""

from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length

from matcher.i18n import _, _l
from matcher.web.forms import MatcherForm


class PasswordForm(MatcherForm):
    password = PasswordField(
        _l("Your password"), validators=[InputRequired(_l("Fill in your password.")), Length(max=256)]
    )


class WordForm(MatcherForm):
    """For who signs in by mail: a word that nobody types by accident."""

    word = StringField(
        _l("Type the word “delete”"),
        validators=[InputRequired(_l("Type the word exactly as it stands here.")), Length(max=20)],
    )

    @property
    def is_the_word(self) -> bool:
        return (self.word.data or "").strip().casefold() == _("delete").casefold()
