"""A line between a program and the database that can be cut without either side being told."""

import contextlib
import pathlib
import selectors
import socket
import threading


class Line:
    """Forwards TCP connections on a port of its own to the socket of a cluster, in a thread of its own."""

    def __init__(self, cluster):
        self._target = str(pathlib.Path(cluster.home) / f".s.PGSQL.{cluster.port}")
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._peers = {}
        self._cut = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._forward, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join()
        for each in [self._listener, *self._peers]:
            each.close()
        self._selector.close()

    def cut(self):
        """From now on nothing gets through, closed connections and new ones included."""
        self._cut.set()

    def mend(self):
        """What was sent meanwhile arrives."""
        self._cut.clear()

    def _forward(self):
        while not self._ended.is_set():
            if self._cut.is_set():
                self._ended.wait(0.05)
                continue
            for key, _ in self._selector.select(0.05):
                if self._cut.is_set():
                    break
                if key.fileobj is self._listener:
                    self._connect()
                else:
                    self._pass_on(key.fileobj)

    def _connect(self):
        near, _ = self._listener.accept()
        far = socket.socket(socket.AF_UNIX)
        far.connect(self._target)
        self._peers[near], self._peers[far] = far, near
        for each in (near, far):
            self._selector.register(each, selectors.EVENT_READ)

    def _pass_on(self, source):
        if source not in self._peers:  # closed with its peer a moment ago
            return
        with contextlib.suppress(OSError):
            data = source.recv(65536)
            if data:
                self._peers[source].sendall(data)
                return
        for each in (source, self._peers[source]):
            self._selector.unregister(each)
            del self._peers[each]
            each.close()
