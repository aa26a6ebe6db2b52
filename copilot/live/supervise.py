"""Child processes of the daemon: start one, talk to it, notice its death, and end it."""

import asyncio
import contextlib
import logging
import os
import socket
import sys
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Self

from copilot.errors import ProtocolError, WorkerError
from copilot.wire import FrameReader, Hello, Message, pack

log = logging.getLogger(__name__)

MAX_UNSENT_BYTES = 4 * 1024 * 1024
"""What a child may leave unread before `send` refuses more: over a thousand planning rounds."""

GREETING_TIMEOUT_S = 30.0
"""A child greets before its slow imports, but on a loaded machine Python itself takes seconds to start."""

_READ_BYTES = 65536
_RESCUE = "copilot-rescue"
_TERMINATE_TIMEOUT_S = 1.0
_KILL_TIMEOUT_S = 1.0
"""A process that waits for a disk, its swapped memory perhaps, ends only then; nobody should wait with it."""


class Child:
    """One child process and the socket to it. Belongs to the event loop that started it.

    The child finds its socket by its first argument: a file descriptor's number, or `stdin` on Windows.
    Received messages are bounded by the sockets' buffers: a child that is not read stops sending and counts
    what it drops.
    """

    def __init__(
        self,
        role: str,
        process: asyncio.subprocess.Process,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        frames: FrameReader,
    ) -> None:
        self.role = role
        self.process = process
        self._reader = reader
        self._writer = writer
        self._frames = frames
        self._received: deque[Message] = deque()

    @classmethod
    async def start(
        cls,
        module: str,
        role: str,
        accepts: object,
        *,
        extra_fds: Sequence[int] = (),
        arguments: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        greeting_timeout_s: float = GREETING_TIMEOUT_S,
    ) -> Self:
        """Run `python -m module` and exchange greetings with it.

        `accepts` is the union of the messages it may send, Hello included; `extra_fds` it inherits too
        (POSIX); `environment` is set beside ours. Raises WorkerError if it does not greet in time, as `role`, in
        our protocol version.
        """
        ours, theirs = socket.socketpair()
        env = {**os.environ, **(environment or {})}
        with theirs:
            try:
                if sys.platform == "win32":
                    process = await _spawn_windows(module, theirs, arguments, env)
                else:
                    process = await asyncio.create_subprocess_exec(
                        sys.executable,
                        *("-m", module, str(theirs.fileno()), *arguments),
                        pass_fds=(theirs.fileno(), *extra_fds),
                        env=env,
                        process_group=0,  # what a terminal sends to a whole group is the daemon's to answer
                    )
            except OSError as error:
                ours.close()
                raise WorkerError(f"the {role} process can't be started: {error}") from error
        reader, writer = await asyncio.open_connection(sock=ours)
        child = cls(role, process, reader, writer, FrameReader(accepts))
        try:
            async with asyncio.timeout(greeting_timeout_s):
                child.send(Hello(role="daemon"))
                greeting = await child.receive()
        except (WorkerError, ProtocolError, TimeoutError, asyncio.CancelledError) as error:
            await child.stop(timeout_s=0.0)
            if isinstance(error, TimeoutError):
                raise WorkerError(
                    f"the {role} process did not greet within {greeting_timeout_s:g} s"
                ) from error
            raise
        if not isinstance(greeting, Hello) or greeting.role != role:
            await child.stop(timeout_s=0.0)
            raise WorkerError(f"the {role} process greeted with {greeting!r}: expected Hello as {role!r}")
        return child

    def send(self, message: Message) -> None:
        """Queue a message. Raises WorkerError once the child is gone, or leaves more than 4 MiB unread."""
        if self._writer.is_closing() or self._reader.at_eof():
            raise self._death()
        if self._writer.transport.get_write_buffer_size() > MAX_UNSENT_BYTES:
            raise WorkerError(f"the {self.role} process leaves {MAX_UNSENT_BYTES} bytes unread: restart it")
        self._writer.write(pack(message))

    async def receive(self) -> Message:
        """The next message. May be cancelled without losing one.

        Raises WorkerError when the child is gone, after all that it sent, and ProtocolError on what it may
        not send.
        """
        while not self._received:
            try:
                data = await self._reader.read(_READ_BYTES)
            except ConnectionError:
                data = b""
            if not data:
                raise self._death()
            self._received.extend(self._frames.feed(data))
        return self._received.popleft()

    def put_back(self, messages: Sequence[Message]) -> None:
        """Have these received next, in order: they came before whoever takes them."""
        self._received.extendleft(reversed(messages))

    async def __aiter__(self) -> AsyncIterator[Message]:
        """Every message until the child is gone; what it may not send raises ProtocolError."""
        while True:
            try:
                yield await self.receive()
            except WorkerError:
                return

    @property
    def is_gone(self) -> bool:
        """Whether the child has ended or closed its socket."""
        return self.process.returncode is not None or self._reader.at_eof() or self._writer.is_closing()

    async def wait(self) -> int:
        """Wait for the child's end; its exit status, or the negative number of the signal that killed it."""
        return await self.process.wait()

    async def stop(self, timeout_s: float) -> None:
        """Close the socket, by which a child ends; SIGTERM after `timeout_s`, SIGKILL a second later."""
        self._writer.close()
        if not await self._ends_within(timeout_s):
            self._signal(self.process.terminate)
            if not await self._ends_within(_TERMINATE_TIMEOUT_S):
                await self.kill()
        with contextlib.suppress(OSError):  # it died with something unread
            await self._writer.wait_closed()

    def end(self) -> None:
        """SIGKILL: its socket closes by it, which whoever receives hears of."""
        self._signal(self.process.kill)

    async def kill(self) -> None:
        """End the child at once, whatever it does, and even if it is stopped or hangs."""
        self._writer.close()
        self.end()
        if not await self._ends_within(_KILL_TIMEOUT_S):
            log.warning("the %s process does not end: the system keeps it", self.role)

    async def _ends_within(self, timeout_s: float) -> bool:
        try:
            async with asyncio.timeout(timeout_s):
                await self.process.wait()
        except TimeoutError:
            return False
        return True

    def _death(self) -> WorkerError:
        status = self.process.returncode
        how = "closed its socket" if status is None else f"ended with status {status}"
        return WorkerError(f"the {self.role} process {how}")

    @staticmethod
    def _signal(send: Callable[[], None]) -> None:
        with contextlib.suppress(ProcessLookupError):  # it ended between the look and the signal
            send()


async def _spawn_windows(
    module: str, theirs: socket.socket, arguments: Sequence[str], env: Mapping[str, str]
) -> asyncio.subprocess.Process:
    """Windows hands a socket over by a description that needs the child's id first. Never yet run there."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, "stdin", *arguments, stdin=asyncio.subprocess.PIPE, env=env
    )
    assert process.stdin is not None  # asked for as a pipe
    description: bytes = theirs.share(process.pid)  # type: ignore[attr-defined]
    process.stdin.write(len(description).to_bytes(4, "little") + description)
    await process.stdin.drain()
    process.stdin.close()
    return process
