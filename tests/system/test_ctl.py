"""rosterctl against a real daemon, as an operator uses it: verbs, exit codes, what they say."""

import contextlib
import http.client
import json
import os
import signal
import subprocess

import lab
import pytest

from district import District

SLUG = "maple"
OTHER_KEY = "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
LOOKS = (["status"], ["districts"], ["district", SLUG], ["runs"], ["runs", SLUG], ["findings", SLUG],
         ["explain", SLUG], ["explain", "sftp.auth"], ["version"])


@pytest.fixture
def synced(daemon, districts, package):
    """A district whose first file is in, and the number of its run."""
    districts.add(SLUG, "Maple Valley", poll_every="1 hour")
    lab.wait_until(lambda: daemon.get(f"/v1/districts/{SLUG}")[0] == 200, "the daemon does not know the district")
    districts.put(SLUG, package(District(60, 71)))
    status, out, err = daemon.ctl("sync", SLUG, "--wait", "--timeout", "60", check=False)
    assert status == 0, out + err
    return districts.wait_run(SLUG)["run_id"]


def json_of(daemon, *words, status=0):
    code, out, err = daemon.ctl(*words, "--json", check=False)
    assert code == status, (words, code, out, err)
    answer = json.loads(out)
    assert answer["schema"] == 1
    return answer


def test_a_good_day(daemon, districts, synced):
    out = daemon.ctl("status")[1]
    assert "Nobody has to do anything." in out
    assert SLUG in daemon.ctl("districts")[1]
    assert daemon.ctl("districts", "--needs")[1] == "No district is like that.\n"
    assert "Maple Valley" in daemon.ctl("district", SLUG)[1]
    assert daemon.ctl("health")[0] == 0
    assert "All is well" in daemon.ctl("explain", SLUG)[1]
    run = json_of(daemon, "run", str(synced))["run"]
    assert run["state"] == "done" and run["district"] == SLUG and run["file_sha256"]
    assert f"run {synced} of {SLUG}" in daemon.ctl("run", str(synced))[1]
    for words in LOOKS:
        assert daemon.ctl(*words)[1]
        json_of(daemon, *words)
    assert "rosterd_runs_done_total 1\n" in daemon.ctl("metrics")[1]
    assert f'{{district="{SLUG}"}}' in daemon.ctl("metrics", "--districts")[1]


def test_rejected_file(daemon, districts, package, synced):
    rows = District(60, 71, day=2)
    path = package(rows)
    path.write_bytes(path.read_bytes()[:-400])
    districts.put(SLUG, path, "broken.zip")
    status, out, err = daemon.ctl("sync", SLUG, "--wait", "--timeout", "60", check=False)
    assert status == 7, out + err
    run = districts.wait_run(SLUG, ("rejected",), after=synced)
    lab.wait_until(lambda: json_of(daemon, "district", SLUG)["district"]["reason"] == run["reason"],
                   "the district does not show the reason")
    out = daemon.ctl("explain", SLUG)[1]
    assert "WHO     the district" in out and f"CODE    {run['reason']}" in out
    # The data of the day before stay in use.
    assert "last good run" in out
    assert daemon.ctl("health", check=False)[0] == 1
    assert SLUG in daemon.ctl("districts", "--needs")[1]
    assert f"rosterctl explain {SLUG}" in daemon.ctl("status")[1]


def explained(daemon, slug, *parts):
    """Until explain says all of it; what is said of a district follows its row and its looks."""
    seen = {}

    def says():
        seen["out"] = daemon.ctl("explain", slug, check=False)[1]
        return all(part in seen["out"] for part in parts)

    lab.wait_until(says, lambda: f"explain {slug} does not say {parts}: {seen['out']}")


def test_nothing_in_use_yet(daemon, districts, package):
    """What keeps a district from its first data is said, with whose turn it is and what to type."""
    districts.add("empty")
    explained(daemon, "empty", "No file has come yet.", "WHO     the district", "/*.zip on 127.0.0.1")
    districts.add("marker")
    path = package(District(40, 73))
    districts.put("marker", path, marker=False)
    explained(daemon, "marker", "not taken yet", "DROP    a file is there, but not yet the marker", "WHO     the district")
    districts.add("shown", on=False)
    explained(daemon, "shown", "switched off", "WHO     the CSM", "SELECT rosterd.set_sync('shown', true, 'why');")
    out = daemon.ctl("check", "shown", check=False)[1]
    assert "SELECT rosterd.set_sync('shown', true, 'why');" in out
    assert "SELECT rosterd.set_sync('shown', true, 'why');" in daemon.ctl("sync", "shown", check=False)[2]
    districts.sql("UPDATE rosterd.district SET preview_only = true, sync_enabled = true WHERE slug = 'shown'")
    districts.put("shown", path)
    run = str(districts.wait_run("shown", ("previewed",))["run_id"])
    explained(daemon, "shown", "Only previewed", "WHO     the CSM", f"rosterctl plan {run}",
              "SET preview_only = false WHERE slug = 'shown';")
    assert "SET preview_only = false WHERE slug = 'shown';" in daemon.ctl("plan", run)[1]
    daemon.ctl("pause", "empty", "--until", "+2d", "--reason", "holidays")
    explained(daemon, "empty", "Sync is paused until", "WHY     holidays", "rosterctl resume empty")


def test_exit_codes(daemon, districts, synced):
    for words, code in ((("district", "nobody"), 4), (("run", "999999"), 4), (("explain", "no.such"), 4),
                        (("sync", "nobody"), 4), (("stauts",), 2), (("district",), 2), (("districts", "--wait"), 2),
                        (("status", "x"), 2), (("pause", SLUG), 2), (("pause", SLUG, "--until", "never", "--reason", "x"), 2),
                        (("pause", SLUG, "--until", "2020-01-01", "--reason", "x"), 2), (("status", "--nonsense"), 2),
                        (("runs", "--limit", "0"), 2), (("hostkey", SLUG, "--accept", "SHA256:short"), 1)):
        status, out, err = daemon.ctl(*words, check=False)
        assert status == code, (words, status, out, err)
        assert err.startswith("rosterctl: ") and len(err.splitlines()) <= 4, (words, err)
    assert 'did you mean "status"' in daemon.ctl("stauts", check=False)[2]
    assert f"Did you mean {SLUG}?" in daemon.ctl("district", "mapel", check=False)[2]


def test_not_running(daemon, synced):
    daemon.stop()
    for words in (["status"], ["sync", SLUG], ["metrics"]):
        status, _, err = daemon.ctl(*words, check=False)
        assert status == 3 and err, words
    assert daemon.ctl("health", check=False)[0] == 3
    status, out, _ = daemon.ctl("check", check=False)
    assert status == 2 and "needs the daemon" in out and "systemctl start rosterd" in out
    assert daemon.ctl("explain", "sftp.stalled")[0] == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_not_permitted(daemon, synced):
    """The way to the sockets is closed to nobody, as the sockets are to whoever is in no group."""
    program = lab.default_prefix() / "bin/rosterctl"
    for words, group in ((["status"], "rosterd-view"), (["sync", SLUG], "rosterd-admin")):
        result = subprocess.run(
            ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--", program,
             "--socket", daemon.status_socket, "--control", daemon.control_socket, *words],
            capture_output=True, text=True, check=False)
        if result.returncode in (126, 127):
            pytest.skip("the build is not readable to others here")
        assert result.returncode == 5, result.stderr
        assert group in result.stderr


def test_pause_and_resume(daemon, districts, synced):
    assert "is paused until" in daemon.ctl("pause", SLUG, "--until", "+2d", "--reason", "holidays")[1]
    assert districts.value("SELECT pause_reason FROM rosterd.district WHERE slug = %s", (SLUG,)) == "holidays"
    # The audit names the caller by the uid the kernel told.
    by = districts.value("SELECT changed_by FROM rosterd.config_change ORDER BY change_id DESC LIMIT 1")
    assert f"uid:{lab.account().pw_uid}" in by
    lab.wait_until(lambda: json_of(daemon, "district", SLUG)["district"]["sync"] == "paused", "not shown as paused")
    assert "holidays" in daemon.ctl("district", SLUG)[1]
    daemon.ctl("resume", SLUG)
    lab.wait_until(lambda: json_of(daemon, "district", SLUG)["district"]["sync"] == "on", "not shown as on")


def test_host_keys(daemon, districts, package):
    districts.add(SLUG, host_keys=[])
    lab.wait_until(lambda: daemon.get(f"/v1/districts/{SLUG}")[0] == 200, "the daemon does not know the district")
    offered = json_of(daemon, "hostkey", SLUG)
    assert offered["pinned"] == [] and not any(key["pinned"] for key in offered["offered"])
    fingerprint = districts.sshd.fingerprint
    assert fingerprint in {key["fingerprint"] for key in offered["offered"]}
    out = daemon.ctl("hostkey", SLUG)[1]
    assert "--accept SHA256:" in out and "pinned: none" in out
    daemon.ctl("hostkey", SLUG, "--accept", fingerprint)
    assert districts.value("SELECT host_keys FROM rosterd.source") == [fingerprint]
    assert "shows a key that is pinned" in daemon.ctl("hostkey", SLUG)[1]
    districts.put(SLUG, package(District(40, 72)))
    districts.wait_run(SLUG)
    # Another key is pinned: the server is not who it was, and nothing is read.
    daemon.ctl("hostkey", SLUG, "--accept", OTHER_KEY)
    seen = lab.wait_until(lambda: (lambda d: d if d["reason"] == "sftp.hostkey_changed" else None)(
        json_of(daemon, "district", SLUG)["district"]), "the other key is not noticed")
    assert seen["owner"] == "ops"
    assert f"rosterctl hostkey {SLUG}" in daemon.ctl("district", SLUG)[1]


def test_nothing_of_the_data_steers_the_terminal(daemon, districts, package):
    districts.add(SLUG, name="Ma\x1b[2Jple\nValley\u202e", poll_every="1 hour")
    lab.wait_until(lambda: daemon.get(f"/v1/districts/{SLUG}")[0] == 200, "the daemon does not know the district")
    districts.sql("UPDATE rosterd.district SET note = E'a\\u009b31mb'")
    for words in LOOKS:
        for more in ([], ["--json"], ["--color", "never"]):
            out = daemon.ctl(*words, *more, check=False)[1]
            assert not {"\x1b", "\u009b", "\u202e"} & set(out), words
    out = daemon.ctl("district", SLUG)[1]
    assert "Ma\\x1b[2Jple\\x0aValley" in out


def test_colour_only_when_it_is_wanted(daemon, synced):
    assert "\x1b[" not in daemon.ctl("status")[1]
    assert "\x1b[" in daemon.ctl("status", "--color", "always")[1]


def test_check(daemon, synced):
    status, out, _ = daemon.ctl("check", "--config", daemon.config_file, check=False)
    assert status == 0, out
    assert {line.split()[0] for line in out.splitlines()} == {"OK"}
    status, out, _ = daemon.ctl("check", SLUG, "--config", daemon.config_file, check=False)
    assert status == 0, out
    assert "it answers and shows a pinned host key" in out
    # A secret that others may read is a failure.
    (daemon.folder / "credentials" / "drop.key").chmod(0o644)
    status, out, _ = daemon.ctl("check", "--config", daemon.config_file, check=False)
    assert status == 2 and "can be read by others" in out


def test_watch_goes_on_till_it_is_told(daemon, synced):
    process = lab.spawn([daemon.installation.rosterctl, "--socket", daemon.status_socket, "watch", "--line"],
                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, env=daemon.environment())
    try:
        lines = [process.stdout.readline().split() for _ in range(3)]
        assert lines[0][0] == "TIME" and len(lines[1]) == len(lines[2])
        # The daemon goes away and watch does not.
        daemon.stop()
        lab.wait_until(lambda: "not running" in process.stdout.readline(), "watch does not say it")
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.communicate()


def test_sockets_of_systemd(make_daemon, home, districts):
    """Handed over by name, not made and not removed by the daemon."""
    daemon = make_daemon(start=False)
    status, control = daemon.folder / "run" / "s", daemon.folder / "run" / "c"
    with open(daemon.log, "ab") as log:
        daemon.process = lab.spawn(
            ["systemd-socket-activate", "--listen", status, "--listen", control, "--fdname", "status:control",
             daemon.installation.rosterd, "--config", daemon.config_file],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=daemon.folder, env=daemon.environment())
    lab.wait_until(status.exists, "no socket")
    daemon.status_socket, daemon.control_socket = status, control

    def is_ready():
        with contextlib.suppress(OSError, http.client.HTTPException):
            return daemon.get("/readyz")[0] == 200
        return False

    lab.wait_until(is_ready, lambda: f"not ready\n{lab.tail(daemon.log)}")
    assert json_of(daemon, "status")["daemon"]["ready"]
    assert not (daemon.folder / "run" / "status.sock").exists()
    assert daemon.stop() == 0
    assert status.exists() and control.exists()
