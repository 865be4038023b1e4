"""A file that would take away too much: held, shown, approved, refused, replaced; through the real daemon."""

import copy
import json
import os

import oneroster
import pytest
from expect import directory, expect
from lab import wait_until
from portrait import differences, portrait

from district import USER, District, user

SLUG = "birch"


def without_half_of_a_school(whole, school="o-0001"):
    """The same district, but every second student of a school is not in the file."""
    district = copy.deepcopy(whole)
    students = [ident for ident, row in district.tables["users"].items()
                if row[USER["role"]] == "student" and row[USER["orgSourcedIds"]] == school]
    gone = students[::2]
    for ident in gone:
        del district.tables["users"][ident]
    district.drop_enrollments(gone)
    return district


def state(districts):
    """What is in the directory and the mirror; findings come and go with what was looked at."""
    return [line for line in portrait(districts.cluster, districts.database, SLUG)
            if not line.startswith(("finding", "judged"))]


def setting(districts, **columns):
    assignments = ", ".join(f"{column} = %s" for column in columns)
    districts.sql(f"UPDATE rosterd.district SET {assignments} WHERE slug = '{SLUG}'", list(columns.values()))


def shown(daemon):
    return wait_until(lambda: daemon.get(f"/v1/districts/{SLUG}")[1].get("district"), "it is not shown", 10)


def wait_health(daemon, word, deadline_s=20):
    return wait_until(lambda: (district := shown(daemon))["health"] == word and district,
                      lambda: f"health is {shown(daemon)['health']}, not {word}", deadline_s)


def wait_hold(daemon, run_id):
    """Until the daemon shows this run as the one that is held (None: none is)."""
    return wait_until(lambda: ((district := shown(daemon))["hold"] or {"run_id": None})["run_id"] == run_id and district,
                      lambda: f"the hold is {shown(daemon)['hold']}", 20)


def wait_polls(daemon, count=3):
    """Until the drop was looked into so many times more."""
    def polls():
        text = daemon.get("/metrics")[1]
        return int(next(line.split()[1] for line in text.splitlines() if line.startswith("rosterd_polls_total ")))
    end = polls() + count
    wait_until(lambda: polls() >= end, "nobody looks into the drop", 30)


def spooled(daemon, sha256):
    return daemon.folder / "spool" / SLUG / f"{sha256}.zip"


def hold_of(districts, run_id):
    columns = ("withholds", "decision", "what", "decided_by", "reason", "closed_by_run", "since", "closed_at")
    rows = districts.sql(f"SELECT {', '.join(columns)} FROM rosterd.hold WHERE run_id = %s", (run_id,))
    return dict(zip(columns, rows[0])) if rows else None


@pytest.fixture
def whole():
    return District(300, 31)


@pytest.fixture
def held(districts, package, whole):
    """Called with a daemon: a district in use, then a file without half of a school. Returns (run, zip)."""
    def make(daemon, on_limit="hold-all", **source):
        districts.add(SLUG, on=False, **source)
        setting(districts, on_limit=on_limit)
        districts.sql("SELECT rosterd.set_sync(%s, true, NULL)", (SLUG,))
        districts.put(SLUG, package(whole))
        first = districts.wait_run(SLUG)
        half = package(without_half_of_a_school(whole))
        districts.put(SLUG, half, "half.zip")
        return districts.wait_run(SLUG, ("held",), after=first["run_id"]), half
    return make


# --- held -------------------------------------------------------------------------------------------


# rule: SAFE-3, SAFE-4
def test_half_of_a_school_is_held_and_shown(daemon, districts, package, whole, held):
    run, _ = held(daemon, after="move")
    number = str(run["run_id"])
    assert (run["reason"], run["owner"]) == ("plan.removals_over_limit", "csm")
    assert directory(districts, SLUG)["students"] == expect(package(whole))["students"], "nothing was applied"
    assert districts.value("SELECT count(*) FROM stage.slot WHERE run_id IS NOT NULL") == 0, "its slot is free"
    assert spooled(daemon, run["file_sha256"]).exists()
    assert (districts.drop(SLUG) / "half.zip").exists(), "not moved: it is not applied"

    district = wait_health(daemon, "held")
    wait_hold(daemon, run["run_id"])
    assert (district["reason"], district["owner"]) == ("plan.removals_over_limit", "csm")
    assert district["detail"]
    (hold,) = wait_until(lambda: daemon.get("/v1/holds")[1]["holds"], "no hold is listed", 10)
    assert (hold["run_id"], hold["district"], hold["withholds"]) == (run["run_id"], SLUG, "all")
    assert hold["since"] == wait_hold(daemon, run["run_id"])["since"] and hold["decision"] is None
    wait_until(lambda: "\nrosterd_holds 1\n" in daemon.get("/metrics")[1], "the metrics know of no hold", 10)
    assert "rosterd_oldest_hold_timestamp_seconds " in daemon.get("/metrics")[1]

    plan = daemon.get(f"/v1/plans/{number}")[1]["plan"]
    students = {kind["school"]: kind for kind in plan["shown"]["kinds"] if kind["kind"] == "students"}
    lost = len(expect(package(whole))["students"]) - len(expect(package(without_half_of_a_school(whole)))["students"])
    assert (students[None]["in_use"], students[None]["in_file"], students[None]["lost"]) == (300, 300 - lost, lost)
    (school,) = [name for name in students if name is not None]
    assert students[school]["lost"] == lost and "removals" in students[school]["over"]
    names = [name for row in whole.tables["users"].values() for name in (row[USER["givenName"]] + " " + row[USER["familyName"]],)]
    for text in (json.dumps(plan), daemon.ctl("plan", number)[1]):
        assert not any(name in text for name in names), "nobody is named"

    text = daemon.ctl("plan", number)[1]
    assert plan["shown"]["words"][0] in text and school in text and f"{lost}" in text
    for act in (f"rosterctl approve {number} --reason", f"rosterctl approve {number} --additions", f"rosterctl refuse {number} --reason"):
        assert act in text
    for words in (("holds",), ("status",), ("district", SLUG), ("districts", "--needs"), ("explain", SLUG), ("explain", number), ("run", number)):
        assert "held" in daemon.ctl(*words)[1] or number in daemon.ctl(*words)[1], words
    for words in (("holds",), ("status",), ("district", SLUG), ("explain", SLUG), ("explain", number), ("run", number)):
        assert f"rosterctl plan {number}" in daemon.ctl(*words)[1], words
    assert json.loads(daemon.ctl("holds", "--json")[1])["holds"][0]["run_id"] == run["run_id"]
    assert json.loads(daemon.ctl("plan", number, "--json")[1])["plan"]["run_id"] == run["run_id"]
    assert daemon.ctl("__complete", "holds")[1].split() == [number]
    (line,) = [line for line in daemon.ctl("runs", SLUG)[1].splitlines() if line.startswith(number)]
    assert line.split()[-4:] == ["-", "-", "-", run["reason"]], "nothing of it was applied, so nothing is counted"
    assert "REMOVED" not in daemon.ctl("run", number)[1]
    (need,) = districts.sql("SELECT what, who_acts, what_to_do FROM rosterd.needs_attention WHERE slug = %s", (SLUG,))
    assert need[:2] == ("held", "csm") and f"rosterd.approve({number}," in need[2]


# rule: SAFE-3
def test_only_the_removals_wait(daemon, districts, package, whole, held):
    """By default the rest of the file is applied: the run ends held, and the file is brought again to no avail."""
    run, half = held(daemon, on_limit="hold-removals")
    assert run["applied_at"] and run["reason"] == "plan.removals_withheld"
    assert hold_of(districts, run["run_id"])["withholds"] == "removals"
    assert directory(districts, SLUG)["students"] == expect(package(whole))["students"]
    wait_health(daemon, "held")
    assert shown(daemon)["last_run"]["state"] == "held"
    assert "only what it would take away waits" in daemon.ctl("plan", str(run["run_id"]))[1]
    assert "--additions" not in daemon.ctl("plan", str(run["run_id"]))[1], "they are in already"
    assert daemon.ctl("approve", str(run["run_id"]), "--reason", "moved away", "--additions", check=False)[0] == 6
    daemon.ctl("approve", str(run["run_id"]), "--reason", "moved away")
    districts.wait_run(SLUG, after=run["run_id"])
    assert directory(districts, SLUG)["students"] == expect(half)["students"]
    wait_health(daemon, "ok")


# rule: SAFE-6
def test_preview_shows_and_holds_nothing(daemon, districts, package, whole):
    districts.add(SLUG)
    districts.put(SLUG, package(whole))
    first = districts.wait_run(SLUG)
    setting(districts, preview_only=True)
    before = state(districts)
    districts.put(SLUG, package(without_half_of_a_school(whole)), "half.zip")
    run = districts.wait_run(SLUG, ("previewed",), after=first["run_id"])
    assert differences(before, state(districts)) == []
    text = daemon.ctl("plan", str(run["run_id"]))[1]
    assert "previewed" in text and "students" in text and "rosterctl approve" not in text
    assert daemon.ctl("approve", str(run["run_id"]), "--reason", "x", check=False)[0] == 6
    assert daemon.get("/v1/holds")[1]["holds"] == []
    assert daemon.ctl("plan", str(first["run_id"]), check=False)[0] == 4, "what was applied at once has no plan"
    assert daemon.ctl("plan", "999999", check=False)[0] == 4
    assert daemon.ctl("approve", "999999", "--reason", "x", check=False)[0] == 4


# --- decided ----------------------------------------------------------------------------------------


# rule: SAFE-4
def test_after_a_restart_it_is_held_still_and_approved(make_daemon, districts, held):
    daemon = make_daemon()
    run, half = held(daemon, after="move")
    since = wait_hold(daemon, run["run_id"])["since"]
    daemon.stop()
    # Older than the spool keeps: only what is held stays.
    file = spooled(daemon, run["file_sha256"])
    other = file.with_name("0123456789abcdef" * 4 + ".zip")
    other.write_bytes(b"x")
    for path in (file, other):
        os.utime(path, (1_700_000_000, 1_700_000_000))
    daemon.start()
    district = wait_health(daemon, "held")
    assert (district["since"], district["reason"]) == (since, "plan.removals_over_limit")
    wait_until(lambda: not other.exists(), "the spool is not tidied", 20)
    assert file.exists()

    status, said, _ = daemon.ctl("approve", str(run["run_id"]), "--reason", "the school closed, says J. Ruiz")
    assert status == 0 and f"run {run['run_id']} is approved" in said and f"rosterctl plan {run['run_id']}" in said
    done = districts.wait_run(SLUG, after=run["run_id"])
    assert (done["cause"], done["file_sha256"]) == ("approval", run["file_sha256"])
    assert directory(districts, SLUG)["students"] == expect(half)["students"]
    hold = hold_of(districts, run["run_id"])
    assert (hold["decision"], hold["what"], hold["reason"]) == ("approved", "all", "the school closed, says J. Ruiz")
    assert hold["decided_by"] == f"uid:{os.stat(daemon.folder).st_uid}" and hold["closed_by_run"] == done["run_id"]
    wait_health(daemon, "ok")
    wait_hold(daemon, None)
    wait_until(lambda: not (districts.drop(SLUG) / "half.zip").exists(), "it is not moved now that it is applied", 20)
    assert f"run {done['run_id']} carried it out" in daemon.ctl("plan", str(run["run_id"]))[1]
    # It is done: nobody can approve or refuse it any more, and nothing is run again.
    assert daemon.ctl("approve", str(run["run_id"]), "--reason", "again", check=False)[0] == 6
    assert daemon.ctl("refuse", str(run["run_id"]), "--reason", "no", check=False)[0] == 6
    wait_polls(daemon)
    assert districts.runs(SLUG)[-1]["run_id"] == done["run_id"]


# rule: SAFE-4
def test_refused_nothing_is_applied_and_nothing_runs_again(daemon, districts, held):
    run, _ = held(daemon)
    before = state(districts)
    assert daemon.ctl("refuse", str(run["run_id"]), check=False)[0] == 2, "a reason is needed"
    status, said, _ = daemon.ctl("refuse", str(run["run_id"]), "--reason", "export was cut short")
    assert status == 0 and "refused" in said
    wait_health(daemon, "ok")
    assert districts.runs(SLUG)[-1]["state"] == "refused"
    wait_polls(daemon)
    assert districts.runs(SLUG)[-1]["run_id"] == run["run_id"], "the same file is not run again by itself"
    assert differences(before, state(districts)) == []
    assert hold_of(districts, run["run_id"])["decided_by"].startswith("uid:")
    status, _, complaint = daemon.ctl("approve", str(run["run_id"]), "--reason", "after all", check=False)
    assert status == 6 and "refused by uid:" in complaint
    number = str(run["run_id"])
    for words in (("run", number), ("explain", number), ("runs", "--limit", "2"), ("district", SLUG)):
        said = daemon.ctl(*words)[1]
        assert "refused" in said and "approve" not in said, f"the decision is not forgotten: {words} {said}"
    assert daemon.get("/v1/holds")[1]["holds"] == []


# rule: SAFE-4
def test_additions_alone(daemon, districts, package, whole):
    """Approved without the removals: what is new comes in, who is missing stays and is still asked about."""
    districts.add(SLUG, on=False)
    setting(districts, on_limit="hold-all")
    districts.sql("SELECT rosterd.set_sync(%s, true, NULL)", (SLUG,))
    districts.put(SLUG, package(whole))
    first = districts.wait_run(SLUG)
    half = without_half_of_a_school(whole)
    half._make_family(len(half.families), 5000, 2, 2)
    zip_file = package(half)
    districts.put(SLUG, zip_file, "half.zip")
    run = districts.wait_run(SLUG, ("held",), after=first["run_id"])
    daemon.ctl("approve", str(run["run_id"]), "--additions", "--reason", "new families may come in")
    again = districts.wait_run(SLUG, ("held", "done"), after=run["run_id"])
    assert (again["state"], again["cause"]) == ("held", "approval") and again["applied_at"]
    students = directory(districts, SLUG)["students"]
    assert students == expect(package(whole))["students"] | expect(zip_file)["students"]
    wait_hold(daemon, again["run_id"])
    daemon.ctl("approve", str(again["run_id"]), "--reason", "and they may go")
    districts.wait_run(SLUG, after=again["run_id"])
    assert directory(districts, SLUG)["students"] == expect(zip_file)["students"]


@pytest.fixture
def held_by_setting(districts, package, whole):
    """Called with a daemon: a district in use, then relatives are no guardians any more. Returns the held run."""
    def make(on_limit):
        districts.add(SLUG)
        districts.put(SLUG, package(whole), "whole.zip")
        first = districts.wait_run(SLUG)
        setting(districts, relatives_are_guardians=False, removal_limit_percent=0, removal_limit_min=0, on_limit=on_limit)
        run = districts.wait_run(SLUG, ("held",), after=first["run_id"])
        assert run["file_sha256"] is None, "no file caused it"
        return run
    return make


def relatives(districts):
    return districts.value(
        "SELECT count(*) FROM directory.guardianship AS g JOIN sis.person AS p ON (p.district_id, p.person_id) = "
        "(g.district_id, g.guardian_id) WHERE g.district_id = %s AND sync.has_role(p.roles, 'relative')", (districts.ident(SLUG),))


# rule: SAFE-4
@pytest.mark.parametrize("on_limit", ["hold-all", "hold-removals"])
def test_what_a_setting_would_take_away_is_carried_out_without_a_file(daemon, districts, held_by_setting, on_limit):
    """No record of a file is behind these losses, so nothing can be left out: all of it waits."""
    run = held_by_setting(on_limit)
    assert run["reason"] == "plan.removals_over_limit" and relatives(districts) > 0
    wait_hold(daemon, run["run_id"])
    wait_polls(daemon)
    assert districts.runs(SLUG)[-1]["run_id"] == run["run_id"], "while it waits, the question is not put again"
    # The rules alone: there is no file to bring.
    (districts.drop(SLUG) / "whole.zip").unlink()
    for file in (daemon.folder / "spool" / SLUG).glob("*.zip"):
        file.unlink()
    daemon.ctl("approve", str(run["run_id"]), "--reason", "aunts and uncles are no guardians here")
    done = districts.wait_run(SLUG, after=run["run_id"])
    assert (done["cause"], done["file_sha256"]) == ("approval", None)
    assert relatives(districts) == 0
    assert hold_of(districts, run["run_id"])["closed_by_run"] == done["run_id"]
    wait_hold(daemon, None)
    wait_polls(daemon)
    assert districts.runs(SLUG)[-1]["run_id"] == done["run_id"], "it is done once"


# rule: SAFE-4
def test_what_a_setting_would_take_away_is_refused(daemon, districts, held_by_setting):
    run = held_by_setting("hold-all")
    before = state(districts)
    daemon.ctl("refuse", str(run["run_id"]), "--reason", "set by mistake")
    wait_hold(daemon, None)
    wait_polls(daemon)
    assert districts.runs(SLUG)[-1]["run_id"] == run["run_id"], "and is not asked again for the same setting"
    assert differences(before, state(districts)) == []
    setting(districts, relatives_are_guardians=True)
    districts.wait_run(SLUG, after=run["run_id"])
    assert relatives(districts) > 0


# rule: SAFE-4
def test_what_is_no_approval(daemon, districts, held):
    run, _ = held(daemon)
    districts.sql("SELECT rosterd.set_sync(%s, false, NULL)", (SLUG,))
    status, _, complaint = daemon.ctl("approve", str(run["run_id"]), "--reason", "go", check=False)
    assert status == 6 and "off" in complaint
    path = f"/v1/plans/{run['run_id']}/approve"
    assert daemon.post(path, {"reason": " "})[0] == 400
    assert daemon.post(path, {"reason": "x", "what": "everything"})[0] == 400
    assert daemon.post(path, {"reason": "x", "why": "y"})[0] == 400
    assert daemon.post("/v1/plans/none/approve", {"reason": "x"})[0] == 404
    assert daemon.request("POST", path, {"reason": "x"}, unix=daemon.status_socket)[0] == 405, "looking is not acting"
    assert hold_of(districts, run["run_id"])["decision"] is None
    # On again it is judged anew, as after any change of the settings; that is what is approved then.
    districts.sql("SELECT rosterd.set_sync(%s, true, NULL)", (SLUG,))
    again = districts.wait_run(SLUG, ("held",), after=run["run_id"])
    assert daemon.post(f"/v1/plans/{again['run_id']}/approve", {"reason": "x"})[0] == 200
    districts.wait_run(SLUG, after=again["run_id"])


# --- replaced ---------------------------------------------------------------------------------------


# rule: SAFE-4
def test_a_newer_good_file_replaces_it_and_a_broken_one_does_not(daemon, districts, package, whole, held, tmp_path):
    run, half = held(daemon)
    broken = tmp_path / "broken.zip"
    broken.write_bytes(half.read_bytes()[:-200])
    districts.put(SLUG, broken, "broken.zip")
    rejected = districts.wait_run(SLUG, ("rejected",), after=run["run_id"])
    assert hold_of(districts, run["run_id"])["closed_at"] is None, "a broken file replaces nothing"
    wait_hold(daemon, run["run_id"])
    # Held again by a newer file: since the first.
    more = without_half_of_a_school(without_half_of_a_school(whole), "o-0002")
    districts.put(SLUG, package(more), "more.zip")
    second = districts.wait_run(SLUG, ("held",), after=rejected["run_id"])
    holds = [hold_of(districts, ident) for ident in (run["run_id"], second["run_id"])]
    assert holds[0]["since"] == holds[1]["since"] and holds[0]["closed_by_run"] == second["run_id"]
    wait_hold(daemon, second["run_id"])
    assert daemon.ctl("approve", str(run["run_id"]), "--reason", "too late", check=False)[0] == 6
    # A good one.
    good = copy.deepcopy(whole)
    good._make_family(len(good.families), 6000, 1, 2)
    zip_file = package(good)
    districts.put(SLUG, zip_file, "good.zip")
    done = districts.wait_run(SLUG, after=second["run_id"])
    assert hold_of(districts, second["run_id"])["closed_by_run"] == done["run_id"]
    assert [row["state"] for row in districts.runs(SLUG) if row["run_id"] in (run["run_id"], second["run_id"])] == ["superseded"] * 2
    assert directory(districts, SLUG)["students"] == expect(zip_file)["students"]
    wait_health(daemon, "ok")
    wait_hold(daemon, None)


# rule: SAFE-4
def test_approved_while_a_newer_file_is_applied(daemon, districts, package, whole, held, gate):
    """The newer file wins, and the approval of the older one is void: it must not come after."""
    run, _ = held(daemon)
    good = copy.deepcopy(whole)
    good._make_family(len(good.families), 7000, 1, 2)
    zip_file = package(good)
    stop = gate()
    stop.on_row("sis.judged")
    districts.put(SLUG, zip_file, "good.zip")
    stop.wait()
    assert daemon.ctl("approve", str(run["run_id"]), "--reason", "the school closed")[0] == 0
    stop.open()
    districts.wait_run(SLUG, after=run["run_id"])
    wait_health(daemon, "ok")
    wait_polls(daemon)
    assert [row["cause"] for row in districts.runs(SLUG) if row["state"] == "done"].count("approval") == 0
    assert directory(districts, SLUG)["students"] == expect(zip_file)["students"]
    assert hold_of(districts, run["run_id"])["closed_at"] is not None


# rule: SAFE-4
def test_refused_while_it_is_carried_out(daemon, districts, held, gate):
    """Whoever refuses in time is obeyed: nothing of it is committed."""
    run, _ = held(daemon)
    before = state(districts)
    stop = gate()
    stop.on_row("audit.change")
    daemon.ctl("approve", str(run["run_id"]), "--reason", "the school closed")
    stop.wait()
    assert daemon.ctl("refuse", str(run["run_id"]), "--reason", "it did not")[0] == 0
    stop.open()
    wait_until(lambda: (last := districts.runs(SLUG)[-1])["cause"] == "approval" and last["ended_at"], "it does not end", 30)
    assert districts.runs(SLUG)[-1]["state"] == "cancelled"
    assert differences(before, state(districts)) == []
    wait_health(daemon, "ok")
    assert [row["state"] for row in districts.runs(SLUG) if row["run_id"] == run["run_id"]] == ["refused"]


# rule: SAFE-4
def test_a_delta_waits_for_the_held_file_before_it(daemon, districts, held, tmp_path):
    run, half = held(daemon)
    late = user("s-900001", "student", "o-0001", "Late", "Comer", status="active", dateLastModified="2026-08-20T02:00:00.000Z")
    delta = tmp_path / "delta.zip"
    oneroster.write_zip(delta, {"users": [late]}, {"users": "delta"})
    districts.put(SLUG, delta, "delta.zip")
    waits = districts.wait_run(SLUG, ("cancelled", "done", "held", "rejected"), after=run["run_id"])
    assert (waits["state"], waits["reason"]) == ("cancelled", "plan.base_held")
    assert hold_of(districts, run["run_id"])["closed_at"] is None
    wait_polls(daemon)
    assert districts.runs(SLUG)[-1]["run_id"] == waits["run_id"], "it is not tried in vain"
    wait_health(daemon, "held")
    daemon.ctl("approve", str(run["run_id"]), "--reason", "the school closed")
    done = districts.wait_run(SLUG, after=waits["run_id"])
    assert done["cause"] == "approval"
    last = districts.wait_run(SLUG, after=done["run_id"])
    assert last["file_name"] == "delta.zip"
    assert directory(districts, SLUG)["students"] == expect(half)["students"] | {"s-900001"}
    wait_health(daemon, "ok")


# --- other daemons ----------------------------------------------------------------------------------


# rule: SAFE-4, SAFE-7
def test_killed_while_it_carries_the_approval_out(make_daemon, districts, held, gate):
    daemon = make_daemon()
    run, half = held(daemon)
    stop = gate()
    stop.on_row("audit.change")
    daemon.ctl("approve", str(run["run_id"]), "--reason", "the school closed")
    stop.wait()
    daemon.kill()
    stop.open()
    stop.remove("audit.change")
    daemon.start()
    done = districts.wait_run(SLUG, after=run["run_id"])
    assert done["cause"] == "approval" and hold_of(districts, run["run_id"])["closed_by_run"] == done["run_id"]
    assert directory(districts, SLUG)["students"] == expect(half)["students"]
    wait_health(daemon, "ok")


# rule: SAFE-4
def test_another_daemon_brings_the_file(make_daemon, districts, held):
    """It does not have it in its spool; a newer file in the drop is not taken for it."""
    first = make_daemon("a")
    run, half = held(first)
    first.stop()
    second = make_daemon("b")
    wait_health(second, "held")
    assert not spooled(second, run["file_sha256"]).exists()
    second.ctl("approve", str(run["run_id"]), "--reason", "the school closed")
    done = districts.wait_run(SLUG, after=run["run_id"])
    assert (done["cause"], done["file_sha256"]) == ("approval", run["file_sha256"])
    assert spooled(second, run["file_sha256"]).exists()
    assert directory(districts, SLUG)["students"] == expect(half)["students"]


# rule: SAFE-4
def test_two_daemons_and_the_file_gone(make_daemon, districts, held):
    """Where the file is nowhere any more, people are told whose turn it is and what to type."""
    first = make_daemon("a")
    run, _ = held(first)
    before = state(districts)
    second = make_daemon("b")
    owner, other = (first, second) if shown(first)["here"] else (second, first)
    (districts.drop(SLUG) / "half.zip").unlink()
    owner.kill()
    wait_until(lambda: shown(other)["here"], "the other daemon does not take it over", 30)
    spooled(other, run["file_sha256"]).unlink(missing_ok=True)
    other.ctl("approve", str(run["run_id"]), "--reason", "the school closed")
    district = wait_health(other, "failing")
    assert (district["reason"], district["owner"]) == ("file.gone", "district")
    text = other.ctl("explain", SLUG)[1]
    assert f"rosterctl refuse {run['run_id']} --reason" in text
    assert differences(before, state(districts)) == []
    other.ctl("refuse", str(run["run_id"]), "--reason", "the file is lost")
    wait_health(other, "ok")
