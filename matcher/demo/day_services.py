"""Plans for the day of visits that come: most schools filled in their half, some guests did. Flushes only."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from matcher.accounts.queries import actor_for
from matcher.demo.world import World
from matcher.matching.models import Match, MatchMoment
from matcher.matching.runbook_services import fill_in
from matcher.matching.runbooks import Item
from matcher.matching.states import MatchState
from matcher.requests.models import Request

SAID = {
    Item.RECEIVES: ("De conciërge, bij de balie", "Ikzelf, in de hal", "Een leerling van de klas, bij de hoofdingang"),
    Item.ROOM: ("B12, eerste verdieping", "Het technieklokaal", "De aula"),
    Item.EQUIPMENT: (
        "Digibord met geluid, wifi voor gasten",
        "Beamer, HDMI, stopcontacten achterin",
        "Scherm en water",
    ),
    Item.WAY_IN: (
        "Parkeren achter de school, melden bij de balie",
        "Betaald parkeren in de straat, ingang aan het plein",
        "Fietsen voor de deur, auto's op het parkeerdek",
    ),
    Item.BRINGS: ("Gereedschap en een korte film", "Een doos met onderdelen", "Niets"),
    Item.PUPILS: ("Drie vragen opschrijven", "Een laptop meenemen", "Niets"),
}


def plan_days(session: Session, world: World) -> None:
    """Two of three schools and every other guest, so that there is something missing too."""
    query = (
        select(Match, Request.asked_by_id)
        .join(Request, Request.id == Match.request_id)
        .join(MatchMoment, (MatchMoment.match_id == Match.id) & MatchMoment.chosen)
        .where(Match.state == MatchState.APPROVED, MatchMoment.start_s > world.now.timestamp())
        .order_by(Match.id)
    )
    for number, (match, asked_by) in enumerate(session.execute(query).all()):
        said = {item: texts[number % len(texts)] for item, texts in SAID.items()}
        at = world.now - timedelta(hours=2)
        if number % 3:
            fill_in(session, match.id, said, version=0, actor=actor_for(session, asked_by), now=at)
        if number % 2 and match.visitor_id is not None:
            fill_in(session, match.id, said, version=0, actor=actor_for(session, match.visitor_id), now=at)
