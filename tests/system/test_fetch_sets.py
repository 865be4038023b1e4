"""rosterd-fetch and loose files, which are fetched as one set."""

import hashlib
import pathlib
import random
import zipfile

import fetcher as fetchers
import lab
import pytest
from fetching import MEGABYTE, assert_error, bring

# --- loose files ------------------------------------------------------------------------------------

SET = {"orgs.csv": b"orgs", "classes.csv": b"classes " * 5000, "users.csv": random.Random(1).randbytes(MEGABYTE),
       "enrollments.csv": b"enrollments"}


class Loose:
    """A drop with loose CSV files."""

    def __init__(self, place, fetcher):
        self.place, self.fetcher = place, fetcher

    def put(self, files, mtime=1_700_000_000):
        for name, content in files.items():
            self.place.put(name, content, mtime)

    def job(self, **more):
        return self.place.job(pattern="*.csv", **more)

    def ready(self, **more):
        """A poll of a set that the poll before saw too."""
        first = self.fetcher.run(self.job(**more))
        assert first["event"] == "waiting", first
        return self.job(seen=first["seen"], **more)


@pytest.fixture
def loose(place, fetcher):
    return Loose(place, fetcher)


def assert_set(event, files):
    """One zip came, of the files that are read; its name is its hash, its files are told."""
    assert event["event"] == "fetched", event
    path = pathlib.Path(event["file"])
    assert event["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest() == path.stem
    with zipfile.ZipFile(path) as package:
        assert package.testzip() is None
        assert {info.filename: package.read(info) for info in package.infolist()} == files


def test_a_set_becomes_one_zip(loose, fetcher):
    loose.put(SET)
    loose.put({"demographics.csv": b"private", "notes.txt": b"x", "old.zip": b"x"})
    event = fetcher.run(loose.ready())
    assert_set(event, SET | {"demographics.csv": b""})
    assert event["size"] == sum(map(len, SET.values())) and event["name"].startswith("csv-set-")
    assert fetcher.run(loose.job(known={k: event[k] for k in ("name", "size", "mtime")}))["event"] == "nothing"
    # The same content another night: the same zip.
    loose.put(SET, mtime=1_700_000_500)
    again = fetcher.run(loose.ready(known={k: event[k] for k in ("name", "size", "mtime")}))
    assert again["sha256"] == event["sha256"] and again["name"] != event["name"]


def test_a_set_waits_until_it_can_be_complete(loose, fetcher):
    loose.put({name: SET[name] for name in ("orgs.csv", "users.csv", "classes.csv")})
    seen = fetcher.run(loose.job())["seen"]
    event = fetcher.run(loose.job(seen=seen))
    assert (event["event"], event["why"]) == ("waiting", "incomplete")
    loose.put({"enrollments.csv": b"enr"})
    event = fetcher.run(loose.job(seen=event["seen"]))
    assert (event["event"], event["why"]) == ("waiting", "growing")
    assert fetcher.run(loose.job(seen=event["seen"]))["event"] == "fetched"


def test_a_set_with_a_marker(loose, fetcher):
    loose.put(SET)
    assert fetcher.run(loose.job(ready="marker"))["why"] == "no-marker"
    loose.put({"upload.done": b""})
    assert_set(fetcher.run(loose.job(ready="marker")), SET)


def test_limits_hold_for_the_set(loose, fetcher):
    loose.put(SET)
    job = loose.ready()
    size = sum(map(len, SET.values()))
    assert_error(fetcher.run(job | {"max_bytes": size}), "file.too_large")
    assert_error(fetcher.run(job | {"quota_bytes": size}), "spool.full")
    whole = sum(92 + 2 * len(name) for name in SET) + 22 + size
    assert_error(fetcher.run(job | {"max_bytes": whole - 1}), "file.too_large")
    assert fetcher.run(job | {"max_bytes": whole, "quota_bytes": whole})["event"] == "fetched"
    loose.put({f"{n}.csv": b"" for n in range(61)})
    assert_error(fetcher.run(loose.job()), "zip.limit", "64")


@pytest.mark.parametrize("change", ["replaced", "new", "last", "gone"])
def test_a_set_that_changes_while_it_is_read(loose, fetcher, change):
    """classes.csv is replaced (a file comes, one goes) while users.csv, the last, is on its way."""
    users = random.randbytes(4 * MEGABYTE)
    loose.put(SET | {"users.csv": users})
    job = loose.ready()
    with fetchers.Line(loose.place.sshd.port, silent_after=3 * MEGABYTE) as line:
        number = fetcher.start(job | {"port": line.port})
        lab.wait_until(lambda: any(path.stat().st_size > MEGABYTE for path in fetcher.spool.iterdir()), "no bytes")
        if change == "replaced":
            loose.put({"classes.csv": SET["classes.csv"]}, mtime=1_700_000_001)
        elif change == "new":
            loose.put({"roles.csv": b"roles"})
        elif change == "last":
            loose.put({"users.csv": users[::-1]}, mtime=1_700_000_001)
        else:
            (loose.place.folder / "classes.csv").unlink()
        line.speak()
        event = fetcher.final(number)
    if change == "gone":
        assert_set(event, SET | {"users.csv": users})
    else:
        assert_error(event, "sftp.changed")
        assert fetcher.spooled() == []


def test_a_set_is_brought_once_more(loose, fetcher):
    loose.put(SET)
    event = fetcher.run(loose.ready())
    bring = loose.place.job(op="bring", sha256=event["sha256"], **{k: event[k] for k in ("name", "size", "mtime")})
    pathlib.Path(event["file"]).unlink()
    assert_set(fetcher.run(bring), SET)
    loose.put({"orgs.csv": b"sgro"}, mtime=1_700_000_001)
    assert_error(fetcher.run(bring), "file.gone")


@pytest.mark.parametrize("after", ["move", "delete"])
def test_a_set_is_settled_file_by_file(loose, fetcher, after):
    files = SET | {"manifest.csv": b"manifest", "demographics.csv": b"private"}
    loose.put(files)
    loose.put({"notes.txt": b"stays", "upload.done": b""})
    event = fetcher.run(loose.ready())
    settle = loose.place.job(op="settle", after=after, **{k: event[k] for k in ("name", "size", "mtime", "sha256")})
    loose.put({"orgs.csv": b"newer"}, mtime=1_700_000_001)
    assert_error(fetcher.run(settle), "sftp.changed", "left as they are")
    loose.put({"orgs.csv": b"orgs"})
    assert fetcher.run(settle)["event"] == "settled"
    assert {path.name for path in loose.place.folder.iterdir()} - {"processed"} == {"notes.txt", "upload.done"}
    if after == "move":
        moved = {path.name for path in (loose.place.folder / "processed").iterdir()}
        assert moved == {f"{event['sha256'][:16]}-{name}" for name in files}


def test_a_fetcher_that_dies_in_mid_set_leaves_nothing(loose, make_fetcher):
    loose.put(SET | {"users.csv": random.randbytes(4 * MEGABYTE)})
    job = loose.ready()
    first = make_fetcher()
    with fetchers.Line(loose.place.sshd.port, silent_after=2 * MEGABYTE) as line:
        first.start(job | {"port": line.port, "spool": str(first.spool)})
        lab.wait_until(lambda: any(path.stat().st_size > 100_000 for path in first.spool.iterdir()), "no bytes")
        first.process.kill()
        first.process.wait()
    second = make_fetcher()
    event = second.run(job | {"spool": str(first.spool)})
    assert event["event"] == "fetched" and first.spooled() == [pathlib.Path(event["file"]).name]
    assert second.close() == 0
