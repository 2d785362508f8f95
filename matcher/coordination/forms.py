"""What a coordinator chooses for a region. Shape only."""

from wtforms import RadioField
from wtforms.validators import InputRequired

from matcher.availability.states import Kind
from matcher.coordination.wording import APPROVALS
from matcher.i18n import _l
from matcher.matching.labels import KINDS
from matcher.web.forms import MatcherForm, choices


class ApprovalRuleForm(MatcherForm):
    kind = RadioField(_l("For"), validators=[InputRequired(_l("Choose a kind."))])
    value = RadioField(_l("How approval is given"), validators=[InputRequired(_l("Choose one."))])

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.kind.choices = choices((kind.value, KINDS[kind]) for kind in Kind)
        self.value.choices = choices(APPROVALS.items())
