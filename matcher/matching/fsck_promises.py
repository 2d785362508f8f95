"""More promises of the data, as questions to the database, and what to do about a broken one. Pure texts.

The SQL is that of both engines; `seconds_of(x)` stands for the seconds since 1970 of a moment. Whoever keeps a counter
or a copy of something adds its promise here and, when the copy can be made anew, its mend in `fsck_services`.
"""

PROMISES: dict[str, tuple[str, str]] = {
    "INV-2 bookings are of its people": (
        "A visit holds the time of its own guest.",
        "select b.id || '' from bookings b join matches m on m.id = b.match_id where b.live and b.party = 'person'"
        " and m.kind = 'guest_lecture' and b.party_id <> coalesce(m.visitor_id, m.professional_id, -1)",
    ),
    "INV-2 bookings cover the visit": (
        "The time a lesson holds covers the moment both sides chose.",
        "select b.id || '' from bookings b join matches m on m.id = b.match_id"
        " join match_moments t on t.match_id = m.id and t.chosen"
        " where b.live and b.party = 'person' and m.kind = 'guest_lecture'"
        " and (b.start_s > t.start_s or b.end_s < t.end_s)",
    ),
    "INV-4 approval has its event": (
        "Who stands as approver took the step of approving, and is none of the people of the match.",
        "select m.id || '' from matches m where m.approved_by_id is not null"
        " and m.state in ('approved','held','missed')"
        " and (m.approved_by_id in (coalesce(m.visitor_id, -1), coalesce(m.professional_id, -1),"
        " coalesce(m.teacher_id, -1)) or not exists (select 1 from match_events e where e.match_id = m.id"
        " and e.action = 'approve' and e.actor_id = m.approved_by_id))",
    ),
    "INV-5 steps are in the table": (
        "Every event is a step that the table of moves allows.",
        "select e.match_id || '#' || e.seq from match_events e left join allowed_transitions a"
        " on a.from_state = e.from_state and a.action = e.action and a.to_state = e.to_state"
        " where e.seq > 1 and a.action is null",
    ),
    "INV-6 numbers without a place": (
        "Only who takes a place has its number.",
        "select m.id || '' from matches m where m.place_no is not null and m.state not in"
        " ('accepted','approved','held')",
    ),
    "INV-7 every step is told": (
        "Every step that the asker must hear of has a notice.",
        "select e.match_id || '#' || e.seq from match_events e join matches m on m.id = e.match_id"
        " where e.action not in ('undo','supersede') and (e.role <> 'school' or e.action in ('approve','cancel'))"
        " and not exists (select 1 from outbox o where o.subject = 'match' and o.subject_id = e.match_id"
        " and o.seq = e.seq) and not m.generated and cast(e.details as text) not like '%\"registered\": true%'"
        " and coalesce(m.approved_rule, '') <> 'registered_afterwards'",
    ),
    "INV-7 told once": (
        "Nobody has the same notice of one step twice.",
        "select o.subject || ' ' || o.subject_id || '#' || o.seq || ' ' || o.template from outbox o"
        " where o.subject in ('match','message') group by o.subject, o.subject_id, o.seq, o.template, o.channel,"
        " o.address, coalesce(o.recipient_user_id, 0) having count(*) > 1",
    ),
    "INV-8 contact details": (
        "A notice of a match that was not approved carries nobody else's address.",
        "select o.id || '' from outbox o join match_events e on e.match_id = o.subject_id and e.seq = o.seq"
        " join matches m on m.id = e.match_id join requests r on r.id = m.request_id"
        " join users u on u.id in (m.professional_id, m.visitor_id, m.teacher_id, r.asked_by_id)"
        " where o.subject = 'match' and e.to_state not in ('approved','held','missed')"
        " and coalesce(o.recipient_user_id, 0) <> u.id and u.email <> o.address"
        " and (cast(o.params as text) like '%\"' || u.email || '\"%' or o.calendar like '%mailto:' || u.email || '%')",
    ),
    "INV-9 undone in time": (
        "Only the last step is undone, by who took it, within a minute.",
        "select e.match_id || '#' || e.seq from match_events e join match_events p"
        " on p.match_id = e.match_id and p.seq = e.seq - 1 where e.action = 'undo'"
        " and (p.action not in ('accept','decline','approve','reject')"
        " or seconds_of(e.at) - seconds_of(p.at) > 60 or e.actor_id is null"
        " or e.actor_id not in (coalesce(p.actor_id, -1), coalesce(p.on_behalf_by_id, -1)))",
    ),
    "INV-11 both sides said yes": (
        "An agreed match has the yes of the school and of the company, each given in a step of their own.",
        "select m.id || '' from matches m where m.state in ('accepted','approved','held')"
        " and (select count(*) from consents c where c.match_id = m.id and c.party in ('school','company')) <> 2"
        " union select c.match_id || '/' || c.party from consents c join match_events e"
        " on e.match_id = c.match_id and e.seq = c.seq where not"
        " ((e.role = c.party and e.action in ('propose','suggest_moment','accept'))"
        " or (e.role = 'coordinator' and e.action = 'accept'))",
    ),
    "INV-15 erased people are found nowhere": (
        "An erased person has no name, no address, no open offer, no role and no way to sign in.",
        "select u.id || '' from users u where u.erased_at is not null and (u.password_hash is not null"
        " or u.name <> '–' or u.phone is not null or u.email not like 'erased-%@erased.invalid'"
        " or exists (select 1 from offers o where o.person_id = u.id and o.state = 'open')"
        " or exists (select 1 from grants g where g.user_id = u.id and g.ended_at is null))",
    ),
    "reports follow a visit": (
        "Only an approved visit is reported on, and a held one has somebody who says so.",
        "select v.match_id || '/' || v.side from visit_reports v join matches m on m.id = v.match_id"
        " where m.state in ('proposed','declined','expired','withdrawn','rejected','superseded')"
        " union select m.id || '' from matches m where m.state = 'held' and not exists"
        " (select 1 from visit_reports v where v.match_id = m.id and v.happened)",
    ),
    "suggestion of the match": (
        "A match points at a suggestion of its own request and offer.",
        "select m.id || '' from matches m join suggestions s on s.id = m.suggestion_id"
        " join suggestion_runs n on n.id = s.run_id"
        " where s.offer_id <> m.offer_id or n.request_id <> m.request_id",
    ),
    "search key": (
        "People are found by what their open offers say: every topic of an open offer has its row, and no other.",
        "select 'offer ' || k.offer_id from offer_search k left join offers o on o.id = k.offer_id"
        " left join offer_topics t on t.offer_id = k.offer_id and t.topic_id = k.topic_id"
        " where o.id is null or o.state <> 'open' or t.offer_id is null or o.kind <> k.kind or o.lat <> k.lat"
        " or o.lon <> k.lon or o.travel_km <> k.travel_km or o.level_mask <> k.level_mask"
        " or (k.cell = 0 and o.delivery = 'on_site') or (k.cell <> 0 and o.delivery = 'online')"
        " union select 'offer ' || o.id from offers o join offer_topics t on t.offer_id = o.id"
        " where o.state = 'open' and not exists (select 1 from offer_search k where k.offer_id = o.id"
        " and k.topic_id = t.topic_id and k.kind = o.kind)",
    ),
    "ticks": (
        "Who was ticked is an offer of the kind that the request asks.",
        "select t.request_id || '/' || t.offer_id from request_ticks t left join requests r on r.id = t.request_id"
        " left join offers o on o.id = t.offer_id where r.id is null or o.id is null or r.kind <> o.kind",
    ),
    "letters under way": (
        "A letter that is being sent is lent to a worker for a known time.",
        "select o.id || '' from outbox o where o.state = 'inflight'"
        " and (o.lease_until is null or o.lease_token is null)",
    ),
    "sessions of people who may sign in": (
        "Somebody who was stopped or erased is signed in nowhere.",
        "select s.id from sessions s join users u on u.id = s.user_id"
        " where u.stopped_at is not null or u.erased_at is not null",
    ),
}

BY_HAND = (
    "Look at the history of these rows (`match_events`, `audit`) and at the newest backup. History is never mended by"
    " a command: restore the backup, or let somebody who knows the case take the next step on the site."
)
ADVICE: dict[str, str] = {
    "file": "Stop the service, keep the file as it is, and restore the newest backup.",
    "keys": "Rows were lost or written around the application: restore the newest backup.",
    "guards": "Run any command of this version on a copy; if they stay away, restore a backup into a new database.",
    "table of steps": "The database belongs to another version of the code: use the version that upgraded it.",
    "INV-3 approved visit has its people": "Ask the side that lacks somebody to name the person, on the match page.",
    "INV-4 approver is no party": "Have another coordinator look at these visits again; cancel them if need be.",
    "INV-7 notices of a step": "Tell these people yourself; the next step is told again by the service.",
    "INV-7 every step is told": "Tell these people yourself; the next step is told again by the service.",
    "INV-13 closed request": "Withdraw or cancel these matches on their page.",
    "bookings belong to an agreement": "`matcher fsck --mend` lets go of time that ended matches still hold. A match"
    " without bookings: ask both sides to move it to a moment again.",
}
