"""What is said of a district stays true while other things happen to it."""

import os

import lab

from district import District

SLUG = "maple"


def shown(daemon):
    answer = daemon.get(f"/v1/districts/{SLUG}")[1]
    return answer.get("district", answer)


def test_a_rejected_file_is_not_forgotten_over_a_run_of_the_rules(daemon, districts, package, tmp_path):
    """Every parent who accepts leaves something for the rules to do; the district's file is as broken as before."""
    districts.add(SLUG)
    districts.put(SLUG, package(District(40, 8)), "day1.zip")
    first = districts.wait_run(SLUG)
    broken = tmp_path / "broken.zip"
    broken.write_bytes(package(District(40, 8, day=2)).read_bytes()[:-700])
    districts.put(SLUG, broken, "day2.zip")
    rejected = districts.wait_run(SLUG, ("rejected",), after=first["run_id"])
    districts.sql("UPDATE rosterd.district SET phone_is_credential = false WHERE slug = %s", (SLUG,))
    rules = districts.wait_run(SLUG, ("done",), after=rejected["run_id"])
    assert rules["file_sha256"] is None
    polled = shown(daemon)["last_poll_at"]
    lab.wait_until(lambda: shown(daemon)["last_poll_at"] > polled, "no poll", 20)
    view = shown(daemon)
    assert (view["health"], view["reason"], view["owner"]) == ("failing", "zip.damaged", "district")
    districts.put(SLUG, package(District(40, 8, day=2)), "day3.zip")
    districts.wait_run(SLUG, ("done",), after=rules["run_id"])
    lab.wait_until(lambda: shown(daemon)["health"] == "ok", "not well", 10)


# rule: SAFE-7
def test_asking_for_a_sync_never_goes_back_to_an_older_file(daemon, districts, package):
    """Two files came between two polls: the newer one was applied and settled, the older one lies there still."""
    drop = districts.add(SLUG, after="delete", on=False)
    districts.put(SLUG, package(District(40, 9)), "day1.zip")
    for old in drop.iterdir():
        os.utime(old, (1700000000, 1700000000))
    districts.put(SLUG, package(District(40, 9, day=2)), "day2.zip")
    districts.sql("SELECT rosterd.set_sync(%s, true, NULL)", (SLUG,))
    first = districts.wait_run(SLUG)
    assert first["file_name"] == "day2.zip"
    lab.wait_until(lambda: not (drop / "day2.zip").exists(), "day 2 is not settled", 20)
    polled = shown(daemon)["last_poll_at"]
    for _ in range(3):  # one that is asked for while a poll is under way may be that poll
        assert daemon.sync(SLUG)[0] == 202
        lab.wait_until(lambda: shown(daemon)["last_poll_at"] > polled and shown(daemon)["health"] == "ok", "no poll", 20)
        polled = shown(daemon)["last_poll_at"]
    assert [r["file_name"] for r in districts.runs(SLUG) if r["file_name"]] == ["day2.zip"]
