#!/usr/bin/python3
"""A bad TCP line to a local port: late, cut, or silent at a byte of our choice.

    line.py --to PORT [--latency-ms MS] [--reset-after N] [--silent-after N]

Prints the port it listens on. --latency-ms: what a round trip costs more than without; --reset-after and
--silent-after: after so many bytes from the server; a line of input ends the silence. One thread, one select
loop; ends with its input.
"""

import argparse
import collections
import contextlib
import heapq
import itertools
import selectors
import socket
import struct
import sys
import time

PIECE = 256 * 1024
AHEAD = 64 * 1024 * 1024  # bytes under way at most, so that a slow reader is felt


class Way:
    """One direction of a connection."""

    def __init__(self, source, target, is_answer):
        self.source, self.target, self.is_answer = source, target, is_answer
        self.waiting = collections.deque()  # bytes whose time has come, that the target has no room for
        self.under_way = 0
        self.carried = 0
        self.ended = False


class Line:
    def __init__(self, options):
        self.options = options
        self.delay = options.latency_ms / 2000
        self.selector = selectors.DefaultSelector()
        self.ways = {}  # source socket → Way
        self.due = []  # (time, number, way, bytes)
        self.numbers = itertools.count()

    def run(self):
        listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        listener.setblocking(False)
        self.selector.register(listener, selectors.EVENT_READ)
        self.selector.register(sys.stdin, selectors.EVENT_READ)
        print(listener.getsockname()[1], flush=True)
        while True:
            wait = max(0, self.due[0][0] - time.monotonic()) if self.due else None
            for key, events in self.selector.select(wait):
                if key.fileobj is sys.stdin:
                    if not sys.stdin.readline():
                        return
                    self.speak()
                if key.fileobj is listener:
                    self.accept(listener)
                elif key.fileobj in self.ways:
                    self.serve(key.fileobj, events)
            self.deliver()

    def speak(self):
        self.options.silent_after = None
        for way in list(self.ways.values()):
            self.push(way)

    def accept(self, listener):
        client = listener.accept()[0]
        server = socket.create_connection(("127.0.0.1", self.options.to))
        for end, other in ((client, server), (server, client)):
            end.setblocking(False)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.ways[end] = Way(end, other, end is server)
            self.selector.register(end, selectors.EVENT_READ)

    def serve(self, end, events):
        if events & selectors.EVENT_WRITE:
            self.push(self.ways[self.ways[end].target])
        if end in self.ways and events & selectors.EVENT_READ:
            self.pull(self.ways[end])

    def pull(self, way):
        try:
            data = way.source.recv(PIECE)
        except BlockingIOError:
            return
        except OSError:
            self.drop(way, reset=True)
            return
        way.under_way += len(data)
        heapq.heappush(self.due, (time.monotonic() + self.delay, next(self.numbers), way, data))
        if not data or way.under_way > AHEAD:
            self.watch(way.source)

    def deliver(self):
        now = time.monotonic()
        while self.due and self.due[0][0] <= now:
            way, data = heapq.heappop(self.due)[2:]
            if way.source in self.ways:
                way.waiting.append(data)
                self.push(way)

    def push(self, way):
        limit = self.options
        while way.waiting and way.source in self.ways:
            data = way.waiting[0]
            if not data:
                way.ended = True
                way.waiting.clear()
                if self.ways[way.target].ended:
                    self.drop(way)
                    break
                with contextlib.suppress(OSError):
                    way.target.shutdown(socket.SHUT_WR)
                break
            left = len(data)
            if way.is_answer and limit.reset_after is not None:
                left = min(left, limit.reset_after - way.carried)
            if way.is_answer and limit.silent_after is not None:
                left = min(left, limit.silent_after - way.carried)
            if left == 0:
                if limit.reset_after is not None:
                    self.drop(way, reset=True)
                break
            try:
                sent = way.target.send(memoryview(data)[:left])
            except BlockingIOError:
                break
            except OSError:
                self.drop(way, reset=True)
                return
            way.carried += sent
            way.under_way -= sent
            way.waiting[0] = data[sent:]
            if not way.waiting[0]:
                way.waiting.popleft()
        if way.source in self.ways:
            self.watch(way.source)
            self.watch(way.target)

    def watch(self, end):
        """What to wait for at this end: bytes unless too many are under way, room if some wait for it."""
        if end not in self.ways:
            return
        way, back = self.ways[end], self.ways[self.ways[end].target]
        is_silent = back.is_answer and self.options.silent_after is not None \
            and back.carried >= self.options.silent_after
        events = (selectors.EVENT_READ if way.under_way <= AHEAD and not way.ended else 0) \
            | (selectors.EVENT_WRITE if back.waiting and not is_silent else 0)
        registered = end in self.selector.get_map()
        if events and registered:
            self.selector.modify(end, events)
        elif events:
            self.selector.register(end, events)
        elif registered:
            self.selector.unregister(end)

    def drop(self, way, reset=False):
        for end in (way.source, way.target):
            if end not in self.ways:
                continue
            del self.ways[end]
            if end in self.selector.get_map():
                self.selector.unregister(end)
            if reset:
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            end.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--to", type=int, required=True)
    parser.add_argument("--latency-ms", type=float, default=0)
    parser.add_argument("--reset-after", type=int)
    parser.add_argument("--silent-after", type=int)
    Line(parser.parse_args()).run()


if __name__ == "__main__":
    main()
