"""What happened to an organisation, in words."""

from matcher.i18n import _l

ACTIONS = {
    "organisation_added": _l("Added by hand"),
    "organisation_registered": _l("Registered"),
    "organisation_verified": _l("Checked and found good"),
    "organisation_refused": _l("Not taken in"),
    "organisation_stopped": _l("Stopped"),
    "organisation_resumed": _l("Allowed again"),
    "member_confirmed": _l("A member was confirmed"),
    "member_refused": _l("A member was refused"),
    "member_left": _l("A member left"),
    "settings_changed": _l("Settings changed"),
    "lesson_times_changed": _l("Lesson times changed"),
    "partnership_proposed": _l("A standing partnership was proposed"),
    "partnership_confirmed": _l("A standing partnership was confirmed"),
    "partnership_ended": _l("A standing partnership ended"),
    "calendar_changed": _l("Year calendar changed"),
}
