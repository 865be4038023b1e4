"""rosterd-fetch alone: real OpenSSH, servers that lie, lines that fail. Driven as the daemon drives it."""

import contextlib
import hashlib
import os
import pathlib
import random
import signal
import socket
import subprocess
import threading
import zipfile

import fetcher as fetchers
import lab
import liar
import pytest
from liar import Drop, Entry, Liar

MEGABYTE = 1_000_000


@pytest.fixture(scope="module")
def program(request, home):
    """ROSTERD_FETCH names a program that is not installed."""
    built = os.environ.get("ROSTERD_FETCH")
    if not built:
        return request.getfixturevalue("installation").fetch
    return home.write("rosterd-fetch", pathlib.Path(built).read_bytes(), 0o700)


@pytest.fixture(scope="module")
def keyed_sshd(home):
    server = fetchers.KeyedSshd(home, "keyed")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def make_fetcher(home, program, keyed_sshd):
    made = []

    def make():
        made.append(fetchers.Fetcher(home, program, f"fetch{random.getrandbits(32):x}", keyed_sshd))
        return made[-1]

    yield make
    for one in made:
        words = one.complaints()
        one.stop()
        assert "Sanitizer" not in words and "runtime error" not in words, words


@pytest.fixture
def fetcher(make_fetcher):
    """Ends by itself at the end of the test, with nothing left on its loop."""
    one = make_fetcher()
    yield one
    if one.process.poll() is None:
        assert one.close() == 0, one.complaints()
        assert [name for name in one.spooled() if not name.endswith(".zip")] == []


class Place:
    """A drop on the OpenSSH server."""

    def __init__(self, home, sshd, fetcher):
        self.folder = home.folder(f"drop{random.getrandbits(32):x}")
        self.sshd, self.fetcher = sshd, fetcher

    def put(self, name, content, mtime=1_700_000_000):
        path = self.folder / name
        path.write_bytes(content)
        os.utime(path, (mtime, mtime))
        return lab.give(path)

    def job(self, **more):
        return {"op": "poll", "host": "127.0.0.1", "port": self.sshd.port, "username": self.sshd.user,
                "credential": "drop", "host_keys": [self.sshd.keys["ed25519"]], "path": str(self.folder),
                "pattern": "*.zip", "ready": "two-polls", "seen": [], "known": None,
                "spool": str(self.fetcher.spool), "max_bytes": 1 << 40, "quota_bytes": 1 << 40, "depth": 32,
                "connect_ms": 10_000, "silence_ms": 10_000, "total_ms": 60_000, **more}

    def taken(self, path):
        status = path.stat()
        return {"name": path.name, "size": status.st_size, "mtime": int(status.st_mtime)}


@pytest.fixture
def place(home, keyed_sshd, fetcher):
    return Place(home, keyed_sshd, fetcher)


def liar_job(server, fetcher, **more):
    """A poll that takes a.zip of a Drop at once."""
    entry = server.drop.entries[0] if server.drop.entries else Entry(b"a.zip", 1, 1000)
    fetcher.secret("school.password", "right\n")
    return {"op": "poll", "host": "127.0.0.1", "port": server.port, "username": "school", "credential": "school",
            "host_keys": [server.fingerprint], "path": "/", "pattern": "*.zip", "ready": "two-polls",
            "seen": [{"name": "a.zip", "size": entry.size, "mtime": entry.mtime}], "spool": str(fetcher.spool),
            "connect_ms": 10_000, "silence_ms": 10_000, "total_ms": 60_000, **more}


def assert_error(event, reason, *words):
    assert event["event"] == "error" and event["reason"] == reason, event
    for word in words:
        assert word in event["detail"], event


def assert_fetched(event, content):
    assert event["event"] == "fetched", event
    path = pathlib.Path(event["file"])
    assert path.read_bytes() == content
    assert event["sha256"] == hashlib.sha256(content).hexdigest() == path.stem
    assert path.stat().st_mode & 0o777 == 0o600
    assert event["size"] == len(content)


# --- looking and bringing ---------------------------------------------------------------------------


def test_two_polls_then_the_file(place, fetcher):
    content = random.randbytes(3 * MEGABYTE)
    path = place.put("Export 2026.zip", content)
    first = fetcher.run(place.job())
    assert (first["event"], first["why"]) == ("waiting", "first-seen")
    assert first["seen"] == [place.taken(path)]
    second = fetcher.run(place.job(seen=first["seen"]))
    assert_fetched(second, content)
    third = fetcher.run(place.job(seen=second["seen"], known=place.taken(path)))
    assert third == {"id": 3, "event": "nothing", "seen": []}


@pytest.mark.parametrize("depth", [1, 2, 32, 64])
@pytest.mark.parametrize("size", [1, 32_767, 32_768, 32_769, 1_048_576, 5_000_003])
def test_every_size_at_every_depth(place, fetcher, depth, size):
    content = random.randbytes(size)
    path = place.put("a.zip", content)
    assert_fetched(fetcher.run(place.job(seen=[place.taken(path)], depth=depth)), content)


@pytest.mark.parametrize("cipher", ["aes128-gcm@openssh.com", "chacha20-poly1305@openssh.com", "aes256-ctr"])
def test_new_session_keys_in_mid_transfer(home, place, fetcher, cipher):
    server = fetchers.KeyedSshd(home, f"rekey{random.getrandbits(32):x}", kinds=("ed25519",),
                                extra=f"RekeyLimit 1M\nCiphers {cipher}\nLogLevel DEBUG")
    server.start()
    try:
        content = random.randbytes(20 * MEGABYTE)
        path = place.put("a.zip", content)
        fetcher.secret("rekey.key", server.client_key.read_bytes())
        job = place.job(port=server.port, host_keys=[server.keys["ed25519"]], credential="rekey")
        assert_fetched(fetcher.run(job | {"seen": [place.taken(path)]}), content)
        assert server.log.read_text().count("SSH2_MSG_KEXINIT received") > 5
    finally:
        server.stop()


def test_growing_upload_waits(place, fetcher):
    place.put("a.zip", b"half")
    seen = fetcher.run(place.job())["seen"]
    place.put("a.zip", b"half and half")
    event = fetcher.run(place.job(seen=seen))
    assert (event["event"], event["why"]) == ("waiting", "growing")
    assert_fetched(fetcher.run(place.job(seen=event["seen"])), b"half and half")


def test_marker(place, fetcher):
    place.put("a.zip", b"data")
    event = fetcher.run(place.job(ready="marker"))
    assert (event["event"], event["why"]) == ("waiting", "no-marker")
    place.put("a.zip.done", b"")
    assert_fetched(fetcher.run(place.job(ready="marker")), b"data")


def test_only_names_that_fit(place, fetcher):
    for name in ("a.zip.filepart", ".in.a.zip", "a.csv", "~$a.zip", "a.zip.done"):
        place.put(name, b"data")
    (place.folder / "folder.zip").mkdir()
    (place.folder / "link.zip").symlink_to("a.csv")
    assert fetcher.run(place.job())["event"] == "nothing"
    place.put("empty.zip", b"")
    event = fetcher.run(place.job())
    assert (event["event"], event["why"], event["seen"]) == ("waiting", "empty", [])


def test_back_from_the_newest(place, fetcher):
    """The daemon asks for the one before; what is older is told each time."""
    paths = [place.put(f"{name}.zip", name.encode(), mtime=1_700_000_000 + n) for n, name in enumerate("abc")]
    seen = fetcher.run(place.job())["seen"]
    event = fetcher.run(place.job(seen=seen))
    assert_fetched(event, b"c")
    assert (event["older_count"], event["older"]) == (2, [place.taken(paths[1]), place.taken(paths[0])])
    event = fetcher.run(place.job(seen=event["seen"], before=place.taken(paths[2])))
    assert_fetched(event, b"b")
    assert event["older"] == [place.taken(paths[0])]
    event = fetcher.run(place.job(seen=event["seen"], before=place.taken(paths[1]), known=place.taken(paths[0])))
    assert event["event"] == "nothing"
    place.put("a.zip", b"grows")
    event = fetcher.run(place.job(seen=seen, before=place.taken(paths[1])))
    assert (event["event"], event["why"]) == ("waiting", "older")


def test_foreign_names_are_escaped_and_still_found(place, fetcher):
    path = place.put(os.fsdecode(b"Sch\xfcler \xe2\x80\xae.zip"), b"data")
    place.put("bad\n\x1b[2Jname.zip", b"data")
    seen = fetcher.run(place.job())["seen"]
    assert [file["name"] for file in seen] == ["Sch\\xfcler \\xe2\\x80\\xae.zip"]
    event = fetcher.run(place.job(seen=seen))
    assert_fetched(event, b"data")
    settle = {"op": "settle", "sha256": event["sha256"], "after": "delete", **seen[0]}
    assert fetcher.run(place.job() | settle)["event"] == "settled"
    assert not path.exists()


def test_relative_path(place, fetcher):
    home = pathlib.Path(place.sshd.folder)
    relative = os.path.relpath(place.folder, lab.account().pw_dir)
    place.put("a.zip", b"data")
    assert home and fetcher.run(place.job(path=relative))["event"] == "waiting"


def test_limits_are_checked_before_reading(place, fetcher):
    path = place.put("a.zip", b"12345")
    seen = [place.taken(path)]
    assert_error(fetcher.run(place.job(seen=seen, max_bytes=4)), "file.too_large", "5 bytes")
    assert_error(fetcher.run(place.job(seen=seen, quota_bytes=4)), "spool.full")
    assert_fetched(fetcher.run(place.job(seen=seen, max_bytes=5, quota_bytes=5)), b"12345")


def test_refusals_say_what_was_refused(place, fetcher):
    assert_error(fetcher.run(place.job(path="/nowhere")), "sftp.refused", "opening the folder")
    secret = place.put("a.zip", b"data")
    seen = [place.taken(secret)]
    secret.chmod(0)
    assert_error(fetcher.run(place.job(seen=seen)), "sftp.refused", "opening the file")
    assert_error(fetcher.run(place.job(seen=seen, spool="/nowhere")), "sftp.refused")
    secret.chmod(0o600)
    assert_error(fetcher.run(place.job(seen=seen, spool="/nowhere")), "spool.io")


def test_spool_must_be_private(place, fetcher):
    path = place.put("a.zip", b"data")
    fetcher.spool.chmod(0o750)
    assert_error(fetcher.run(place.job(seen=[place.taken(path)])), "spool.io", "chmod 700")
    fetcher.spool.chmod(0o700)


def test_remains_of_a_dead_process_are_removed(place, make_fetcher):
    """Those of a living one are not: its transfer goes on."""
    content = random.randbytes(4 * MEGABYTE)
    path = place.put("a.zip", content)
    seen = [place.taken(path)]
    first = make_fetcher()
    with fetchers.Line(place.sshd.port, silent_after=2 * MEGABYTE) as line:
        def partial():
            return [name for name in first.spooled() if name.endswith(".part")]
        first.start(place.job(port=line.port, seen=seen, spool=str(first.spool)))
        lab.wait_until(partial, "no temporary file")
        second = make_fetcher()
        assert_fetched(second.run(place.job(seen=seen, spool=str(first.spool))), content)
        assert partial(), "the file of a transfer that goes on was removed"
        first.process.kill()
        first.process.wait()
        third = make_fetcher()
        assert_fetched(third.run(place.job(seen=seen, spool=str(first.spool))), content)
        assert not partial()
    assert second.close() == 0 and third.close() == 0


# --- after the sync ---------------------------------------------------------------------------------


def test_settle_moves(place, fetcher):
    path = place.put("a.zip", b"data")
    settle = {"op": "settle", "sha256": "ab" * 32, "after": "move", **place.taken(path)}
    assert fetcher.run(place.job() | settle)["event"] == "settled"
    assert (place.folder / "processed" / f"{'ab' * 8}-a.zip").read_bytes() == b"data"
    assert fetcher.run(place.job())["event"] == "nothing"
    assert fetcher.run(place.job() | settle)["event"] == "settled", "done before: nothing to do"
    again = place.put("b.zip", b"more")
    settle |= place.taken(again)
    assert fetcher.run(place.job() | settle)["event"] == "settled", "into the folder that is there"
    assert not again.exists()


def test_settle_never_touches_another_file(place, fetcher):
    path = place.put("a.zip", b"data")
    settle = {"op": "settle", "sha256": "ab" * 32, "after": "delete", **place.taken(path)}
    place.put("a.zip", b"newer")
    assert_error(fetcher.run(place.job() | settle), "sftp.changed", "left where it is")
    assert path.read_bytes() == b"newer"
    place.put("a.zip", b"atad", mtime=1_700_000_001)
    assert_error(fetcher.run(place.job() | settle), "sftp.changed")
    assert path.exists()


def test_settle_without_rights(place, fetcher):
    path = place.put("a.zip", b"data")
    settle = {"op": "settle", "sha256": "ab" * 32, "after": "move", **place.taken(path)}
    place.folder.chmod(0o500)
    assert_error(fetcher.run(place.job() | settle), "sftp.refused", "moving the file")
    assert_error(fetcher.run(place.job() | settle | {"after": "delete"}), "sftp.refused", "removing the file")
    place.folder.chmod(0o700)
    assert path.exists()


# --- once more --------------------------------------------------------------------------------------


def bring(place, path, content, **more):
    return place.job(op="bring", sha256=hashlib.sha256(content).hexdigest(), **place.taken(path), **more)


def test_bring_takes_that_file_and_no_newer_one(place, fetcher):
    content = random.randbytes(2 * MEGABYTE)
    path = place.put("a.zip", content)
    place.put("b.zip", b"newer", mtime=1_700_000_100)
    assert_fetched(fetcher.run(bring(place, path, content)), content)
    assert path.read_bytes() == content, "it stays where it is"
    assert_error(fetcher.run(bring(place, path, content, max_bytes=4)), "file.too_large")
    assert_error(fetcher.run(bring(place, path, content, quota_bytes=4)), "spool.full")


def test_bring_says_when_the_file_is_gone(place, fetcher):
    path = place.put("a.zip", b"data")
    job = bring(place, path, b"data")
    place.put("a.zip", b"atad")
    assert_error(fetcher.run(job), "file.gone", "another content")
    place.put("a.zip", b"newer")
    assert_error(fetcher.run(job), "file.gone", "another file")
    path.unlink()
    assert_error(fetcher.run(job), "file.gone", "no file")


# --- who is the server ------------------------------------------------------------------------------


def test_hostkeys_lists_each_kind(place, fetcher):
    event = fetcher.run({"op": "hostkey", "host": "localhost", "port": place.sshd.port, "connect_ms": 10_000})
    assert event["event"] == "hostkeys"
    kinds = {key["type"]: key["fingerprint"] for key in event["keys"]}
    assert kinds == {"ssh-ed25519": place.sshd.keys["ed25519"], "ssh-rsa": place.sshd.keys["rsa"],
                     "ecdsa-sha2-nistp256": place.sshd.keys["ecdsa"]}


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_a_pin_of_any_kind_is_found(place, fetcher, kind):
    job = place.job(host_keys=["SHA256:" + "A" * 43, place.sshd.keys[kind]])
    log = place.sshd.log.read_text().count("Connection from")
    assert fetcher.run(job)["event"] == "nothing"
    assert fetcher.run(job)["event"] == "nothing"
    connections = place.sshd.log.read_text().count("Connection from") - log
    # Which kind it is has to be found out once only.
    assert connections == {"ed25519": 2, "ecdsa": 3, "rsa": 4}[kind]


def test_unknown_host_key(place, fetcher):
    log = place.sshd.log.read_text()
    event = fetcher.run(place.job(host_keys=[]))
    assert_error(event, "sftp.hostkey_unknown", place.sshd.keys["ed25519"])
    after = place.sshd.log.read_text()[len(log):]
    assert "Accepted" not in after and "Failed" not in after, "nobody signed in"


def test_other_host_key(place, fetcher):
    log = place.sshd.log.read_text()
    event = fetcher.run(place.job(host_keys=["SHA256:" + "A" * 43]))
    assert_error(event, "sftp.hostkey_changed", *place.sshd.keys.values())
    after = place.sshd.log.read_text()[len(log):]
    assert "Accepted" not in after and "Failed" not in after, "nobody signed in"


def test_server_with_one_kind_of_key(home, place, fetcher):
    server = fetchers.KeyedSshd(home, "onlyrsa", kinds=("rsa",))
    server.start()
    try:
        job = place.job(port=server.port, host_keys=[server.keys["rsa"]])
        fetcher.secret("rsa.key", server.client_key.read_bytes())
        assert fetcher.run(job | {"credential": "rsa"})["event"] == "nothing"
        event = fetcher.run(job | {"host_keys": [place.sshd.keys["rsa"]]})
        assert_error(event, "sftp.hostkey_changed", server.keys["rsa"])
        event = fetcher.run({"op": "hostkey", "host": "127.0.0.1", "port": server.port})
        assert event["keys"] == [{"type": "ssh-rsa", "fingerprint": server.keys["rsa"]}]
    finally:
        server.stop()


@pytest.mark.parametrize("extra", ["KexAlgorithms diffie-hellman-group18-sha512",
                                   "KexAlgorithms diffie-hellman-group14-sha1",
                                   "Ciphers aes128-cbc", "MACs hmac-sha1\nCiphers aes128-ctr"])
def test_weak_algorithms_are_not_offered(home, place, fetcher, extra):
    server = fetchers.KeyedSshd(home, f"weak{random.getrandbits(32):x}", kinds=("ed25519",), extra=extra)
    server.start()
    try:
        event = fetcher.run(place.job(port=server.port, host_keys=[server.keys["ed25519"]]))
        assert_error(event, "sftp.handshake", "no match")
    finally:
        server.stop()


# --- who are we -------------------------------------------------------------------------------------


def test_key_that_the_server_does_not_know(home, place, fetcher):
    key = home.path / f"other{random.getrandbits(32):x}"
    lab.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key])
    fetcher.secret("other.key", key.read_bytes())
    assert_error(fetcher.run(place.job(credential="other")), "sftp.auth", '"other"', "publickey")


@pytest.mark.parametrize("kind", [["rsa", "-b", "2048"], ["rsa", "-b", "2048", "-m", "PEM"], ["ecdsa"]])
def test_kinds_of_keys(home, place, fetcher, kind):
    key = home.path / f"key{random.getrandbits(32):x}"
    lab.run(["ssh-keygen", "-q", "-N", "pass word", "-f", key, "-t", *kind])
    allowed = place.sshd.folder / "authorized_keys"
    allowed.write_text(allowed.read_text() + pathlib.Path(f"{key}.pub").read_text())
    fetcher.secret("good.key", key.read_bytes())
    fetcher.secret("good.passphrase", "pass word\n")
    assert fetcher.run(place.job(credential="good"))["event"] == "nothing"
    fetcher.secret("good.passphrase", "other")
    assert_error(fetcher.run(place.job(credential="good")), "sftp.credential", "passphrase")
    (fetcher.credentials / "good.passphrase").unlink()
    assert_error(fetcher.run(place.job(credential="good")), "sftp.credential", "passphrase")


def test_credentials_that_cannot_be_used(place, fetcher):
    assert_error(fetcher.run(place.job(credential="absent")), "sftp.credential", "absent.key")
    assert_error(fetcher.run(place.job(credential="../drop")), "sftp.credential", "not a name")
    fetcher.secret("open.key", (fetcher.credentials / "drop.key").read_bytes(), 0o640)
    assert_error(fetcher.run(place.job(credential="open")), "sftp.credential", "chmod 600")
    fetcher.secret("putty.key", "PuTTY-User-Key-File-2: ssh-rsa\n")
    assert_error(fetcher.run(place.job(credential="putty")), "sftp.credential", "puttygen")
    fetcher.secret("junk.key", "junk")
    assert_error(fetcher.run(place.job(credential="junk")), "sftp.credential")


@pytest.mark.parametrize("methods", ["password", "keyboard-interactive", "publickey,keyboard-interactive,password"])
def test_password(fetcher, methods):
    with Liar(Drop(b"data"), methods) as server:
        job = liar_job(server, fetcher)
        assert_fetched(fetcher.run(job), b"data")
        fetcher.secret("school.password", "wrong")
        event = fetcher.run(job)
        assert_error(event, "sftp.auth", "password")
        assert "wrong" not in event["detail"]


# --- servers that lie -------------------------------------------------------------------------------


def test_short_answers_lose_nothing(fetcher):
    content = random.randbytes(MEGABYTE)
    for limit in (1000, 32_767):
        with Liar(Drop(content, read_limit=limit)) as server:
            assert_fetched(fetcher.run(liar_job(server, fetcher)), content)


def test_answers_in_any_order(fetcher):
    content = random.randbytes(MEGABYTE)
    order = random.Random(4)

    def shuffle(answers):
        return order.sample(answers, len(answers))

    with Liar(Drop(content, shuffle=shuffle, read_limit=20_000)) as server:
        assert_fetched(fetcher.run(liar_job(server, fetcher)), content)
        assert server.drop.depth > 1


def test_depth_one_asks_one_at_a_time_and_never_beyond(fetcher):
    content = random.randbytes(200_000)
    with Liar(Drop(content)) as server:
        assert_fetched(fetcher.run(liar_job(server, fetcher, depth=1)), content)
        assert server.drop.depth == 1
        assert server.drop.highest == len(content)
        assert server.drop.asked[liar.OPEN] == 1


@pytest.mark.parametrize("later", [Entry(b"a.zip", 101, 1000), Entry(b"a.zip", 100, 1001),
                                   Entry(b"a.zip", 100, 1000, liar.LINK), Entry(b"a.zip", None, 1000)])
def test_replaced_while_it_was_read(fetcher, later):
    with Liar(Drop(b"x" * 100, later=later)) as server:
        assert_error(fetcher.run(liar_job(server, fetcher)), "sftp.changed")
        assert fetcher.spooled() == []


@pytest.mark.parametrize("how", ["in place", "by another file"])
def test_replaced_in_mid_transfer(place, fetcher, how):
    """The real thing: OpenSSH reads on in what it has open, and ends without a complaint."""
    path = place.put("a.zip", b"a" * MEGABYTE)
    with fetchers.Line(place.sshd.port, latency_ms=20) as line:
        number = fetcher.start(place.job(port=line.port, seen=[place.taken(path)], depth=1))
        lab.wait_until(lambda: any((fetcher.spool / name).stat().st_size for name in fetcher.spooled()),
                       "nothing was read")
        if how == "by another file":
            path.unlink()
        place.put("a.zip", b"b" * MEGABYTE, mtime=1_700_000_001)
        assert_error(fetcher.final(number), "sftp.changed")
    assert fetcher.spooled() == []


def test_gone_after_reading_is_whole(fetcher):
    class ReadOnce(Drop):
        def stat(self, _body):
            return self.status(liar.NO_SUCH_FILE)

    with Liar(ReadOnce(b"data")) as server:
        assert_fetched(fetcher.run(liar_job(server, fetcher)), b"data")


def test_server_without_lstat(fetcher):
    class Old(Drop):
        def lstat(self, _body):
            return liar.STATUS, b"\0\0\0\x08"  # and no text, as some do

    with Liar(Old(b"data")) as server:
        assert_fetched(fetcher.run(liar_job(server, fetcher)), b"data")


def test_file_shorter_than_listed(fetcher):
    drop = Drop(b"x" * 100_000)
    drop.content = drop.content[:70_000]
    with Liar(drop) as server:
        assert_error(fetcher.run(liar_job(server, fetcher)), "sftp.changed", "of 100000")
        assert fetcher.spooled() == []


def test_file_gone_before_reading(fetcher):
    class Gone(Drop):
        def open(self, _body):
            return self.status(liar.NO_SUCH_FILE)

    with Liar(Gone(b"data")) as server:
        assert_error(fetcher.run(liar_job(server, fetcher)), "sftp.changed", "gone")


class TooMuch(Drop):
    def read(self, body):
        return liar.DATA, liar.text(b"x" * 40_000)


class Nothing(Drop):
    def read(self, body):
        return liar.DATA, liar.text(b"")


class OtherAnswer(Drop):
    def opendir(self, _body):
        return liar.DATA, liar.text(b"what?")


class Cut(Drop):
    def readdir(self, _body):
        return liar.NAME, b"\0\0\0\2" + liar.text(b"a.zip")


class Garbage(Drop):
    def readdir(self, _body):
        return None, b"\xff\xff\xff\xff\xff\xff"


class Handle(Drop):
    def opendir(self, _body):
        return liar.HANDLE, liar.text(b"h" * 257)


class NoSizes(Drop):
    def readdir(self, body):
        self.rest = [entry._replace(size=None) for entry in self.rest]
        return super().readdir(body)


class Version(Drop):
    def hello(self, _body):
        return liar.VERSION, b"\0\0\0\2"


@pytest.mark.parametrize("drop", [TooMuch, Nothing, OtherAnswer, Cut, Garbage, Handle, NoSizes, Version])
def test_broken_protocol(fetcher, drop):
    with Liar(drop(b"x" * 100)) as server:
        assert_error(fetcher.run(liar_job(server, fetcher)), "sftp.protocol")
        assert fetcher.spooled() == []


def test_answer_to_a_question_never_asked(fetcher):
    class Confused(Drop):
        def answer(self, kind, number, body):
            answer = super().answer(kind, number, body)
            return answer if kind == liar.INIT else (None, Conversation.pack(kind, number + 7, *answer))

    Conversation = liar.Conversation
    with Liar(Confused(b"data")) as server:
        assert_error(fetcher.run(liar_job(server, fetcher)), "sftp.protocol", "another question")


def test_ten_thousand_entries_and_no_more(fetcher):
    names = [Entry(b"%05d.csv" % number, 1, 1) for number in range(9_999)]
    drop = Drop(b"data")
    drop.entries += names
    with Liar(drop) as server:
        assert_fetched(fetcher.run(liar_job(server, fetcher)), b"data")
        drop.entries.append(Entry(b"more.csv", 1, 1))
        assert_error(fetcher.run(liar_job(server, fetcher)), "sftp.listing", "10000")


@pytest.mark.parametrize("empty", [False, True])
def test_endless_listing(fetcher, empty):
    class Endless(Drop):
        def readdir(self, _body):
            self.rest = [] if empty else [Entry(b"n" * 200 + b".csv", 1, 1)] * 100
            return (liar.NAME, b"\0\0\0\0") if empty else super().readdir(_body)

    with Liar(Endless(b"data")) as server:
        assert_error(fetcher.run(liar_job(server, fetcher)), "sftp.listing")


def test_hostile_names(fetcher):
    names = [b"../a.zip", b"/etc/a.zip", b"x\ny.zip", b"\x1b[2J.zip", b"..", b"", b"n" * 4096 + b".zip",
             b"nul\0.zip", b"b\\c.zip", b"<3>kernel.zip", b"\xf0\x9f.zip"]
    drop = Drop(b"data")
    drop.entries = [Entry(name, 4, 1000 + index) for index, name in enumerate(names)]
    with Liar(drop) as server:
        event = fetcher.run(liar_job(server, fetcher, seen=[]))
        assert [file["name"] for file in event["seen"]] == ["\\xf0\\x9f.zip", "<3>kernel.zip"]


def test_error_stream_is_dropped(fetcher):
    content = random.randbytes(MEGABYTE)
    with Liar(Drop(content, noise=100_000)) as server:
        assert_fetched(fetcher.run(liar_job(server, fetcher)), content)


def test_words_of_the_server_are_escaped(fetcher):
    class Rude(Drop):
        def opendir(self, _body):
            return self.status(liar.DENIED, b"\x1b[31mno\n<0>fake " + b"x" * 1000)

    with Liar(Rude()) as server:
        event = fetcher.run(liar_job(server, fetcher))
        assert_error(event, "sftp.refused", "status 3", "\\x1b[31mno\\x0a<0>fake")
        assert len(event["detail"]) < 300


# --- lines that fail --------------------------------------------------------------------------------


def test_nobody_listens(place, fetcher):
    assert_error(fetcher.run(place.job(port=lab.free_port())), "sftp.connect", "refused")
    assert_error(fetcher.run(place.job(host="no-such-host.invalid")), "sftp.dns", "no-such-host.invalid")


def test_no_ssh_server(place, fetcher):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        number = fetcher.start(place.job(port=listener.getsockname()[1]))
        client = listener.accept()[0]
        with client:
            client.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n")
            client.shutdown(socket.SHUT_WR)
            assert_error(fetcher.final(number), "sftp.handshake")


def test_a_silent_server_costs_one_session(place, fetcher):
    """The good one's events come while the silent one is still waited for."""
    content = random.randbytes(3 * MEGABYTE)
    path = place.put("a.zip", content)
    silence = lab.Silence()
    silent = fetcher.start(place.job(port=silence.port, connect_ms=60_000, total_ms=60_000))
    for _ in range(5):
        assert_fetched(fetcher.run(place.job(seen=[place.taken(path)])), content)
    assert fetcher.events[silent] == []
    fetcher.send({"op": "cancel", "id": silent})
    assert_error(fetcher.final(silent), "sftp.cancelled", "handshake")
    event = fetcher.run(place.job(port=silence.port, connect_ms=200))
    assert_error(event, "sftp.stalled", "SSH handshake", "0.2 s")
    silence.close()


def test_more_silent_servers_than_seats(place, fetcher):
    silence = lab.Silence()
    silent = [fetcher.start(place.job(port=silence.port, connect_ms=300)) for _ in range(100)]
    waiting = fetcher.start(place.job())
    cancelled = fetcher.start(place.job())
    fetcher.send({"op": "cancel", "id": cancelled})
    assert_error(fetcher.final(cancelled), "sftp.cancelled", "before it began")
    assert fetcher.final(waiting)["event"] == "nothing"
    for number in silent:
        assert_error(fetcher.final(number), "sftp.stalled")
    silence.close()


class Mute(Drop):
    """Says nothing any more from a certain question on."""

    def __init__(self, question, content=b"data" * 50_000):
        super().__init__(content)
        self.question = question

    def answer(self, kind, number, body):
        return None if kind == self.question else super().answer(kind, number, body)


@pytest.mark.parametrize("question,doing", [
    (liar.INIT, "agreeing on SFTP"), (liar.OPENDIR, "opening the folder"), (liar.READDIR, "listing"),
    (liar.OPEN, "opening the file"), (liar.READ, "reading"), (liar.LSTAT, "looking at the file again"),
    (liar.CLOSE, "closing")])
def test_silence_at_every_step(fetcher, question, doing):
    with Liar(Mute(question)) as server:
        event = fetcher.run(liar_job(server, fetcher, silence_ms=300))
        assert_error(event, "sftp.stalled", doing, "0.3 s")
        assert fetcher.spooled() == []


def test_slow_but_steady_ends_by_the_total_time(place, fetcher):
    class Slow(Drop):
        def readdir(self, body):
            self.rest = [Entry(b"x.csv", 1, 1)]
            self.pause.wait(0.05)
            return super().readdir(body)

    with Liar(Slow(b"data", pause=threading.Event())) as server:
        event = fetcher.run(liar_job(server, fetcher, silence_ms=5000, total_ms=700))
        assert_error(event, "sftp.too_slow", "0.7 s")


def test_reset_at_any_byte(place, fetcher):
    content = random.randbytes(MEGABYTE)
    path = place.put("a.zip", content)
    cuts = [0, 10, 500, 1200, 2000, 2600, 3000, 3500, 4000, 6000, 30_000, 500_000, MEGABYTE]
    for cut in cuts:
        with fetchers.Line(place.sshd.port, reset_after=cut) as line:
            event = fetcher.run(place.job(port=line.port, seen=[place.taken(path)]))
            assert event["event"] == "error", (cut, event)
            assert event["reason"] in ("sftp.lost", "sftp.handshake"), (cut, event)
            assert fetcher.spooled() == []
    assert_fetched(fetcher.run(place.job(seen=[place.taken(path)])), content)


def test_silence_at_any_byte(place, fetcher):
    """All at once, in one process; none leaves anything behind."""
    content = random.randbytes(MEGABYTE)
    path = place.put("a.zip", content)
    lines = [fetchers.Line(place.sshd.port, silent_after=cut) for cut in (10, 1000, 2000, 3000, 4000, 400_000)]
    try:
        numbers = [fetcher.start(place.job(port=line.port, seen=[place.taken(path)], connect_ms=1500,
                                           silence_ms=1500)) for line in lines]
        for number in numbers:
            assert_error(fetcher.final(number), "sftp.stalled")
    finally:
        for line in lines:
            line.__exit__()
    assert fetcher.spooled() == []


def test_latency(place, fetcher):
    """A long line: slow is not broken, and progress is told."""
    content = random.randbytes(8 * MEGABYTE)
    path = place.put("a.zip", content)
    with fetchers.Line(place.sshd.port, latency_ms=40) as line:
        number = fetcher.start(place.job(port=line.port, seen=[place.taken(path)], depth=2))
        assert_fetched(fetcher.final(number, 60), content)
    progress = [event for event in fetcher.events[number] if event["event"] == "progress"]
    assert progress and all(0 < event["bytes"] < event["size"] == len(content) for event in progress)


def test_nothing_is_left_open(place, fetcher):
    path = place.put("a.zip", b"data")
    fetcher.run(place.job())
    before = fetcher.descriptors()
    for _ in range(10):
        fetcher.run(place.job(seen=[place.taken(path)]))
        fetcher.run(place.job(port=1))
        fetcher.run(place.job(host_keys=[]))
    # the last poll's connection may still be closing
    lab.wait_until(lambda: fetcher.descriptors() <= before, lambda: f"{before} descriptors before, {fetcher.descriptors()} now")


# --- the process ------------------------------------------------------------------------------------


def test_end_of_input_ends_after_the_jobs(place, fetcher):
    path = place.put("a.zip", random.randbytes(3 * MEGABYTE))
    number = fetcher.start(place.job(seen=[place.taken(path)]))
    assert fetcher.close() == 0
    assert fetcher.events[number][-1]["event"] == "fetched"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_breaks_off(place, fetcher, number):
    silence = lab.Silence()
    jobs = [fetcher.start(place.job(port=silence.port, connect_ms=60_000)) for _ in range(70)]
    fetcher.run({"op": "hostkey", "host": "127.0.0.1", "port": 0})  # an answer: all before it are taken
    fetcher.signal(number)
    for job in jobs:
        assert_error(fetcher.final(job), "sftp.cancelled")
    assert fetcher.close() == 0
    silence.close()


def test_cancel_in_mid_transfer(place, fetcher):
    path = place.put("a.zip", random.randbytes(3 * MEGABYTE))
    with fetchers.Line(place.sshd.port, silent_after=MEGABYTE) as line:
        number = fetcher.start(place.job(port=line.port, seen=[place.taken(path)], silence_ms=60_000))
        lab.wait_until(fetcher.spooled, "no temporary file")
        fetcher.send({"op": "cancel", "id": number})
        assert_error(fetcher.final(number), "sftp.cancelled")
    assert fetcher.spooled() == []
    fetcher.send({"op": "cancel", "id": number})
    fetcher.send({"op": "cancel", "id": 4711})
    assert fetcher.run(place.job(path="/nowhere"))["id"] == number + 1, "both were ignored"


def test_jobs_that_are_none(place, fetcher):
    for change in ({"op": "dance"}, {"port": 70_000}, {"depth": 0}, {"depth": 65}, {"ready": "soon"},
                   {"host": 5}, {"seen": [{"name": "a/b", "size": 1, "mtime": 1}]},
                   {"seen": [{"name": "x"}] * 33}, {"path": "p" * 4000}, {"connect_ms": -1},
                   {"op": "settle", "name": "a.zip", "sha256": "ab" * 32, "after": "delete"}):
        assert_error(fetcher.run(place.job() | change), "child.protocol", "job")
    number = fetcher.start(place.job(port=lab.free_port(), host="127.0.0.1"))
    fetcher.final(number)


def test_a_line_without_number_ends_the_process(make_fetcher):
    for line in (b"what?\n", b"{}\n", b"x" * 300_000):
        one = make_fetcher()
        with contextlib.suppress(BrokenPipeError):
            one.process.stdin.write(line)
            one.process.stdin.flush()
        assert one.close() == 1
        assert "rosterd-fetch:" in one.complaints()


def test_gone_reader_ends_the_process(place, make_fetcher):
    one = make_fetcher()
    one.selector.unregister(one.process.stdout)
    one.process.stdout.close()
    one.start(place.job())
    assert one.process.wait(30) == 1


def test_usage(program):
    words = subprocess.run([program], capture_output=True, text=True, check=False)
    assert words.returncode == 2 and "--credentials" in words.stderr
    words = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    assert words.returncode == 0 and words.stdout.startswith("rosterd-fetch ")


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
