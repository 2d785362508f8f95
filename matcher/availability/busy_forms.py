"""A person's own calendar, as a file or as text. Shape only."""

from flask_wtf.file import FileField
from wtforms import HiddenField, TextAreaField
from wtforms.validators import Optional

from matcher.i18n import _l
from matcher.web.forms import MatcherForm


class CalendarForm(MatcherForm):
    file = FileField(_l("Calendar file"), description=_l("A file that ends in .ics, at most 2 MB."))
    text = TextAreaField(
        _l("Or paste what is in it"),
        validators=[Optional()],
        description=_l("It begins with BEGIN:VCALENDAR."),
        render_kw={"spellcheck": "false", "autocomplete": "off"},
    )

    @property
    def content(self) -> bytes:
        """What was sent: the file when there is one, one byte more than is read at most."""
        if self.file.data:
            return bytes(self.file.data.read(2 * 1024 * 1024 + 1))
        return (self.text.data or "").encode("utf-8", "replace")


class KeepForm(MatcherForm):
    """What was found and looked at."""

    blocks = HiddenField(validators=[Optional()])
