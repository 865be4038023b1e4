"""Switches and people in the middle of a run."""

import collections
import contextlib
import itertools
import random
import threading

import psycopg2
import pytest
from portrait import differences, portrait

from district import District

SLUG = "maple"
PLACES = {
    "staging": ("stage.enrollment", "INSERT", "NEW.line > 20"),
    "planning": ("rosterd.run", "UPDATE", "NEW.state = 'planning'"),
    "applying": ("audit.change", "INSERT", "true"),
}


@pytest.fixture
def day_one(daemon, districts, package):
    districts.add(SLUG)
    districts.put(SLUG, package(District(80, 41)))
    return districts.wait_run(SLUG)["run_id"]


# rule: OFF-1
@pytest.mark.parametrize("place", PLACES)
def test_switched_off_in_mid_run(districts, gate, package, day_one, place):
    before = portrait(districts.cluster, districts.database, SLUG)
    barrier = gate()
    table, event, when = PLACES[place]
    barrier.on_row(table, when, event)
    districts.put(SLUG, package(District(80, 41, day=2)), "day2.zip")
    barrier.wait()
    # The UPDATE returns at once although the run is under way; from here on nothing may be applied.
    districts.sql("SET statement_timeout = '5s'; UPDATE rosterd.district SET sync_enabled = false, note = 'test' "
                  "WHERE slug = %s", (SLUG,))
    barrier.open()
    run = districts.wait_run(SLUG, ("cancelled",), after=day_one)
    assert run["reason"] == "config.switched_off"
    assert differences(before, portrait(districts.cluster, districts.database, SLUG)) == []
    assert districts.value("SELECT count(*) FROM audit.change WHERE run_id = %s", (run["run_id"],)) == 0


# rule: OFF-1
def test_paused_in_mid_run_and_resumed(daemon, districts, gate, package, day_one):
    barrier = gate()
    barrier.on_row(*[PLACES["staging"][n] for n in (0, 2, 1)])
    districts.put(SLUG, package(District(80, 41, day=2)), "day2.zip")
    barrier.wait()
    status, answer = daemon.post(f"/v1/districts/{SLUG}/pause",
                                 {"until": "2099-01-01T00:00:00Z", "reason": "holidays"})
    assert status == 200, answer
    barrier.open()
    run = districts.wait_run(SLUG, ("cancelled",), after=day_one)
    assert daemon.post(f"/v1/districts/{SLUG}/resume")[0] == 200
    districts.wait_run(SLUG, ("done",), after=run["run_id"])


# rule: ACC-2, SAFE-8, UPD-4
def test_invitee_accepts_in_mid_run_and_keeps_their_mail(districts, gate, package, day_one):
    """The plan still sees an invitee whose name and phone change; then they accept."""
    district = districts.ident(SLUG)
    day2 = District(80, 41, day=2)
    who = day2.story["new_phone"]
    day2.tables["users"][who][8] = "Renamed"  # givenName
    barrier = gate()
    barrier.on_row("rosterd.run", "NEW.state = 'applying'", "UPDATE")
    districts.put(SLUG, package(day2), "day2.zip")
    barrier.wait()
    secret = districts.value(
        "SELECT i.secret FROM directory.invitation AS i JOIN directory.person AS p USING (district_id, person_id) "
        "WHERE i.district_id = %s AND p.sourced_id = %s AND i.kind = 'email' AND i.state = 'open'", (district, who))
    person = districts.value("SELECT api.accept_invitation(%s, %s)", (district, secret))
    districts.sql("UPDATE directory.credential SET value = 'mine@new.example' WHERE district_id = %s "
                  "AND person_id = %s AND kind = 'email'", (district, person))
    barrier.open()
    districts.wait_run(SLUG, after=day_one)
    rows = districts.sql("SELECT kind, value FROM directory.credential WHERE district_id = %s AND person_id = %s",
                         (district, person))
    assert ("email", "mine@new.example") in rows
    assert ("phone", "+16462210199") not in rows
    name, status = districts.sql("SELECT given_name, status FROM directory.person WHERE district_id = %s "
                                 "AND person_id = %s", (district, person))[0]
    assert name != "Renamed" and status == "active"


# rule: SAFE-8
def test_invitee_accepts_while_the_run_holds_the_gate(districts, gate, package, day_one):
    """The run holds the district's gate: the call says "busy", and works right after."""
    import psycopg2
    district = districts.ident(SLUG)
    who = District(80, 41).story["share_email"][0]
    barrier = gate()
    barrier.on_row("audit.change", "true", "INSERT")
    districts.put(SLUG, package(District(80, 41, day=2)), "day2.zip")
    barrier.wait()
    secret = districts.value(
        "SELECT i.secret FROM directory.invitation AS i JOIN directory.person AS p USING (district_id, person_id) "
        "WHERE i.district_id = %s AND p.sourced_id = %s AND i.state = 'open'", (district, who))
    with pytest.raises(psycopg2.Error) as refused:
        districts.value("SELECT api.accept_invitation(%s, %s)", (district, secret))
    assert refused.value.pgcode == "RS012"
    barrier.open()
    districts.wait_run(SLUG, after=day_one)
    assert districts.value("SELECT api.accept_invitation(%s, %s)", (district, secret))


ACTS = [  # picked at random; the person or classroom too. What a rule refuses is an answer as well.
    "SELECT api.accept_invitation(%(d)s, (SELECT secret FROM directory.invitation WHERE district_id = %(d)s AND state = 'open' ORDER BY random() LIMIT 1))",
    "SELECT api.edit_person(%(d)s, %(leader)s, %(guardian)s, 'Hand', NULL, NULL, NULL, NULL)",
    "SELECT api.edit_person(%(d)s, %(leader)s, %(student)s, 'Hand', NULL, NULL, NULL, NULL)",
    "SELECT api.update_account(%(d)s, %(guardian)s, 'Own', NULL, %(mail)s, NULL, NULL)",
    "SELECT api.add_guardian(%(d)s, %(leader)s, %(student)s, 'Nan', 'Hand', %(mail)s, NULL, NULL)",
    "SELECT api.remove_guardian(%(d)s, %(leader)s, %(student)s, %(guardian)s)",
    "SELECT api.rename_classroom(%(d)s, %(leader)s, %(room)s, 'Ours')",
    "SELECT api.archive_classroom(%(d)s, %(leader)s, %(room)s)",
    "SELECT api.unarchive_classroom(%(d)s, %(leader)s, %(room)s)",
    "SELECT api.add_student(%(d)s, %(leader)s, %(room)s, %(student)s)",
    "SELECT api.remove_member(%(d)s, %(leader)s, %(room)s, %(student)s)",
    "SELECT api.enable_student_account(%(d)s, %(leader)s, %(student)s)",
    "SELECT api.outbox_sent(%(d)s, ARRAY(SELECT o.id FROM api.take_outbox(%(d)s, 20) AS o ORDER BY random()))",
]
PICK = """SELECT (SELECT student_id FROM directory.guardianship WHERE district_id = %(d)s ORDER BY random() LIMIT 1),
    (SELECT guardian_id FROM directory.guardianship WHERE district_id = %(d)s ORDER BY random() LIMIT 1),
    (SELECT classroom_id FROM directory.classroom WHERE district_id = %(d)s ORDER BY random() LIMIT 1)"""


# rule: SAFE-8
def test_two_runs_and_fifty_people_at_once(daemon, districts, package):
    """Nobody is told of a deadlock, neither the people nor the runs, nor does PostgreSQL see one."""
    slugs, day_two, before = ("ash", "elm"), {}, {}
    for number, slug in enumerate(slugs):
        districts.add(slug)
        districts.put(slug, package(District(150, 60 + number)))
        day_two[slug] = package(District(150, 60 + number, day=2, churn=True))
    ids, leaders = {}, {}
    for slug in slugs:
        before[slug] = districts.wait_run(slug)["run_id"]
        d = ids[slug] = districts.ident(slug)
        leaders[slug] = districts.value("SELECT rosterd.appoint_leader(%s, NULL, 'Lea', 'Lead', 'lea@lead.example')", (d,))
        districts.sql("SELECT rosterd.grant_users_manager(%s, %s)", (d, leaders[slug]))
        districts.sql("SELECT api.set_sis_rostering(%s, %s, school_id, true) FROM directory.school WHERE district_id = %s", (d, leaders[slug], d))
    outcomes, start, over = collections.Counter(), threading.Barrier(51), threading.Event()

    def somebody(number):
        slug, dice = slugs[number % 2], random.Random(number)
        with contextlib.closing(districts.cluster.connect(districts.database)) as connection, connection.cursor() as cursor:
            start.wait(60)
            for turn in itertools.count():
                cursor.execute(PICK, {"d": ids[slug]})
                student, guardian, room = cursor.fetchone()
                try:
                    cursor.execute(dice.choice(ACTS), {"d": ids[slug], "leader": leaders[slug], "student": student, "guardian": guardian,
                                                       "room": room, "mail": f"hand{number}.{turn}@example.org"})
                    outcomes["ok"] += 1
                except psycopg2.Error as error:
                    outcomes[error.pgcode] += 1
                if over.is_set():
                    break

    people = [threading.Thread(target=somebody, args=(number,)) for number in range(50)]
    for thread in people:
        thread.start()
    start.wait(60)
    for slug in slugs:
        districts.put(slug, day_two[slug], "day2.zip")
    ended = {slug: districts.wait_run(slug, ("done", "held"), after=before[slug], deadline_s=120) for slug in slugs}
    over.set()
    for thread in people:
        thread.join(60)
        assert not thread.is_alive(), "somebody did not come back"
    assert all(run["state"] == "done" for run in ended.values()), ended
    assert sum(outcomes.values()) >= 50 and outcomes["ok"] >= 50, outcomes
    assert not {code for code in outcomes if code not in ("ok", "55000") and not code.startswith("RS")}, outcomes
    assert districts.value("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()") == 0
