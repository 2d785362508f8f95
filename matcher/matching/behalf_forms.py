"""The fields of a verb that a coordinator may take in somebody else's name."""

from datetime import datetime

from wtforms import HiddenField

from matcher.accounts.behalf_forms import HeardFields
from matcher.matching.behalf import SPEAKERS, OnBehalf
from matcher.matching.states import Side


class SpokenFields(HeardFields):
    """``behalf`` names the side and is empty for somebody who speaks for themselves."""

    behalf = HiddenField()

    def on_behalf(self, now: datetime) -> OnBehalf | None:
        if self.behalf.data not in {side.value for side in SPEAKERS}:
            return None
        heard = self.heard(now)
        return OnBehalf(side=Side(self.behalf.data), how=heard.how, at=heard.at, tell=heard.tell)
