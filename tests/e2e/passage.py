"""A TCP path to a server that a test can cut: what is on its way stays away, and nobody is told."""
import socket
import threading


class Passage:
    """Listens on a port of its own and forwards to a server until it swallows."""

    def __init__(self, port, after_login=False):
        self.target = port
        self.after_login = after_login  # the startup packet passes, no message after it
        self.open = threading.Event()
        self.open.set()
        self.sockets = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, database, user="postgres"):
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}?sslmode=disable"

    def swallow(self):
        self.open.clear()

    def cut(self):
        """Swallows what is on its way over present connections; new ones pass."""
        present, self.open = self.open, threading.Event()
        self.open.set()
        present.clear()

    def close(self):
        self.listener.close()
        for each in self.sockets:
            each.close()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.target))
            self.sockets += [client, server]
            for ends in ((client, server, self.open, self.after_login), (server, client, self.open, False)):
                threading.Thread(target=self._forward, args=ends, daemon=True).start()

    @staticmethod
    def _forward(source, sink, passes, only_once):
        try:
            passed = 0
            while data := source.recv(65536):
                if passes.is_set() and not (only_once and passed):
                    sink.sendall(data)
                    passed += 1
            if passes.is_set():
                sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass
