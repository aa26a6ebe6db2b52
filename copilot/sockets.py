"""How a child process takes up the socket that the daemon handed it."""

import socket
import sys


def inherited_socket(word: str) -> socket.socket:
    """The socket named by a child's first argument: a descriptor's number, or on Windows `stdin` for a share."""
    if word == "stdin" and sys.platform == "win32":
        size = int.from_bytes(sys.stdin.buffer.read(4), "little")
        return socket.fromshare(sys.stdin.buffer.read(size))
    return socket.socket(fileno=int(word))
