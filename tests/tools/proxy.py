"""A TCP line to a local port that can be made to stop carrying bytes from the server."""

import contextlib
import select
import socket
import threading


class Throttle:
    """with Throttle(port) as line: connect to line.port; line.hold_after(n) stops after n more bytes."""

    def __init__(self, target_port):
        self.target_port = target_port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.lock = threading.Condition()
        self.budget = None  # bytes the server's side may still send; None: no limit
        self.is_held = False
        self.is_closing = False
        self.thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.is_closing = True
        self.release()
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def hold_after(self, count):
        with self.lock:
            self.budget, self.is_held = count, False

    def wait_held(self, deadline_s=60):
        with self.lock:
            if not self.lock.wait_for(lambda: self.is_held, deadline_s):
                raise TimeoutError("not enough bytes came over the line")

    def release(self):
        with self.lock:
            self.budget, self.is_held = None, False
            self.lock.notify_all()

    def _accept(self):
        while not self.is_closing:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client):
        with contextlib.suppress(OSError), client, socket.create_connection(("127.0.0.1", self.target_port)) as server:
            while True:
                for end in select.select([client, server], [], [], 1)[0]:
                    data = end.recv(16384)
                    if not data:
                        return
                    if end is client:
                        server.sendall(data)
                    else:
                        self._pass(len(data))
                        client.sendall(data)

    def _pass(self, count):
        """Take count bytes from the budget; when there is none, wait here until the line is released."""
        with self.lock:
            if self.budget is None:
                return
            self.budget -= count
            if self.budget <= 0:
                self.is_held = True
                self.lock.notify_all()
                self.lock.wait_for(lambda: not self.is_held or self.is_closing)
