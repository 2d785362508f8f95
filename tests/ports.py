"""Free ports for servers that are told theirs, without anybody else taking one before the server has it."""

import os
import socket
from itertools import count

FIRST, MANY = 20_000, 12_000
"""Below what machines hand out by themselves: no connection that happens to be made takes one of these."""
_tried = count(os.getpid() * 61)


def free_port() -> int:
    """Never the same one twice in a process, and two processes begin apart from each other."""
    for number in _tried:
        port = FIRST + number % MANY
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    raise AssertionError("counting does not end")
