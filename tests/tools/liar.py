"""An SFTP server that lies as told: password and keyboard-interactive sign-in, raw SFTP answers.

paramiko carries the transport; the conversation is our own, so that anything can be sent.
"""

import base64
import collections
import contextlib
import hashlib
import socket
import struct
import threading

import paramiko

INIT, VERSION, OPEN, CLOSE, READ, LSTAT = 1, 2, 3, 4, 5, 7
OPENDIR, READDIR, REMOVE, MKDIR, STAT, RENAME = 11, 12, 13, 14, 17, 18
STATUS, HANDLE, DATA, NAME, ATTRS, EXTENDED, EXTENDED_REPLY = 101, 102, 103, 104, 105, 200, 201
OK, EOF, NO_SUCH_FILE, DENIED, FAILURE, UNSUPPORTED = 0, 1, 2, 3, 4, 8
REGULAR, FOLDER, LINK = 0o100644, 0o040755, 0o120777

Entry = collections.namedtuple("Entry", "name size mtime mode", defaults=(REGULAR,))


def text(data):
    return struct.pack(">I", len(data)) + data


def attributes(entry):
    """With size, mode and times; None leaves one out."""
    flags = (1 if entry.size is not None else 0) | (4 if entry.mode is not None else 0) \
        | (8 if entry.mtime is not None else 0)
    return struct.pack(">I", flags) + (b"" if entry.size is None else struct.pack(">Q", entry.size)) \
        + (b"" if entry.mode is None else struct.pack(">I", entry.mode)) \
        + (b"" if entry.mtime is None else struct.pack(">II", entry.mtime, entry.mtime))


class Drop:
    """What the server shows and how it answers; tests override what they need. One for all sessions."""

    def __init__(self, content=b"", **options):
        self.content = content
        self.entries = [Entry(b"a.zip", len(content), 1000)] if content else []
        self.later = None  # the entry as STAT shows it; None: as listed
        self.per_answer = 100  # names in one answer
        self.read_limit = 1 << 20  # bytes in one answer
        self.asked = collections.Counter()
        self.depth = 0  # the most reads that were seen at once
        self.highest = 0  # the last byte that was asked for
        self.__dict__.update(options)

    def answer(self, kind, number, body):
        """Packets to send, each (type, body without number); None: say nothing."""
        self.asked[kind] += 1
        method = {INIT: self.hello, OPENDIR: self.opendir, READDIR: self.readdir, CLOSE: self.close,
                  OPEN: self.open, READ: self.read, LSTAT: self.lstat, STAT: self.stat, RENAME: self.rename,
                  MKDIR: self.mkdir, REMOVE: self.remove}.get(kind)
        return method(body) if method else self.status(UNSUPPORTED)

    @staticmethod
    def status(code, words=b""):
        return STATUS, struct.pack(">I", code) + text(words) + text(b"")

    def hello(self, _body):
        return VERSION, struct.pack(">I", 3)

    def opendir(self, _body):
        self.rest = list(self.entries)
        return HANDLE, text(b"folder")

    def readdir(self, _body):
        if not self.rest:
            return self.status(EOF)
        part, self.rest = self.rest[:self.per_answer], self.rest[self.per_answer:]
        return NAME, struct.pack(">I", len(part)) + b"".join(
            text(entry.name) + text(b"") + attributes(entry) for entry in part)

    def close(self, _body):
        return self.status(OK)

    def open(self, _body):
        return HANDLE, text(b"file")

    def read(self, body):
        handle = struct.unpack(">I", body[:4])[0]
        offset, length = struct.unpack(">QI", body[4 + handle:])
        self.highest = max(self.highest, offset + length)
        data = self.content[offset:offset + min(length, self.read_limit)]
        return (DATA, text(data)) if data else self.status(EOF)

    def lstat(self, body):
        return self.stat(body)

    def stat(self, _body):
        return (ATTRS, attributes(self.later or self.entries[0])) if self.entries else self.status(NO_SUCH_FILE)

    def rename(self, _body):
        return self.status(OK)

    def mkdir(self, _body):
        return self.status(OK)

    def remove(self, _body):
        return self.status(OK)


class Conversation(paramiko.server.SubsystemHandler):
    """Frames in, frames out; answers of one batch go through drop.shuffle if it has one."""

    def __init__(self, channel, name, server, drop):
        super().__init__(channel, name, server)
        self.drop = drop

    def start_subsystem(self, name, transport, channel):
        buffer = b""
        with contextlib.suppress(OSError, EOFError):
            while True:
                data = channel.recv(65536)
                if not data:
                    return
                buffer += data
                answers = []
                while len(buffer) >= 4 and len(buffer) >= 4 + struct.unpack(">I", buffer[:4])[0]:
                    length = struct.unpack(">I", buffer[:4])[0]
                    frame, buffer = buffer[4:4 + length], buffer[4 + length:]
                    kind, number = frame[0], struct.unpack(">I", frame[1:5])[0]
                    answer = self.drop.answer(kind, number, frame[5:])
                    if answer is not None:
                        answers.append(self.pack(kind, number, *answer))
                self.drop.depth = max(self.drop.depth, len(answers))
                if getattr(self.drop, "noise", 0):
                    channel.sendall_stderr(b"!" * self.drop.noise)
                for answer in getattr(self.drop, "shuffle", list)(answers):
                    channel.sendall(answer)

    @staticmethod
    def pack(kind, number, reply, body):
        head = b"" if reply == VERSION else struct.pack(">I", number)
        return body if reply is None else text(bytes([reply]) + head + body)


class Gate(paramiko.ServerInterface):
    def __init__(self, accounts, methods):
        self.accounts, self.methods = accounts, methods

    def get_allowed_auths(self, _username):
        return self.methods

    def check_auth_password(self, username, password):
        good = "password" in self.methods and self.accounts.get(username) == password
        return paramiko.AUTH_SUCCESSFUL if good else paramiko.AUTH_FAILED

    def check_auth_publickey(self, _username, _key):
        return paramiko.AUTH_FAILED

    def check_auth_interactive(self, username, _submethods):
        if "keyboard-interactive" not in self.methods:
            return paramiko.AUTH_FAILED
        self.username = username
        return paramiko.InteractiveQuery("", "", ("Password: ", False))

    def check_auth_interactive_response(self, responses):
        good = responses == [self.accounts.get(self.username)]
        return paramiko.AUTH_SUCCESSFUL if good else paramiko.AUTH_FAILED

    def check_channel_request(self, _kind, _number):
        return paramiko.OPEN_SUCCEEDED


class Liar:
    """with Liar(Drop(b"…")) as server: server.port, server.fingerprint; user "school", password "right"."""

    KEY = paramiko.RSAKey.generate(2048)

    def __init__(self, drop, methods="password"):
        self.drop, self.methods = drop, methods
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        self.transports = []
        self.is_closing = False
        self.thread = threading.Thread(target=self.accept, daemon=True)

    @property
    def fingerprint(self):
        return "SHA256:" + base64.b64encode(hashlib.sha256(self.KEY.asbytes()).digest()).decode().rstrip("=")

    def accept(self):
        while not self.is_closing:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            transport = paramiko.Transport(client)
            self.transports.append(transport)
            transport.add_server_key(self.KEY)
            transport.set_subsystem_handler("sftp", Conversation, self.drop)
            with contextlib.suppress(paramiko.SSHException, EOFError):
                transport.start_server(threading.Event(), Gate({"school": "right"}, self.methods))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.is_closing = True
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for transport in self.transports:
            transport.close()
        self.thread.join(10)
