"""What the tests of rosterd-fetch have in common."""

import hashlib
import os
import pathlib
import random

import lab
from liar import Drop, Entry

MEGABYTE = 1_000_000


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


def bring(place, path, content, **more):
    return place.job(op="bring", sha256=hashlib.sha256(content).hexdigest(), **place.taken(path), **more)
