#!/usr/bin/python3
"""Two days in the life of three made-up districts. Run it with ./dev demo [--keep].

Makes a private PostgreSQL and a private OpenSSH server in a temporary folder, migrates the schema,
starts rosterd, uploads each district's export with the sftp program, and shows what happens.
"""

import argparse
import contextlib
import os
import signal
import sys
import time

import lab
from district import District

# slug, name, students, seed
DISTRICTS = (
    ("maple-valley", "Maple Valley Schools", 60, 11),
    ("harbor-city", "Harbor City Public Schools", 400, 12),
    ("red-rock", "Red Rock Unified", 1500, 13),
)
STORY_SLUG = DISTRICTS[0][0]
BOLD, DIM, PLAIN = ("\033[1m", "\033[2m", "\033[0m") if sys.stdout.isatty() else ("", "", "")


def title(text):
    print(f"\n{BOLD}== {text}{PLAIN}", flush=True)


def show(text):
    print("   " + text.rstrip("\n").replace("\n", "\n   "), flush=True)


def table(cluster, caption, sql, args=None):
    """A query and its answer, as a reader would want to see it."""
    print(f"\n   {caption}", flush=True)
    with contextlib.closing(cluster.connect("rosterd")) as connection, connection.cursor() as cursor:
        cursor.execute(sql, args)
        heads = [column.name.replace("_", " ") for column in cursor.description]
        rows = [["" if v is None else str(v) for v in row] for row in cursor.fetchall()]
    widths = [max(len(r[n]) for r in [heads, *rows]) for n in range(len(heads))]
    for number, cells in enumerate([heads, *rows]):
        line = "  ".join(cell.ljust(width) for cell, width in zip(cells, widths)).rstrip()
        print(f"     {DIM}{line}{PLAIN}" if number == 0 else f"     {line}", flush=True)


class Demo:
    def __init__(self, home):
        self.home = home
        self.began = time.monotonic()
        self.stack = contextlib.ExitStack()

    def step(self, text):
        print(f"   {DIM}{time.monotonic() - self.began:5.1f} s{PLAIN}  {text}", flush=True)

    def set_up(self):
        title("A private PostgreSQL, a private OpenSSH server, a private rosterd")
        self.step(f"everything is in {self.home.path}, as user {lab.account().pw_name}")
        installation = lab.Installation(self.home, lab.default_prefix())
        self.cluster = lab.Cluster(self.home)
        self.stack.callback(self.cluster.stop)
        self.cluster.start()
        self.cluster.create("rosterd")
        self.step("PostgreSQL answers on a Unix socket")
        self.sshd = lab.Sshd(self.home)
        self.stack.callback(self.sshd.stop)
        self.sshd.start()
        self.step(f"OpenSSH with internal-sftp listens on 127.0.0.1:{self.sshd.port}")
        self.daemon = lab.Daemon(self.home, installation, self.cluster, "rosterd", sshd=self.sshd)
        self.daemon.migrate()
        self.step("rosterd --migrate made the schema")
        self.stack.callback(self.daemon.stop)
        self.daemon.start()
        self.step("rosterd is ready: its sockets answer, it follows the table of districts")

    def onboard(self):
        title("Three districts are onboarded: switched off, no host key pinned")
        self.districts = lab.Districts(self.home, self.cluster, "rosterd", self.sshd)
        for slug, name, *_ in DISTRICTS:
            self.districts.add(slug, name, on=False, host_keys=[], ready="two-polls", poll_every="1 second")
            self.step(f"SELECT rosterd.onboard('{slug}', '{name}', '127.0.0.1', …)")
        slug = STORY_SLUG
        self.wait_known()
        print(f"\n   rosterctl hostkey {slug}")
        show(self.daemon.ctl("hostkey", slug, check=False)[1])
        for slug, *_ in DISTRICTS:
            self.daemon.ctl("hostkey", slug, "--accept", self.sshd.fingerprint)
            self.districts.sql("SELECT rosterd.set_sync(%s, true, 'demo')", (slug,))
            self.step(f"{slug}: host key pinned, sync switched on")

    def wait_known(self):
        """Until the daemon has seen every district in the table."""
        lab.wait_until(
            lambda: len(self.daemon.get("/v1/districts")[1].get("districts", [])) == len(DISTRICTS),
            "the daemon does not show the districts", 20)

    def upload(self, day):
        stories = {}
        for slug, name, students, seed in DISTRICTS:
            district = District(students, seed, day, name=name)
            stories[slug] = district.story
            package = self.home.path / f"{slug}-{day}.zip"
            district.write(package)
            lab.give(package)
            drop = self.districts.drop(slug)
            self.sshd.sftp([f"put {package} {drop}/export.zip.part",
                            f"rename {drop}/export.zip.part {drop}/export.zip"])
            counts = district.counts()
            self.step(f"sftp put {slug}/export.zip: {counts['users']} users, {counts['classes']} classes, "
                      f"{counts['enrollments']} enrollments, {package.stat().st_size // 1024} KiB")
        return stories

    def watch(self, after):
        """Print each district's run as it moves, from the status socket, until all have settled."""
        said = {}
        settled = {}

        def look():
            for run in self.daemon.get("/v1/runs")[1].get("runs", []):
                if run["run_id"] <= after:
                    continue
                now = (run["district"], run["state"])
                if said.get(run["run_id"]) != now:
                    said[run["run_id"]] = now
                    self.step(f"run {run['run_id']} {run['district']}: {run['state']}")
                if run["state"] in lab.SETTLED:
                    settled[run["district"]] = run
            return len(settled) == len(DISTRICTS)

        lab.wait_until(look, lambda: f"only {sorted(settled)} have settled\n{lab.tail(self.daemon.log)}", 60)
        lab.wait_until(lambda: all(d["health"] == "ok" for d in self.daemon.get("/v1/districts")[1]["districts"]),
                       "the districts are not well", 30)
        return settled

    def first_day(self):
        title("Day 1: the districts upload their exports")
        self.upload(1)
        self.watch(0)
        for words in (["districts"], ["runs"], ["findings", STORY_SLUG]):
            print(f"\n   rosterctl {' '.join(words)}")
            show(self.daemon.ctl(*words)[1])
        table(self.cluster, "The directory, as the app sees it", """
            SELECT d.name AS district,
                   (SELECT count(*) FROM directory.school AS s WHERE s.district_id = d.district_id) AS schools,
                   (SELECT count(*) FROM directory.classroom AS c WHERE c.district_id = d.district_id) AS classrooms,
                   (SELECT count(DISTINCT r.person_id) FROM directory.role AS r
                    WHERE r.district_id = d.district_id AND r.role = 'student') AS students,
                   (SELECT count(DISTINCT r.person_id) FROM directory.role AS r
                    WHERE r.district_id = d.district_id AND r.role = 'teacher') AS teachers,
                   (SELECT count(DISTINCT g.guardian_id) FROM directory.guardianship AS g
                    WHERE g.district_id = d.district_id) AS guardians,
                   (SELECT count(*) FROM directory.member AS m WHERE m.district_id = d.district_id) AS memberships,
                   (SELECT count(*) FROM directory.invitation AS i
                    WHERE i.district_id = d.district_id AND i.state = 'open') AS invitations
            FROM rosterd.district AS d ORDER BY d.district_id""")

    def second_day(self):
        title("Day 2: a family left, a class is gone, an e-mail came, a phone changed, a student moved")
        after = max(r["run_id"] for slug, *_ in DISTRICTS for r in self.districts.runs(slug))
        story = self.upload(2)[STORY_SLUG]
        run = self.watch(after)[STORY_SLUG]["run_id"]
        for words in (["run", str(run)], ["district", STORY_SLUG]):
            print(f"\n   rosterctl {' '.join(words)}")
            show(self.daemon.ctl(*words)[1])
        self.tell(story, run)

    def tell(self, story, run):
        """The story of day 2 in one district, each part with the question that shows it."""
        title(f"What changed in {STORY_SLUG}, and why")
        district = self.districts.ident(STORY_SLUG)
        base = {"d": district, "run": run}
        table(self.cluster, "The audit of the run: what was changed under which rule", """
            SELECT rule, relation, count(*) AS rows FROM audit.change
            WHERE district_id = %(d)s AND run_id = %(run)s GROUP BY 1, 2 ORDER BY 1, 2""", base)
        table(self.cluster, "A family left: archived, in no active classroom, invitations closed", """
            SELECT p.sourced_id, p.given_name, p.family_name,
                   coalesce((SELECT string_agg(DISTINCT r.role || ' ' || r.state, ', ') FROM directory.role AS r
                             WHERE r.district_id = p.district_id AND r.person_id = p.person_id), 'guardian') AS role,
                   (SELECT count(*) FROM directory.member AS m JOIN directory.classroom AS c USING (district_id, classroom_id)
                    WHERE m.district_id = p.district_id AND m.person_id = p.person_id AND c.state = 'active') AS active_classrooms,
                   (SELECT count(*) FROM directory.invitation AS i
                    WHERE i.district_id = p.district_id AND i.person_id = p.person_id AND i.state = 'open') AS open_invitations
            FROM directory.person AS p WHERE p.district_id = %(d)s AND p.sourced_id = ANY (%(who)s)
            ORDER BY p.sourced_id""",
              {**base, "who": story["family_leaves"]["students"] + story["family_leaves"]["guardians"]})
        table(self.cluster, "A class is gone: archived with its roster", """
            SELECT c.sourced_id, c.name, c.state, c.archived_by,
                   (SELECT count(*) FROM directory.member AS m WHERE m.district_id = c.district_id
                    AND m.classroom_id = c.classroom_id) AS members
            FROM directory.classroom AS c WHERE c.district_id = %(d)s AND c.sourced_id = %(class)s""",
              {**base, "class": story["class_gone"]})
        table(self.cluster, "A guardian got an e-mail of their own, so they are added and invited", """
            SELECT p.sourced_id, p.status, p.created_by_run = %(run)s AS added_by_this_run, i.kind, i.value, i.state
            FROM directory.person AS p LEFT JOIN directory.invitation AS i USING (district_id, person_id)
            WHERE p.district_id = %(d)s AND p.sourced_id = %(who)s""", {**base, "who": story["gets_email"]})
        table(self.cluster, "A phone changed: the old invitation is closed, a new one is open", """
            SELECT p.sourced_id, i.kind, i.value, i.state
            FROM directory.person AS p JOIN directory.invitation AS i USING (district_id, person_id)
            WHERE p.district_id = %(d)s AND p.sourced_id = %(who)s ORDER BY i.invitation_id""",
              {**base, "who": story["new_phone"]})
        move = story["moves"]
        table(self.cluster, f"A student moved from {move['from']} to {move['to']}", """
            SELECT p.sourced_id, c.sourced_id AS class, c.name
            FROM directory.person AS p JOIN directory.member AS m USING (district_id, person_id)
            JOIN directory.classroom AS c USING (district_id, classroom_id)
            WHERE p.district_id = %(d)s AND p.sourced_id = %(who)s ORDER BY c.sourced_id""",
              {**base, "who": move["student"]})
        table(self.cluster, "Guardians who are not added yet, and why", """
            SELECT f.sourced_id, f.code, f.message FROM rosterd.open_findings AS f
            WHERE f.slug = %(slug)s AND f.code LIKE 'guardian.%%' AND f.code <> 'guardian.contested' ORDER BY f.sourced_id""", {"slug": STORY_SLUG})

    def keep(self):
        title("Everything stays up; Ctrl-C ends it")
        export = f"ROSTERCTL_SOCKET={self.daemon.status_socket} ROSTERCTL_CONTROL={self.daemon.control_socket}"
        program = self.daemon.installation.rosterctl
        be = "" if os.geteuid() else f"  (as root, or: setpriv --reuid={lab.account().pw_name} --clear-groups …)"
        show(f"""export {export}
{program} status{be}
{program} district {STORY_SLUG}
{program} check
psql -h {self.cluster.sockets} -U postgres rosterd
curl --unix-socket {self.daemon.status_socket} http://localhost/v1/status
sftp -i {self.sshd.client_key} -o UserKnownHostsFile={self.sshd.folder}/known_hosts -P {self.sshd.port} {self.sshd.user}@127.0.0.1
less {self.daemon.log}""")
        signal.sigwait({signal.SIGINT, signal.SIGTERM})


def main():
    parser = argparse.ArgumentParser(prog="./dev demo", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--keep", action="store_true", help="stay up and print the commands to look around")
    args = parser.parse_args()
    # SIGTERM ends the demo the way Ctrl-C does: with everything stopped and removed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    home = lab.Home()
    demo = Demo(home)
    try:
        with demo.stack:
            demo.set_up()
            demo.onboard()
            demo.first_day()
            demo.second_day()
            if args.keep:
                signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
                demo.keep()
        print(f"\n{BOLD}Done in {time.monotonic() - demo.began:.0f} s; everything is stopped and removed.{PLAIN}")
        return 0
    except KeyboardInterrupt:
        print("\ninterrupted; everything is stopped and removed")
        return 130
    except lab.LabError as error:
        print(f"\nthe demo failed: {error}", file=sys.stderr)
        return 1
    finally:
        home.remove()


if __name__ == "__main__":
    sys.exit(main())
