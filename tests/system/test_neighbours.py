"""Nobody harms a neighbour: stalled servers, two daemons on one database."""

import time

import lab
from expect import directory, expect

from district import District

QUICK = {"deadlines": {"connect_s": 2, "silence_s": 2}}


def health(daemon, slug):
    answer = daemon.get(f"/v1/districts/{slug}")[1]
    return answer.get("district", answer)


def test_stalled_server_costs_nobody_else(make_daemon, districts, package):
    daemon = make_daemon(config=QUICK)
    silence = lab.Silence()
    try:
        for number in range(6):
            districts.add(f"bad-{number}", port=silence.port)
        districts.add("good")
        after = 0
        for day in (1, 2, 3):
            began = time.monotonic()
            districts.put("good", package(District(60, 51, day=day, churn=True)), f"day{day}.zip")
            after = districts.wait_run("good", after=after, deadline_s=20)["run_id"]
            took = time.monotonic() - began
            assert took < 10, f"day {day} took {took:.1f} s beside the stalled servers"

        def failing():
            seen = health(daemon, "bad-0")
            return seen if seen["health"] in ("failing", "retrying", "late") and seen.get("reason") else None

        seen = lab.wait_until(failing, lambda: f"bad-0 does not show it: {health(daemon, 'bad-0')}", 30)
        assert seen["reason"].startswith("sftp."), seen
        assert seen["owner"] == "district", seen
        assert lab.wait_until(lambda: health(daemon, "bad-0")["health"] == "failing",
                              lambda: f"never failing: {health(daemon, 'bad-0')}", 60)
        assert health(daemon, "good")["health"] in ("ok", "working")
    finally:
        silence.close()


# rule: SAFE-8
def test_two_daemons_apply_each_file_once(make_daemon, districts, package):
    slugs = [f"d-{number:02}" for number in range(20)]
    for slug in slugs:
        districts.add(slug)
    one, two = make_daemon("one"), make_daemon("two")
    zips = {slug: package(District(40, 100 + number)) for number, slug in enumerate(slugs)}
    owners = lab.wait_until(
        lambda: owned(districts) if len(owned(districts)) == 2 and sum(owned(districts).values()) == 20 else None,
        lambda: f"the districts are not shared out: {owned(districts)}", 30)
    assert sorted(owners.values()) == [10, 10]
    for slug in slugs:
        districts.put(slug, zips[slug])
    for slug in slugs:
        districts.wait_run(slug, deadline_s=90)
        wanted, found = expect(zips[slug]), directory(districts, slug)
        assert found == wanted, slug
    # Both daemons worked, and each file was applied by one of them, once.
    rows = districts.sql("SELECT daemon_id, count(*) FROM rosterd.run WHERE state = 'done' GROUP BY 1")
    assert sum(count for _, count in rows) == 20 and len(rows) == 2, rows
    # One dies without a word: the other takes its districts over, under new epochs.
    one.kill()
    for slug in slugs:
        districts.put(slug, package(District(40, 100 + slugs.index(slug), day=2)), "day2.zip")
    for slug in slugs:
        first = districts.runs(slug)[0]["run_id"]
        districts.wait_run(slug, after=first, deadline_s=90)
    done = dict(districts.sql("SELECT d.slug, count(*) FROM rosterd.run AS r JOIN rosterd.district AS d "
                              "USING (district_id) WHERE r.state = 'done' GROUP BY 1"))
    assert done == {slug: 2 for slug in slugs}
    assert two.process.poll() is None


def owned(districts):
    return dict(districts.sql("SELECT daemon_id, count(*) FROM rosterd.lease WHERE daemon_id IS NOT NULL GROUP BY 1"))
