"""What a coordinator sends to bring a list in. Shape only."""

from typing import Any

from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, RadioField
from wtforms.validators import InputRequired

from matcher.i18n import _l
from matcher.organisations.columns import ImportKind
from matcher.web.forms import MatcherForm, choices

KINDS: dict[ImportKind, Any] = {
    ImportKind.PEOPLE: _l("Organisations and people"),
    ImportKind.OFFERS: _l("Lessons that people offer"),
    ImportKind.VISITS: _l("Visits that took place"),
}
EVERYTHING = "all"


class UploadForm(MatcherForm):
    kind = RadioField(_l("What is in the list?"), validators=[InputRequired(_l("Choose one."))])
    file = FileField(
        _l("Your file"),
        description=_l("Excel (.xlsx) or CSV, as it is. You see first what we make of it."),
        validators=[FileRequired(_l("Choose a file."))],
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.kind.choices = choices([(EVERYTHING, _l("Everything in it, one after the other")), *KINDS.items()])
        if self.kind.data is None:
            self.kind.data = EVERYTHING


class ApplyForm(MatcherForm):
    notice = BooleanField(
        _l("Send the privacy notice"),
        description=_l("One mail to everybody in this list who never got it. Without it nobody gets a mail."),
    )
