"""One page of open requests nearby in the reader's language; who asks is named only for confirmed readers."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.models import User
from matcher.availability.halfday_wording import half_days_label
from matcher.availability.states import Kind
from matcher.availability.wording import moment_label
from matcher.i18n import _, current_locale, ngettext
from matcher.matching.eligibility import OPEN_STATES, MomentState
from matcher.matching.kind_words import words_of
from matcher.matching.labels import KINDS
from matcher.matching.nearby_views import Fit, NearbyRow
from matcher.matching.nearby_wording import own_never, own_reasons
from matcher.matching.running_ranker import RULE
from matcher.matching.stay_wording import suits_label
from matcher.matching.wording import Names, fit_blocks, fit_words
from matcher.offers.models import Offer
from matcher.organisations.models import Organisation
from matcher.requests.internship_wording import asked_line
from matcher.requests.models import Request
from matcher.requests.queries import moments_of
from matcher.requests.vacancy_wording import half_days_a_week
from matcher.subjects.levels import Level, group_name
from matcher.subjects.queries import topic_names

MOST_MOMENTS = 4
ICONS = {Kind.GUEST_LECTURE: "presentation", Kind.TEACHER_INTERNSHIP: "briefcase"}


def nearby_rows(session: Session, fits: Sequence[Fit], *, names: bool, now: datetime) -> list[NearbyRow]:
    """Without `names` the school and the teacher stay unnamed and distances are rounded to five kilometres."""
    ids = [fit.request_id for fit in fits]
    query = (
        select(Request, Organisation, User.name)
        .join(Organisation, Organisation.id == Request.organisation_id)
        .join(User, User.id == Request.asked_by_id)
        .where(Request.id.in_(ids))
    )
    rows = {row.Request.id: row for row in session.execute(query)}
    titles = dict(
        session.execute(select(Offer.id, Offer.title).where(Offer.id.in_({fit.offer_id for fit in fits}))).all()
    )
    moments = moments_of(session, ids)
    topics = topic_names(session, _topics_in(fits), current_locale())
    found = []
    for fit in fits:
        request, school, asker = rows[fit.request_id]
        stays = request.kind is Kind.TEACHER_INTERNSHIP
        labels = {moment.id: moment_label(moment.day, moment.periods, now) for moment in moments[request.id]}
        own = [key for key, state in fit.moments.items() if MomentState(state) in OPEN_STATES]
        words = Names(topics, labels, request.kind)
        possible = [asked_line(request, now), suits_label(fit.moments.values())] if stays else []
        if request.kind is Kind.HYBRID_PLACEMENT:
            possible = [half_days_a_week(round(request.days or 1)), half_days_label(request.half_day_mask or 0)]
        found.append(
            NearbyRow(
                request_id=request.id,
                title=request.title,
                icon=ICONS.get(request.kind, "users"),
                sub=_sub(request),
                school=school.name if names else None,
                place=school.place or "",
                near=_near(fit, exact=names),
                asker=asker if names else None,
                own_words=request.own_words if names else "",
                moments=possible or _few([labels[key] for key in sorted(own, key=list(labels).index)]),
                reasons=own_reasons(fit.reasons, words, fit.against),
                against=own_reasons(fit.against, words),
                blocks=fit_blocks(fit.score, RULE.name),
                fit=fit_words(fit.score, RULE.name),
                offer_id=fit.offer_id,
                offer_title=titles[fit.offer_id],
                obstacle=own_never(fit.obstacles[0]) if fit.obstacles else None,
                words=words_of(request.kind),
            )
        )
    return found


def _topics_in(fits: Sequence[Fit]) -> set[int]:
    codes = [params for fit in fits for _code, params in (*fit.reasons, *fit.against)]
    return {params["topic"] for params in codes if isinstance(params, dict) and params.get("topic")}


def _sub(request: Request) -> str:
    parts = [str(KINDS[request.kind])]
    if request.level in set(Level):
        parts.append(group_name(Level(request.level), request.year, current_locale()))
    if request.group_size:
        parts.append(ngettext("%(num)s pupil", "%(num)s pupils", request.group_size))
    return " · ".join(parts)


def _near(fit: Fit, *, exact: bool) -> str:
    if fit.online:
        return _("online")
    km = round(fit.distance_km) if exact else 5 * max(1, round(fit.distance_km / 5))
    return _("less than 1 km away") if km < 1 else _("about %(km)s km away", km=km)


def _few(labels: list[str]) -> list[str]:
    if len(labels) <= MOST_MOMENTS:
        return labels
    rest = len(labels) - MOST_MOMENTS + 1
    more = ngettext("and %(num)s more moment", "and %(num)s more moments", rest)
    return [*labels[: MOST_MOMENTS - 2], " ".join([labels[MOST_MOMENTS - 2], more])]
