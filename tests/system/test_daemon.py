"""The daemon itself: configuration, schema, switches, signals, restarts, two of them."""

import collections
import contextlib
import json
import os
import shutil
import signal
import subprocess

import lab
import oneroster
import pytest

from district import District

SLUG = "maple"


def call(installation, daemon, *words):
    return lab.run([installation.rosterd, *words], check=False, env=daemon.environment(), cwd=daemon.folder)


def log_of(daemon):
    return daemon.log.read_text(errors="replace")


# --- the command line and the configuration ----------------------------------------------------------


def test_command_line(installation, make_daemon):
    daemon = make_daemon(start=False)
    assert call(installation, daemon, "--version")[:2] == (0, "rosterd 0.1.0\n")
    assert "--check-config" in call(installation, daemon, "--help")[1]
    assert call(installation, daemon, "--nonsense")[0] == 64
    assert call(installation, daemon, "extra")[0] == 64


def test_check_config(installation, make_daemon):
    daemon = make_daemon(start=False)
    status, out, _ = call(installation, daemon, "--config", daemon.config_file, "--check-config")
    assert (status, out) == (0, f"{daemon.config_file}: ok\n")


@pytest.mark.parametrize("text, place", [
    ('{\n  "database": {"conninfo": "x"},\n  "spol": {}\n}', "3:3: spol is not a key"),
    ('{"database": {"conninfo": "x"}, "lease": {"ttl_s": 0}}', "1:43: lease.ttl_s must be from"),
    ('{"database": {"conninfo": "x",}}', "1:"),
    ('{"database": {}}', "database.conninfo must be given"),
])
def test_a_wrong_configuration_is_refused(home, installation, make_daemon, text, place):
    daemon = make_daemon(start=False)
    daemon.config_file.write_text(text)
    for words in (["--check-config"], ["--migrate"], []):
        status, _, err = call(installation, daemon, "--config", daemon.config_file, *words)
        assert status == 78 and place in err, err


def test_no_configuration_file(installation, make_daemon):
    daemon = make_daemon(start=False)
    status, _, err = call(installation, daemon, "--config", daemon.folder / "none.json", "--check-config")
    assert status == 78 and "none.json" in err


def test_a_missing_group_is_fatal(make_daemon):
    daemon = make_daemon(config={"sockets": {"status_group": "no-such-group"}}, start=False)
    daemon.start(ready=False)
    assert daemon.process.wait(20) == 78
    assert "no-such-group" in log_of(daemon)


def test_a_spool_that_cannot_be_used_is_fatal(make_daemon):
    daemon = make_daemon(config={"spool": {"path": "/proc/spool"}}, start=False)
    daemon.start(ready=False)
    assert daemon.process.wait(20) == 77


# --- the schema --------------------------------------------------------------------------------------


@pytest.fixture
def empty(cluster, home, installation):
    """A database without anything of ours."""
    name = cluster.create(f"empty{os.getpid()}")
    yield name
    cluster.drop(name)


def test_migrate_without_the_right_says_what_to_set(home, installation, cluster, empty):
    daemon = lab.Daemon(home, installation, cluster, empty, "migrate-other", config={"database": {"migrate_conninfo": ""}})
    words = [installation.rosterd, "--config", daemon.config_file, "--migrate"]
    lab.Daemon(home, installation, cluster, empty, "migrate-first").migrate()
    status, _, err = lab.run(words, check=False, env=daemon.environment(), cwd=daemon.folder)
    assert status == 1 and "database.migrate_conninfo" in err


def test_migrate_twice_and_newer(home, installation, cluster, empty):
    daemon = lab.Daemon(home, installation, cluster, empty, "migrate-twice")
    daemon.migrate()
    first = cluster.query(empty, "SELECT number, name, applied_at FROM rosterd.schema_migration ORDER BY 1")
    assert first[0][:2] == (1, "0001-schemas")
    daemon.migrate()
    assert cluster.query(empty, "SELECT number, name, applied_at FROM rosterd.schema_migration ORDER BY 1") == first
    assert cluster.value(empty, "SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = 'sync'") == "rosterd_owner"
    # A function that somebody changed is as it should be again.
    cluster.query(empty, "CREATE OR REPLACE FUNCTION sync.schema_version() RETURNS integer LANGUAGE sql AS 'SELECT -1'")
    daemon.migrate()
    newest = cluster.value(empty, "SELECT sync.schema_version()")
    assert newest == first[-1][0]
    # A schema of the future is left alone, by --migrate and by the daemon.
    cluster.query(empty, "INSERT INTO rosterd.schema_migration (number, name) VALUES (9999, 'future')")
    status, _, err = lab.run([installation.rosterd, "--config", daemon.config_file, "--migrate"], check=False,
                             env=daemon.environment(), cwd=daemon.folder)
    assert status == 78 and "9999" in err
    daemon.start(ready=False)
    assert daemon.process.wait(30) == 78
    assert "9999" in log_of(daemon)


def test_migrate_from_several_places_at_once(home, installation, cluster, empty):
    daemons = [lab.Daemon(home, installation, cluster, empty, f"migrate-{n}") for n in range(4)]
    processes = [lab.spawn([installation.rosterd, "--config", d.config_file, "--migrate"], env=d.environment(),
                           cwd=d.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                 for d in daemons]
    outputs = [process.communicate(timeout=120)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, outputs
    numbers = [row[0] for row in cluster.query(empty, "SELECT number FROM rosterd.schema_migration ORDER BY 1")]
    assert len(numbers) == len(set(numbers)) > 0
    assert sum(output.count(b"0001-schemas") for output in outputs) == 1


def test_a_broken_migration_changes_nothing(home, installation, cluster, empty):
    daemon = lab.Daemon(home, installation, cluster, empty, "migrate-broken")
    sql = daemon.folder / "sql"
    shutil.copytree(installation.sql, sql)
    (sql / "migrations" / "9000-broken.sql").write_text("CREATE TABLE rosterd.half (); SELECT 1/0;")
    lab.give(sql)
    daemon.config["sql"] = str(sql)
    daemon.write_config()
    status, _, err = lab.run([installation.rosterd, "--config", daemon.config_file, "--migrate"], check=False,
                             env=daemon.environment(), cwd=daemon.folder)
    assert status == 1 and "22012" in err and "9000-broken" in err
    assert cluster.value(empty, "SELECT count(*) FROM pg_namespace WHERE nspname IN ('rosterd', 'sync', 'sis')") == 0


def test_an_unmigrated_database_is_refused(home, installation, cluster, empty, template):
    daemon = lab.Daemon(home, installation, cluster, empty, "unmigrated")
    daemon.start(ready=False)
    assert daemon.process.wait(30) == 78
    assert "rosterd --migrate" in log_of(daemon)


# --- from a drop to the directory --------------------------------------------------------------------


def test_a_file_and_an_idle_poll(daemon, districts, package):
    districts.add(SLUG)
    districts.put(SLUG, package(District(40, 1)))
    run = districts.wait_run(SLUG)
    assert run["cause"] == "schedule" and run["file_name"] == "export.zip" and run["reason"] is None
    lab.wait_until(lambda: shown(daemon)["health"] == "ok", "it is not shown as ok", 10)
    # Polls that find nothing write nothing: what the database counts as written stays as it is.
    polls = "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_all_tables WHERE schemaname IN " \
            "('sis', 'directory', 'audit', 'stage', 'sync') OR schemaname = 'rosterd' AND relname NOT IN ('daemon')"

    def settled():
        before = districts.value(polls)
        for _ in range(2):
            wait_poll(daemon)
        return districts.value(polls) == before

    lab.wait_until(settled, "idle polls go on writing", 60)
    assert len(districts.runs(SLUG)) == 1


def shown(daemon, slug=SLUG):
    """What the daemon shows of the district; nothing at all before it knows it."""
    status, answer = daemon.get(f"/v1/districts/{slug}")
    return answer["district"] if status == 200 else collections.defaultdict(lambda: None)


def wait_poll(daemon):
    """Until the drop was listed once more than it is shown to have been."""
    before = shown(daemon)["last_poll_at"] or ""
    lab.wait_until(lambda: (shown(daemon)["last_poll_at"] or "") > before, lambda: f"no poll: {shown(daemon)}", 20)


# rule: UPD-6
def test_the_same_file_again_is_unchanged(daemon, districts, package):
    districts.add(SLUG)
    zip_file = package(District(40, 2))
    districts.put(SLUG, zip_file)
    first = districts.wait_run(SLUG)
    districts.put(SLUG, zip_file, "again.zip")
    again = districts.wait_run(SLUG, ("unchanged",), after=first["run_id"])
    assert again["file_sha256"] == first["file_sha256"]
    # A person who asks gets a run, though nothing is new.
    assert daemon.sync(SLUG)[0] == 202
    manual = districts.wait_run(SLUG, ("unchanged",), after=again["run_id"])
    assert manual["cause"] == "manual" and manual["requested_by"].startswith("uid:")


# rule: UPD-6
def test_a_setting_makes_the_rules_run_without_a_file(daemon, districts, package):
    districts.add(SLUG)
    districts.put(SLUG, package(District(40, 3)))
    first = districts.wait_run(SLUG)
    districts.sql("UPDATE rosterd.district SET phone_is_credential = false WHERE slug = %s", (SLUG,))
    again = districts.wait_run(SLUG, ("done", "unchanged"), after=first["run_id"])
    assert again["file_sha256"] is None
    assert districts.value("SELECT count(*) FROM directory.credential WHERE kind = 'phone'") == 0


# rule: UPD-6
def test_the_file_is_read_again_when_it_would_be_read_otherwise(daemon, districts, package, tmp_path):
    users = b"sourcedId,role,orgSourcedIds,givenName,familyName\r\nu1,student,s1,Ren\xe9,Low\r\n"
    path = tmp_path / "latin.zip"
    oneroster.write_zip(path, {"orgs": [oneroster.row("orgs", sourcedId="s1", name="North", type="school")], "users": users})
    districts.add(SLUG)
    districts.put(SLUG, path)
    first = districts.wait_run(SLUG)
    assert districts.value("SELECT count(*) FROM directory.person") == 0
    districts.sql("UPDATE rosterd.district SET file_encoding = 'windows-1252' WHERE slug = %s", (SLUG,))
    after = first["run_id"]
    again = districts.wait_run(SLUG, ("done",), after=after)
    while again["file_sha256"] is None:
        again = districts.wait_run(SLUG, ("done",), after=again["run_id"])
    assert again["file_sha256"] == first["file_sha256"]
    assert districts.sql("SELECT given_name FROM directory.person") == [("René",)]


def test_a_rejected_file_is_remembered(daemon, districts, package, tmp_path):
    districts.add(SLUG)
    broken = tmp_path / "broken.zip"
    broken.write_bytes(package(District(40, 4)).read_bytes()[:-700])
    districts.put(SLUG, broken, "day1.zip")
    run = districts.wait_run(SLUG, ("rejected",))
    assert run["reason"] == "zip.damaged" and run["owner"] == "district"
    seen = lab.wait_until(lambda: shown(daemon) if shown(daemon)["health"] == "failing" else None, "not failing", 10)
    assert seen["reason"] == "zip.damaged" and seen["owner"] == "district"
    # Later polls find it again and leave it alone; a restart changes nothing of that.
    daemon.stop()
    daemon.start()
    for _ in range(2):
        wait_poll(daemon)
    assert shown(daemon)["health"] == "failing"
    assert len(districts.runs(SLUG)) == 1
    # A better one makes it well.
    districts.put(SLUG, package(District(40, 4)), "day2.zip")
    districts.wait_run(SLUG, after=run["run_id"])
    lab.wait_until(lambda: shown(daemon)["health"] == "ok", "not well", 10)


@pytest.mark.parametrize("after", ["move", "delete"])
def test_the_file_is_settled_at_its_source(daemon, districts, package, after):
    drop = districts.add(SLUG, after=after)
    districts.put(SLUG, package(District(40, 5)))
    districts.wait_run(SLUG)
    lab.wait_until(lambda: not (drop / "export.zip").exists(), "the file is still there", 20)
    moved = [path for path in drop.rglob("*.zip")]
    assert len(moved) == (1 if after == "move" else 0)


# --- switches ----------------------------------------------------------------------------------------


# rule: OFF-1
def test_off_stops_the_polls_at_once(daemon, districts, package):
    districts.add(SLUG)
    wait_poll(daemon)
    districts.sql("UPDATE rosterd.district SET sync_enabled = false WHERE slug = %s", (SLUG,))
    lab.wait_until(lambda: shown(daemon)["sync"] == "off", "the switch is not shown", 10)
    districts.put(SLUG, package(District(40, 6)))
    status, answer = daemon.sync(SLUG)
    assert status == 409 and answer["code"] == "config.switched_off"
    assert shown(daemon)["next_poll_at"] is None
    districts.sql("UPDATE rosterd.district SET sync_enabled = true WHERE slug = %s", (SLUG,))
    districts.wait_run(SLUG)


def test_a_new_district_is_taken_up_at_once(make_daemon, districts, package):
    daemon = make_daemon(config={"schedule": {"reread_s": 3600}, "lease": {"ttl_s": 900}})
    districts.add(SLUG)
    districts.put(SLUG, package(District(40, 7)))
    districts.wait_run(SLUG, deadline_s=30)
    lab.wait_until(lambda: shown(daemon)["sync"] == "on", "it is not shown", 10)


def test_hostkey_is_shown_and_pinned(daemon, districts, sshd, package):
    districts.add(SLUG, host_keys=[])
    districts.put(SLUG, package(District(40, 8)))
    lab.wait_until(lambda: shown(daemon)["reason"] == "sftp.hostkey_unknown", lambda: shown(daemon), 20)
    status, answer = daemon.post(f"/v1/districts/{SLUG}/hostkey")
    assert status == 200 and answer["pinned"] == []
    assert {"type": "ssh-ed25519", "fingerprint": sshd.fingerprint, "pinned": False} in answer["offered"]
    status, answer = daemon.post(f"/v1/districts/{SLUG}/hostkey-accept", {"fingerprint": sshd.fingerprint})
    assert status == 200 and answer["pinned"] == [sshd.fingerprint]
    districts.wait_run(SLUG)


def test_asks_about_nobody(daemon, districts):
    districts.add("maple", on=False)
    assert daemon.sync("mapel")[0] == 404
    status, answer = daemon.post("/v1/districts/mapel/resume")
    assert status == 404 and "maple" in json.dumps(answer)
    status, answer = daemon.post("/v1/districts/maple/pause", {"until": "2001-01-01T00:00:00Z", "reason": "x"})
    assert status == 400 and "past" in answer["message"]


# --- signals -----------------------------------------------------------------------------------------


def test_term_when_idle(daemon, districts):
    districts.add(SLUG)
    wait_poll(daemon)
    assert daemon.stop() == 0
    assert not daemon.status_socket.exists() and not daemon.control_socket.exists()
    assert districts.value("SELECT count(*) FROM rosterd.lease WHERE daemon_id IS NOT NULL") == 0
    assert districts.value("SELECT count(*) FROM rosterd.daemon WHERE stopped_at IS NULL") == 0
    assert "stopped exit=0" in log_of(daemon)


# rule: SAFE-7
@pytest.mark.parametrize("place", ["staging", "planning"])
def test_term_interrupts_what_is_not_applied_yet(daemon, districts, gate, package, place):
    districts.add(SLUG)
    barrier = gate()
    if place == "staging":
        barrier.on_row("stage.enrollment", "NEW.line > 20", "INSERT")
    else:
        barrier.on_row("rosterd.run", "NEW.state = 'planning'", "UPDATE")
    districts.put(SLUG, package(District(60, 9)))
    barrier.wait()
    daemon.process.send_signal(signal.SIGTERM)
    if place == "planning":
        barrier.open()
    assert daemon.process.wait(30) == 0
    barrier.open()
    run = districts.wait_run(SLUG, ("interrupted",))
    assert run["reason"] == "daemon.stopped"
    assert districts.value("SELECT count(*) FROM directory.person") == 0
    # The next one begins where nothing had begun.
    daemon.start()
    districts.wait_run(SLUG, after=run["run_id"])


def test_term_lets_an_apply_end(daemon, districts, gate, package):
    districts.add(SLUG)
    barrier = gate()
    barrier.on_row("directory.person", "true", "INSERT")
    districts.put(SLUG, package(District(60, 10)))
    barrier.wait()
    daemon.process.send_signal(signal.SIGTERM)
    lab.wait_until(lambda: "stopping" in log_of(daemon), "the signal is not seen", 10)
    lab.wait_until(lambda: daemon.get("/v1/status")[1], "no answer while draining", 10)
    barrier.open()
    assert daemon.process.wait(30) == 0
    assert [run["state"] for run in districts.runs(SLUG)] == ["done"]


# rule: SAFE-7
def test_a_second_term_cuts_an_apply(daemon, districts, gate, package):
    districts.add(SLUG)
    barrier = gate()
    barrier.on_row("directory.person", "true", "INSERT")
    districts.put(SLUG, package(District(60, 11)))
    barrier.wait()
    daemon.process.send_signal(signal.SIGTERM)
    lab.wait_until(lambda: log_of(daemon).count("stopping") == 1, "the signal is not seen", 10)
    daemon.process.send_signal(signal.SIGTERM)
    assert daemon.process.wait(30) == 0
    barrier.open()
    assert [run["state"] for run in districts.runs(SLUG)] == ["interrupted"]
    assert districts.value("SELECT count(*) FROM directory.person") == 0


def test_hup_reloads_what_may_change(daemon, districts):
    daemon.config["log"] = {"level": "debug"}
    daemon.config["workers"]["stage"] = 4
    daemon.write_config()
    daemon.process.send_signal(signal.SIGHUP)
    lab.wait_until(lambda: "configuration reloaded needs_restart=workers.stage" in log_of(daemon), "not reloaded", 10)
    daemon.config_file.write_text("{")
    daemon.process.send_signal(signal.SIGHUP)
    lab.wait_until(lambda: "the configuration stays as it was" in log_of(daemon), "not refused", 10)
    assert daemon.get("/readyz")[0] == 200


# --- the database goes and comes ---------------------------------------------------------------------


def test_connections_are_lost_and_come_back(daemon, districts, cluster, package):
    districts.add(SLUG)
    districts.put(SLUG, package(District(40, 12)))
    first = districts.wait_run(SLUG)
    cluster.query("postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                  (districts.database,))
    districts.put(SLUG, package(District(40, 12, day=2)), "day2.zip")
    districts.wait_run(SLUG, after=first["run_id"])
    # It listens again: a switch is obeyed at once.
    districts.sql("UPDATE rosterd.district SET sync_enabled = false WHERE slug = %s", (SLUG,))
    lab.wait_until(lambda: shown(daemon)["sync"] == "off", "the switch is not shown", 10)


def test_it_waits_for_a_database_that_is_not_there(make_daemon, cluster, districts):
    daemon = make_daemon(start=False)
    name = districts.database
    cluster.query("postgres", f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
    daemon.start(ready=False)
    lab.wait_until(lambda: "the database cannot be reached" in log_of(daemon), "it does not say so", 20)
    assert daemon.get("/readyz")[0] == 503
    assert daemon.get("/healthz")[0] == 200
    assert daemon.process.poll() is None
    cluster.query("postgres", f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
    daemon.wait_ready()


def test_fetchers_that_die_are_started_again(daemon, districts, package):
    districts.add(SLUG)
    wait_poll(daemon)
    for pid in daemon.children("rosterd-fetch"):
        os.kill(pid, signal.SIGKILL)
    districts.put(SLUG, package(District(40, 13)))
    districts.wait_run(SLUG)
    assert "rosterd-fetch ended unexpectedly" in log_of(daemon)


# --- two of them -------------------------------------------------------------------------------------


# rule: SAFE-8
def test_a_daemon_that_is_stopped_for_long_is_taken_for_dead(make_daemon, districts, package):
    """SIGSTOP for longer than the lease: the other takes over; awake again, it begins anew."""
    one, two = make_daemon("one"), make_daemon("two")
    slugs = ["elm", "oak"]
    for slug in slugs:
        districts.add(slug)

    def owners():
        return {row[0] for row in districts.sql("SELECT daemon_id FROM rosterd.lease")}

    lab.wait_until(lambda: len(owners()) == 2 and None not in owners(), "not shared", 30)
    one.process.send_signal(signal.SIGSTOP)
    try:
        for slug in slugs:
            districts.put(slug, package(District(40, 14)))
        for slug in slugs:
            districts.wait_run(slug)
        lab.wait_until(lambda: len(owners()) == 1, "not taken over", 30)
    finally:
        one.process.send_signal(signal.SIGCONT)
    lab.wait_until(lambda: "this daemon was taken for dead" in log_of(one), "it does not notice", 30)
    lab.wait_until(lambda: len(owners()) == 2 and None not in owners(), "not shared again", 30)
    for slug in slugs:
        last = districts.runs(slug)[-1]["run_id"]
        districts.put(slug, package(District(40, 14, day=2)), "day2.zip")
        districts.wait_run(slug, after=last)
    with contextlib.suppress(KeyError):
        assert {run["state"] for slug in slugs for run in districts.runs(slug)} <= {"done", "interrupted"}
