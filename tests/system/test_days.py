"""The whole way: a zip in a drop, fetched, staged, planned, applied; the next day; the same again."""

import pytest
from expect import directory, expect
from portrait import differences, portrait

from district import District

SLUG = "maple"


def state(districts):
    return portrait(districts.cluster, districts.database, SLUG)


def assert_as_expected(districts, zip_file, slug=SLUG):
    wanted, found = expect(zip_file), directory(districts, slug)
    for kind, ids in wanted.items():
        assert found[kind] == ids, kind


# rule: IN-1, IN-2, IN-3, IN-4, IN-5, CRED-1
def test_first_sync_brings_what_the_csv_says(daemon, districts, package):
    zip_file = package(District(300, 5))
    districts.add(SLUG)
    districts.put(SLUG, zip_file)
    run = districts.wait_run(SLUG)
    assert run["file_name"] == "export.zip"
    assert_as_expected(districts, zip_file)
    # Each of the story's odd guardians is there for a reason.
    story = District(300, 5).story
    refused = directory(districts, SLUG)["refused"]
    assert {*story["share_all"], story["gets_email"], story["invalid_email"]} <= refused
    assert not refused & set(story["share_email"])


# rule: UPD-6
def test_same_zip_again_does_nothing(daemon, districts, package):
    zip_file = package(District(80, 6))
    districts.add(SLUG)
    districts.put(SLUG, zip_file)
    first = districts.wait_run(SLUG)
    before = state(districts)
    # The same bytes under a new name are fetched, known by their hash, and left at that.
    districts.put(SLUG, zip_file, "again.zip")
    again = districts.wait_run(SLUG, ("done", "unchanged"), after=first["run_id"])
    assert again["state"] == "unchanged"
    assert again["file_sha256"] == first["file_sha256"]
    assert differences(before, state(districts)) == []
    assert districts.value("SELECT count(*) FROM audit.change WHERE run_id = %s", (again["run_id"],)) == 0


# rule: UPD-6
def test_same_rows_in_another_zip_change_nothing(daemon, districts, package, tmp_path):
    districts.add(SLUG)
    districts.put(SLUG, package(District(80, 6)))
    first = districts.wait_run(SLUG)
    before = [line for line in state(districts) if not line.startswith("judged")]
    other = tmp_path / "other.zip"
    District(80, 6).write(other, level=1)
    districts.put(SLUG, other, "other.zip")
    second = districts.wait_run(SLUG, ("done", "unchanged"), after=first["run_id"])
    assert second["file_sha256"] != first["file_sha256"]
    after = [line for line in state(districts) if not line.startswith("judged")]
    assert differences(before, after) == []


# rule: UPD-1, UPD-2, CRED-2, CLS-7, ABN-S1, ABN-S2, UPD-7
def test_second_day_tells_its_story(daemon, districts, package):
    districts.add(SLUG)
    districts.put(SLUG, package(District(120, 9)))
    first = districts.wait_run(SLUG)
    day2 = District(120, 9, day=2)
    story = day2.story
    districts.put(SLUG, package(day2), "day2.zip")
    run = districts.wait_run(SLUG, after=first["run_id"])
    district = districts.ident(SLUG)

    def one(sql, *args):
        return districts.value(sql, (district, *args))

    found = directory(districts, SLUG)
    assert set(story["family_leaves"]["students"]).isdisjoint(found["students"])
    for ident in story["family_leaves"]["students"]:
        assert one("SELECT r.state FROM directory.role AS r JOIN directory.person AS p USING (district_id, person_id) "
                   "WHERE r.district_id = %s AND p.sourced_id = %s", ident) == "archived"
        assert one("SELECT count(*) FROM directory.member AS m JOIN directory.classroom AS c USING (district_id, "
                   "classroom_id) JOIN directory.person AS p USING (district_id, person_id) WHERE m.district_id = %s "
                   "AND c.state = 'active' AND p.sourced_id = %s", ident) == 0
    assert one("SELECT state FROM directory.classroom WHERE district_id = %s AND sourced_id = %s",
               story["class_gone"]) == "archived"
    assert story["gets_email"] in found["guardians"]
    open_phones = districts.sql(
        "SELECT i.value FROM directory.invitation AS i JOIN directory.person AS p USING (district_id, person_id) "
        "WHERE i.district_id = %s AND p.sourced_id = %s AND i.kind = 'phone' AND i.state = 'open'",
        (district, story["new_phone"]))
    assert open_phones == [("+16462210199",)]
    classes = {row[0] for row in districts.sql(
        "SELECT c.sourced_id FROM directory.member AS m JOIN directory.classroom AS c USING (district_id, classroom_id) "
        "JOIN directory.person AS p USING (district_id, person_id) WHERE m.district_id = %s AND p.sourced_id = %s",
        (district, story["moves"]["student"]))}
    assert story["moves"]["to"] in classes and story["moves"]["from"] not in classes
    assert one("SELECT count(*) FROM audit.change WHERE district_id = %s AND run_id = %s AND rule IS NOT NULL",
               run["run_id"]) > 0


# rule: UPD-1
def test_a_week_of_nights(daemon, districts, package):
    """Each night's result is what the file of that night says, whatever came before."""
    districts.add(SLUG)
    after = 0
    for day in range(1, 5):
        zip_file = package(District(200, 21, day=day, churn=True))
        districts.put(SLUG, zip_file, f"day{day}.zip")
        after = districts.wait_run(SLUG, after=after)["run_id"]
        wanted, found = expect(zip_file), directory(districts, SLUG)
        assert found["students"] == wanted["students"]
        assert found["teachers"] == wanted["teachers"]
        # Those of families that left are still somebody's guardians.
        assert wanted["guardians"] <= found["guardians"]
        assert wanted["relationships"] <= found["relationships"]


@pytest.mark.parametrize("after", ["move", "delete"])
def test_settled_file_leaves_the_drop(daemon, districts, package, after):
    districts.add(SLUG, after=after)
    districts.put(SLUG, package(District(60, 3)))
    districts.wait_run(SLUG)
    from lab import wait_until
    wait_until(lambda: not (districts.drop(SLUG) / "export.zip").exists(), "the file is still in the drop", 20)


def test_two_polls_wait_for_the_upload_to_end(daemon, districts, package):
    zip_file = package(District(60, 3))
    districts.add(SLUG, ready="two-polls")
    districts.put(SLUG, zip_file, marker=False)
    assert districts.wait_run(SLUG)["state"] == "done"
    assert_as_expected(districts, zip_file)


def test_truncated_upload_is_rejected_and_says_so(daemon, districts, package, tmp_path):
    whole = package(District(60, 3)).read_bytes()
    half = tmp_path / "half.zip"
    half.write_bytes(whole[: len(whole) // 2])
    districts.add(SLUG)
    districts.put(SLUG, half)
    run = districts.wait_run(SLUG, ("rejected",))
    assert run["reason"] == "zip.damaged" and run["owner"] == "district"
    assert state(districts) == [] or all(line.startswith("finding") for line in state(districts))
    # A whole one that comes later is taken.
    districts.put(SLUG, package(District(60, 3)), "whole.zip")
    districts.wait_run(SLUG, after=run["run_id"])
