"""What is installed for systemd: units that verify and are well shut in, users, folders, catalog,
manual pages. No systemd runs here; its own tools look at the files."""

import re
import shutil
import subprocess

import lab
import pytest

EXPOSURE_MAX = 15  # tenths: the score systemd-analyze gives, 1.5


@pytest.fixture(scope="module")
def prefix(installation):
    return installation.rosterctl.parent.parent


def run(*words, **options):
    return subprocess.run([str(w) for w in words], capture_output=True, text=True, check=False, **options)


def test_units_verify(prefix, tmp_path):
    units = sorted((prefix / "lib/systemd/system").glob("rosterd*"))
    assert [u.name for u in units] == ["rosterd-control.socket", "rosterd-status.socket", "rosterd.service"]
    for unit in units:
        # The program is where this test's installation is, which systemd need not care for.
        text = re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", unit.read_text(), flags=re.M)
        (tmp_path / unit.name).write_text(text)
    result = run("systemd-analyze", "verify", "--man=no", *sorted(tmp_path.iterdir()))
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_service_is_well_shut_in(prefix):
    result = run("systemd-analyze", "security", "--offline=true", f"--threshold={EXPOSURE_MAX}", "--no-pager",
                 prefix / "lib/systemd/system/rosterd.service")
    assert result.returncode == 0, result.stdout


def test_service_lets_the_workers_sandbox_work(prefix):
    """systemd has these calls in no group: without their names the worker could not lock itself down."""
    text = (prefix / "lib/systemd/system/rosterd.service").read_text()
    allowed = [line for line in text.splitlines() if line.startswith("SystemCallFilter=") and "~" not in line]
    for call in ("seccomp", "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self"):
        assert any(re.search(rf"[= ]{call}\b", line) for line in allowed), call
    # A user namespace would call every caller of control.sock nobody.
    assert not re.search(r"^PrivateUsers=(yes|true|1)", text, re.M)


def test_sockets_have_names_groups_and_modes(prefix):
    for name, group in (("status", "rosterd-view"), ("control", "rosterd-admin")):
        text = (prefix / f"lib/systemd/system/rosterd-{name}.socket").read_text()
        for line in (f"ListenStream=/run/rosterd/{name}.sock", f"FileDescriptorName={name}",
                     f"SocketGroup={group}", "SocketUser=root", "SocketMode=0660", "PartOf=rosterd.service"):
            assert line in text.splitlines(), line


def test_users_and_folders(prefix, tmp_path):
    sysusers = prefix / "lib/sysusers.d/rosterd.conf"
    tmpfiles = prefix / "lib/tmpfiles.d/rosterd.conf"
    if shutil.which("systemd-sysusers") is None:
        pytest.skip("no systemd-sysusers here")
    (tmp_path / "etc").mkdir()
    result = run("systemd-sysusers", f"--root={tmp_path}", sysusers)
    assert result.returncode == 0, result.stderr
    users = (tmp_path / "etc/passwd").read_text()
    groups = dict(line.split(":", 1) for line in (tmp_path / "etc/group").read_text().splitlines())
    assert re.search(r"^rosterd:.*:/usr/sbin/nologin$", users, re.M)
    assert {"rosterd", "rosterd-view", "rosterd-admin"} <= groups.keys()
    # The daemon is in neither group: no program it starts can use control.sock.
    assert groups["rosterd-admin"].endswith(":") and groups["rosterd-view"].endswith(":")
    result = run("systemd-tmpfiles", "--create", f"--root={tmp_path}", tmpfiles)
    assert result.returncode == 0, result.stderr
    for folder, mode in (("run/rosterd", 0o755), ("var/lib/rosterd/spool", 0o700),
                         ("var/lib/rosterd/credentials", 0o700)):
        assert (tmp_path / folder).stat().st_mode & 0o7777 == mode, folder


def test_catalog_has_every_cause(prefix, tmp_path):
    catalog = prefix / "lib/systemd/catalog/rosterd.catalog"
    causes = re.findall(r'^CAUSE\(\w+, "([^"]+)"', (lab.SOURCE / "lib/causes.def").read_text(), re.M)
    text = catalog.read_text()
    ids = re.findall(r"^-- ([0-9a-f]{32})$", text, re.M)
    assert len(ids) == len(set(ids)) == len(causes) - 1  # none is no event
    for cause in causes[1:]:
        assert f"({cause})" in text, cause
    folder = tmp_path / "usr/lib/systemd/catalog"
    folder.mkdir(parents=True)
    shutil.copy(catalog, folder)
    (tmp_path / "var/lib/systemd/catalog").mkdir(parents=True)
    result = run("journalctl", f"--root={tmp_path}", "--update-catalog")
    assert result.returncode == 0, result.stderr
    result = run("journalctl", f"--root={tmp_path}", "--list-catalog")
    assert result.stdout.count("rosterd:") == len(ids), result.stdout + result.stderr


def test_manual(prefix):
    if shutil.which("scdoc") is None:
        pytest.skip("no scdoc here")
    pages = {p.name for p in (prefix / "share/man").rglob("*.[1-8]")}
    assert {"rosterctl.1", "rosterd.8", "rosterd.json.5", "rosterd-errors.7"} <= pages


def test_manual_names_every_key():
    """The table of keys in config.c, and rosterd.json(5)."""
    source = (lab.SOURCE / "daemon/rosterd/config.c").read_text()
    keys = re.findall(r'^    \{(?:"(\w+)"|NULL), "(\w+)", TYPE_', source, re.M)
    page = (lab.SOURCE / "docs/man/rosterd.json.5.scd").read_text().replace("\\_", "_")
    assert len(keys) > 20
    for section, name in keys:
        full = f"{section}.{name}" if section else name
        assert f"*{full}*" in page, full


def test_manual_tells_defaults_and_ranges():
    """Of each number in config.c's table: what the program takes is what rosterd.json(5) says."""
    source = re.sub(r"\s+", " ", (lab.SOURCE / "daemon/rosterd/config.c").read_text())
    named = {"DAY_S": 86400.0, "CONFIG_SLOTS_MAX": 8.0}
    page = (lab.SOURCE / "docs/man/rosterd.json.5.scd").read_text().replace("\\_", "_")
    rows = re.findall(r'\{"(\w+)", "(\w+)", TYPE_(?:INTEGER|REAL), AT\([\w.]+\), \w+, NULL, ([^,]+), ([^,]+), ([^}]+)\}', source)
    assert len(rows) > 20
    for section, name, *numbers in rows:
        told = re.search(rf"\*{section}\.{name}\* \(default: ([\d.]+)[^;]*; ([\d.]+) to ([\d.]+)\)", page)
        assert told, f"{section}.{name}"
        assert [float(number) for number in told.groups()] == [named.get(n) or float(n) for n in numbers], f"{section}.{name}"


def test_manual_names_every_verb(installation):
    page = (lab.SOURCE / "docs/man/rosterctl.1.scd").read_text()
    for verb in run(installation.rosterctl, "__complete", "verbs").stdout.split():
        assert f"*{verb}*" in page, verb


def test_messages_name_verbs_that_are_there(installation):
    """What people are told to type: in the causes, in the database's hints, in the pages' code."""
    verbs = set(run(installation.rosterctl, "__complete", "verbs").stdout.split())
    places = [lab.SOURCE / "lib/causes.def", *(lab.SOURCE / "daemon").rglob("*.c"),
              *(lab.SOURCE / "sql/functions").rglob("*.sql"), *(lab.SOURCE / "sql/views").glob("*.sql")]
    told = [(path, verb) for path in places for verb in re.findall(r"(?:-> |: |or |, |at |then |\")rosterctl ([a-z]+)", path.read_text())]
    for path in [lab.SOURCE / "README.md", *(lab.SOURCE / "docs").rglob("*.md")]:
        told += [(path, verb) for verb in re.findall(r"(?:`|^)rosterctl ([a-z]+)", path.read_text(), re.M)]
    assert len(told) > 80
    assert [(path.name, verb) for path, verb in told if verb not in verbs] == []


def test_manual_names_every_act():
    """What control.sock takes, in http_control.c, and rosterd(8)."""
    source = (lab.SOURCE / "daemon/rosterd/http_control.c").read_text()
    acts = re.findall(r'^    \{"(districts|plans|runs)", "([a-z-]+)", ASK_', source, re.M)
    page = (lab.SOURCE / "docs/man/rosterd.8.scd").read_text()
    assert len(acts) >= 9
    for of, word in acts:
        assert re.search(rf"^/v1/{of}/\w+/{word} ", page, re.M), word


def test_metrics_page_names_every_family():
    source = (lab.SOURCE / "daemon/rosterd/http_metrics.c").read_text()
    families = set(re.findall(r'"((?:rosterd|process)_[a-z_]+)"', source))
    page = (lab.SOURCE / "docs/metrics.md").read_text()
    listed = set(re.findall(r"^\| `((?:rosterd|process)_[a-z_]+)", page, re.M))
    assert listed == families


def test_example_configuration(installation, tmp_path):
    example = lab.SOURCE / "systemd/rosterd.json.example"
    result = run(installation.rosterd, "--config", example, "--check-config", cwd=tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr


def test_completion(installation):
    """What bash would offer; names of districts need a daemon, without one there are none."""
    script = installation.prefix / "share/bash-completion/completions/rosterctl"

    def offered(*words):
        line = " ".join(f"'{w}'" for w in words)
        result = run("bash", "-c", f'PATH="{installation.rosterctl.parent}:$PATH"; . "{script}"; COMP_WORDS=({line}); '
                     f'COMP_CWORD={len(words) - 1}; _rosterctl; printf "%s\\n" "${{COMPREPLY[@]}}"',
                     env={"PATH": "/usr/bin:/bin", "ROSTERCTL_SOCKET": "/nowhere"})
        assert result.stderr == ""
        return result.stdout.split()

    assert offered("rosterctl", "dist") == ["districts", "district"]
    assert offered("rosterctl", "--json", "expl") == ["explain"]
    assert "sftp.auth" in offered("rosterctl", "explain", "sftp.")
    assert offered("rosterctl", "sync", "x", "--w") == ["--wait"]
    assert offered("rosterctl", "runs", "--state", "rej") == ["rejected"]
    assert offered("rosterctl", "district", "m") == []
