"""rosterd-fetch against servers that lie, and lines that fail."""

import random
import socket
import threading

import fetcher as fetchers
import lab
import liar
import pytest
from fetching import MEGABYTE, assert_error, assert_fetched, liar_job
from liar import Drop, Entry, Liar

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
            # one that comes at once may be there before the connection is looked at
            assert event["reason"] in ("sftp.lost", "sftp.handshake", *(["sftp.connect"] if cut == 0 else [])), (cut, event)
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
