"""A program that gives commands through --control: one line each way."""

import json
import socket

from qmp import ANSWER_TIMEOUT_S, connect


class Control:
    def __init__(self, path):
        self._socket = connect(path)
        self._socket.settimeout(ANSWER_TIMEOUT_S)
        self._lines = self._socket.makefile("rb")

    def fileno(self):
        """To wait with others; of no use where several answers may be there."""
        return self._socket.fileno()

    def send(self, data):
        self._socket.sendall(data.encode() if isinstance(data, str) else data)

    def answer(self):
        """The next one; None: it has hung up."""
        line = self._lines.readline()
        if not line:
            return None
        assert line.endswith(b"\n"), line
        return json.loads(line.decode())

    def do(self, command):
        self.send(command + "\n")
        return self.answer()

    def finish(self):
        """Says no more; the answers that are still to come."""
        self._socket.shutdown(socket.SHUT_WR)
        answers = []
        while (answer := self.answer()) is not None:
            answers.append(answer)
        return answers

    def close(self):
        self._lines.close()
        self._socket.close()
