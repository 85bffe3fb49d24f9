"""Keeps workers running: starts them, replaces those that crash, ends them in order.

It never imports the application. A worker notices the end of its supervisor by a pipe that closes, so that not even
a kill -9 leaves one behind.
"""

import contextlib
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from types import FrameType
from typing import Final

from vestibule.asgi.exits import ExitCode
from vestibule.cli.serve.sockets import sibling_socket
from vestibule.kernel.clock import Clock, SystemClock, monotonic_seconds
from vestibule.settings.process import Flags, Listening

_STOPPING: Final = (signal.SIGTERM, signal.SIGINT)
_LONGEST_PAUSE_SECONDS: Final = 10.0
_FIRST_PAUSE_SECONDS: Final = 0.5
_PROVEN_AFTER_SECONDS: Final = 5.0  # a worker that crashes sooner is not started again at once
_FAREWELL: Final = timedelta(seconds=20)  # what a worker may take besides the requests: mail under way, its database


@dataclass(slots=True)
class Worker:
    """One worker process. `ready` is the end of the pipe on which it says that it serves."""

    process: "subprocess.Popen[bytes]"
    ready: int
    started_seconds: float
    is_ready: bool = False


@dataclass(slots=True)
class Supervisor:
    """Runs `listening.workers` workers. `sock` reserves their address and never listens itself."""

    listening: Listening
    flags: Flags
    sock: socket.socket
    on_ready: Callable[[], None]
    clock: Clock = field(default_factory=SystemClock)
    _workers: list[Worker] = field(default_factory=list)
    _starts_at_seconds: list[float] = field(default_factory=list)
    _failures: int = 0
    _has_served: bool = False
    _signals: list[int] = field(default_factory=list)
    _selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    _lifeline: tuple[int, int] = field(default_factory=os.pipe)

    def run(self) -> int:
        """Supervise until told to stop; return the exit status."""
        with self._signals_noted():
            self._start(is_first=True)
            try:
                return self._watch()
            finally:
                self._kill_all()

    def _watch(self) -> int:
        while not self._signals:
            self._wait()
            for worker in [worker for worker in self._workers if worker.process.poll() is not None]:
                status = self._bury(worker)
                if not self._has_served:
                    return status if status > 0 else ExitCode.FAILED
            self._start_due()
        return self._stop()

    def _wait(self, limit_seconds: float | None = None) -> None:
        """Sleep until something happens: a signal, a worker that is ready or gone, a start that is due."""
        if limit_seconds is None and self._starts_at_seconds:
            limit_seconds = max(0.0, min(self._starts_at_seconds) - monotonic_seconds())
        for key, _ in self._selector.select(limit_seconds):
            said = os.read(key.fd, 1024)
            if isinstance(key.data, Worker):
                self._hear(key.data, said)

    def _hear(self, worker: Worker, said: bytes) -> None:
        self._selector.unregister(worker.ready)
        os.close(worker.ready)
        worker.ready = -1
        if not said:
            return  # it died first; the loop will find it
        worker.is_ready = True
        if not self._has_served:
            self._has_served = True
            self.on_ready()
            now = monotonic_seconds()
            self._starts_at_seconds += [now] * (self.listening.workers - 1)

    def _start_due(self) -> None:
        now = monotonic_seconds()
        due = [moment for moment in self._starts_at_seconds if moment <= now]
        self._starts_at_seconds = [moment for moment in self._starts_at_seconds if moment > now]
        for _ in due:
            self._start(is_first=False)

    def _start(self, *, is_first: bool) -> None:
        ours, theirs = os.pipe()
        lifeline = self._lifeline[0]
        sock = sibling_socket(self.sock)
        command = [
            *(sys.executable, "-P", "-m", "vestibule.asgi"),
            *("--flags", json.dumps(asdict(self.flags))),
            *("--listen", str(sock.fileno())),
            *("--parent", str(lifeline)),
            *("--ready", str(theirs)),
        ]
        if is_first:
            command.append("--first")
        try:
            # A group of its own: Ctrl-C at the terminal is ours to hear and to pass on, once.
            process = subprocess.Popen(  # noqa: S603 - our own module
                command, pass_fds=(sock.fileno(), lifeline, theirs), process_group=0, stdin=subprocess.DEVNULL
            )
        finally:
            sock.close()  # the worker has it now: with it the kernel learns of the worker's end
            os.close(theirs)
        worker = Worker(process, ours, monotonic_seconds())
        self._workers.append(worker)
        self._selector.register(ours, selectors.EVENT_READ, worker)

    def _bury(self, worker: Worker) -> int:
        """Forget a worker that ended, and plan another; return its exit status."""
        self._workers.remove(worker)
        if worker.ready >= 0:
            self._wait(0)  # it may have said that it serves, and then crashed
        if worker.ready >= 0:
            self._selector.unregister(worker.ready)
            os.close(worker.ready)
        status = worker.process.returncode
        lived_seconds = monotonic_seconds() - worker.started_seconds
        is_proven = worker.is_ready and lived_seconds >= _PROVEN_AFTER_SECONDS
        self._failures = 0 if is_proven else self._failures + 1
        pause_seconds = 0.0
        if self._failures:
            pause_seconds = min(_LONGEST_PAUSE_SECONDS, _FIRST_PAUSE_SECONDS * 2.0 ** (self._failures - 1))
        if self._has_served:
            self._starts_at_seconds.append(monotonic_seconds() + pause_seconds)
            self._log("worker.replaced", pid=worker.process.pid, status=status, pause_seconds=pause_seconds)
        return status

    def _stop(self) -> int:
        """Let running requests end; a second signal, or the deadline, ends them."""
        self.sock.close()
        for worker in self._workers:
            worker.process.terminate()
        deadline = monotonic_seconds() + (self.listening.shutdown_grace + _FAREWELL).total_seconds()
        asked = len(self._signals)
        while self._workers:
            left = deadline - monotonic_seconds()
            if left <= 0 or len(self._signals) > asked:
                self._log("worker.killed", pids=[worker.process.pid for worker in self._workers])
                return ExitCode.FAILED
            self._wait(left)
            self._workers = [worker for worker in self._workers if worker.process.poll() is None]
        return ExitCode.OK

    def _kill_all(self) -> None:
        for worker in self._workers:
            with contextlib.suppress(ProcessLookupError):
                worker.process.kill()
        for worker in self._workers:
            worker.process.wait()

    @contextlib.contextmanager
    def _signals_noted(self) -> Iterator[None]:
        """Wake the loop for signals: to stop, and for children that ended."""
        reading, writing = os.pipe()
        os.set_blocking(writing, False)
        self._selector.register(reading, selectors.EVENT_READ)
        before = {number: signal.signal(number, self._note) for number in (*_STOPPING, signal.SIGCHLD)}
        woken = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(woken)
            for number, handler in before.items():
                signal.signal(number, handler)
            self._selector.close()
            for descriptor in (reading, writing, *self._lifeline):
                os.close(descriptor)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        if number in _STOPPING:
            self._signals.append(number)

    def _log(self, event: str, **fields: object) -> None:
        moment = self.clock.now().isoformat(timespec="milliseconds")
        line = {"ts": moment, "level": "warning", "event": event, "logger": "vestibule.supervisor", **fields}
        sys.stderr.write(json.dumps(line) + "\n")
        sys.stderr.flush()
