"""The daemon tidies its spool, and nothing else."""

import os

import lab


def test_only_files_of_its_own_are_removed(make_daemon):
    """Somebody gave it one folder too high: the districts' keys lie beside the spool."""
    daemon = make_daemon(config={"spool": {"keep_days": 1}}, start=False)
    daemon.config["spool"]["path"] = str(daemon.folder)
    daemon.write_config()
    name = "0123456789abcdef" * 4
    ours = [daemon.folder / "spool" / what
            for what in (f"{name}.zip", ".fetch-0123456789abcdef.part", "roster.digest", ".digest-17.part")]
    others = [daemon.folder / "credentials" / "oak.key", daemon.folder / "credentials" / f"{name[:-1]}x.zip",
              daemon.folder / "spool" / "notes.txt"]
    for path in ours + others:
        path.write_bytes(b"x")
        os.utime(path, (1700000000, 1700000000))
        lab.give(path)
    daemon.start()
    lab.wait_until(lambda: not any(path.exists() for path in ours), "what is old stays", 20)
    assert [path.name for path in others if not path.exists()] == []
