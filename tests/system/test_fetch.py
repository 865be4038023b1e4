"""rosterd-fetch: looking, bringing, settling, who is who, and the process, over OpenSSH."""

import contextlib
import os
import pathlib
import random
import signal
import subprocess

import fetcher as fetchers
import lab
import pytest
from fetching import MEGABYTE, assert_error, assert_fetched, bring, liar_job
from liar import Drop, Liar

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
