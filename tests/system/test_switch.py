"""Switches and people in the middle of a run."""

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
