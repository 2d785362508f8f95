"""The half of a runbook that one side fills in."""

from collections.abc import Mapping

from wtforms import HiddenField, StringField, TextAreaField
from wtforms.validators import Length, Optional

from matcher.availability.states import Kind
from matcher.matching.behalf_forms import SpokenFields
from matcher.matching.runbook_wording import runbook_label
from matcher.matching.runbooks import LONGEST, Half, Item
from matcher.web.forms import MatcherForm, number_in


class RunbookForm(SpokenFields, MatcherForm):
    """One field for each line there may be; the page shows those of this half. Their labels depend on the visit."""

    version = HiddenField()
    receives = StringField(validators=[Optional(), Length(max=200)])
    room = StringField(validators=[Optional(), Length(max=200)])
    adult = StringField(validators=[Optional(), Length(max=200)])
    link = StringField(validators=[Optional(), Length(max=LONGEST)])
    equipment = TextAreaField(validators=[Optional(), Length(max=LONGEST)])
    way_in = TextAreaField(validators=[Optional(), Length(max=LONGEST)])
    brings = TextAreaField(validators=[Optional(), Length(max=LONGEST)])
    pupils = TextAreaField(validators=[Optional(), Length(max=LONGEST)])

    def show(self, half: Half, kind: Kind) -> None:
        """The words of this visit at the fields; what is known already, where nothing was typed."""
        is_new = self.version.data is None
        for item in half.items:
            self[item.value].label.text = runbook_label(item, kind, half.side)
            if is_new:
                self[item.value].data = half.said.get(item, "")
        if is_new:
            self.version.data = str(half.version)

    @property
    def said(self) -> Mapping[Item, str]:
        return {item: self[item.value].data or "" for item in Item}

    @property
    def seen_version(self) -> int:
        return number_in(self.version.data) or 0
