"""A QMP client: one command at a time, events set aside."""

import array
import json
import socket
import time

ANSWER_TIMEOUT_S = 60  # for a machine under load; a healthy QEMU answers in a millisecond


class QmpError(Exception):
    pass


def connect(path):
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(path)
    except BaseException:
        connection.close()
        raise
    return connection


class Qmp:
    def __init__(self, path, connection=None):
        """path is not used where there is a connection already."""
        self.events = []
        self._socket = connection or connect(path)
        self._socket.settimeout(ANSWER_TIMEOUT_S)
        try:
            self._lines = self._socket.makefile("r", encoding="utf-8")
            self.greeting = self._read()
            while "QMP" not in self.greeting:
                # What happens at this moment can be told first.
                self.events.append(self.greeting)
                self.greeting = self._read()
            self.execute("qmp_capabilities")
        except BaseException:
            self._socket.close()
            raise

    def _read(self):
        line = self._lines.readline()
        if not line:
            raise QmpError("QEMU closed its QMP socket")
        return json.loads(line)

    def execute(self, command, fds=(), **arguments):
        """Names with dashes are written with underscores, except the commands' own."""
        message = {"execute": command,
                   "arguments": {name.replace("_", "-"): value
                                 for name, value in arguments.items()}}
        ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
        self._socket.sendmsg([json.dumps(message).encode() + b"\n"], ancillary)
        while True:
            answer = self._read()
            if "event" in answer:
                self.events.append(answer)
            elif "error" in answer:
                raise QmpError(f"{command}: {answer['error']['desc']}")
            else:
                return answer["return"]

    def close(self):
        # shutdown, since the line reader holds the descriptor too and QEMU has to see us leave.
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._lines.close()
        self._socket.close()


def wait_for(condition, what, timeout_s=ANSWER_TIMEOUT_S, interval_s=0.02):
    """Polls until condition() is true, and returns that value."""
    deadline = time.monotonic() + timeout_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout_s} s in vain: {what}")
        time.sleep(interval_s)
