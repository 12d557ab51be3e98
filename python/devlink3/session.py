# SPDX-License-Identifier: MIT
"""The client's half of the conversation, without a socket and without a clock."""
import weakref
from ctypes import byref, c_uint32, sizeof
from dataclasses import dataclass
from typing import Any, Callable, Dict, Iterator, Optional, Union

from . import _abi as abi
from ._library import check, error, lib, octets, text
from ._tables import AuthResult, ErrorCode, EventResult, ReadResult, StreamFlag, TestResult
from .events import (Authenticated, Change, CounterChange, FileAnswer, LoginRefused, Malformed, RecordEvent, RequestFailed,
                     SessionEvent, SnapshotEnd, StreamAnswer, TestAnswer, Unasked)
from .records import from_c
from .wire import from_c_message

_NEVER = 2**64 - 1


@dataclass(frozen=True)
class Limits:
    """Limits of a session; 0 is the library's default: include/devlink3/session.h."""

    max_frame: int = 0
    max_output: int = 0
    max_requests: int = 0
    max_pbxs: int = 0
    answer_timeout_ms: int = 0
    snapshot_timeout_ms: int = 0
    keepalive_ms: int = 0
    no_keepalive: bool = False


def configure(config: Any, values: Dict[str, Any]) -> None:
    """Sets a struct's numbers, none of which may be past what its field can hold."""
    for name, value in values.items():
        top = 2 ** (8 * sizeof(dict(config._fields_)[name])) - 1
        if not 0 <= value <= top:
            raise ValueError(f"{name}: expected 0 to {top}, came {value}")
        setattr(config, name, value)


def _z(name: str, value: str) -> bytes:
    data = value.encode("utf-8", "surrogateescape")
    if b"\0" in data:
        raise ValueError(f"{name}: expected text without a NUL")
    return data


class Session:
    """
    A client's session. Its owner moves the octets and tells the time, in seconds of any clock:

        session.tick(now)
        for event in session.feed(data): ...
        sock.send(session.output()); session.sent(n)
        wait until session.deadline()

    Once it has ended the iterator of events raises why, each time: a CodedError. Events are copies, to be kept at will. For one
    thread at a time.
    """

    def __init__(self, *, encrypted: bool = False, limits: Limits = Limits()) -> None:
        """`encrypted`: whether the link is; only then is a password given in plain when the PBX asks for it."""
        config = abi.ClientConfig(encrypted=encrypted)
        configure(config.limits, vars(limits))
        handle = lib.dl3_client_new(byref(config), None)
        if not handle:
            raise MemoryError("libdevlink3 has no memory")
        self._handle = handle
        self._close = weakref.finalize(self, lib.dl3_session_free, handle)
        self._event = abi.Event()
        self._left = b""

    # ---- Octets and time ----

    def feed(self, data: bytes) -> Iterator[SessionEvent]:
        """Takes octets from the PBX; gives the events, as `events()` does."""
        self._left += data
        return self.events()

    def end_of_input(self) -> Iterator[SessionEvent]:
        """The PBX has closed: what is whole is still given, then why the session ended is raised."""
        self._take()
        lib.dl3_session_end_of_input(self._handle)
        return self.events()

    def events(self) -> Iterator[SessionEvent]:
        """The events there are. Raises why the session ended, once it has."""
        while True:
            self._take()
            code = lib.dl3_session_next(self._handle, byref(self._event))
            if code == ErrorCode.OK:
                yield _copy(self._event)
            elif code != ErrorCode.NEED_MORE:
                raise error(code, lib.dl3_session_fault(self._handle))
            elif not self._left:
                return

    def _take(self) -> None:
        while self._left:
            used = lib.dl3_session_feed(self._handle, self._left, len(self._left))
            if not used:
                return
            self._left = self._left[used:]

    def output(self) -> bytes:
        """What is to be sent; empty when nothing is."""
        return octets(lib.dl3_session_output(self._handle))

    def sent(self, count: int) -> None:
        """The first `count` octets of `output()` have been sent."""
        if not 0 <= count <= lib.dl3_session_output(self._handle).len:
            raise ValueError(f"expected at most the length of output(), came {count}")
        lib.dl3_session_sent(self._handle, count)

    def tick(self, now: float) -> None:
        """Tells the time, in seconds: keep-alives are sent, and late answers found. Look for events and output after it."""
        lib.dl3_session_tick(self._handle, max(0, int(now * 1000)))

    def deadline(self) -> Optional[float]:
        """When `tick()` has something to do; None when nothing is due."""
        due = lib.dl3_session_deadline(self._handle)
        # A clock that is cut to milliseconds must have come past it.
        return None if due == _NEVER else (due + 1) / 1000

    def close(self) -> None:
        """Frees the session; it is of no use any more. Done by itself in the end."""
        self._close()
        self._handle = lib.dl3_client_new(None, None)
        self._close = weakref.finalize(self, lib.dl3_session_free, self._handle)

    # ---- Requests ----

    def authenticate(self, user: str, password: str, application: str = "") -> None:
        """Begins to log in. Leads to Authenticated or LoginRefused."""
        check(lib.dl3_client_authenticate(self._handle, _z("user", user), _z("password", password), _z("application", application)))

    def stream(self, flags: StreamFlag = StreamFlag(0)) -> int:
        """Asks for the stream of events. Leads to StreamAnswer and SnapshotEnd with the number that is returned."""
        return self._request(lib.dl3_client_stream, int(flags) & 0xffffffff)

    def read(self, file: str) -> int:
        """Asks for a pseudo-file, such as "nasystem/user_list". Leads to FileAnswer or RequestFailed."""
        return self._request(lib.dl3_client_read, _z("file", file))

    def test(self, payload: bytes = b"") -> int:
        """Sends a test packet. Leads to TestAnswer."""
        return self._request(lib.dl3_client_test, payload, len(payload))

    def _request(self, function: Any, *arguments: Any) -> int:
        request = c_uint32()
        check(function(self._handle, *arguments, byref(request)))
        return request.value


# ---- From C ----

def _record(u: Any) -> RecordEvent:
    r = u.record
    t = r.tuple.contents
    return RecordEvent(r.pbx, r.counter, r.index, from_c(r.record.contents), t.code, octets(t.data))


def _malformed(u: Any) -> Malformed:
    m = u.malformed
    return Malformed(error(m.fault.err, m.fault), octets(m.octets), m.in_tuple, m.pbx, m.counter, m.tuple.code)


_COPIES: Dict[int, Callable[[Any], SessionEvent]] = {
    abi.EV_AUTHENTICATED: lambda u: Authenticated(text(u.authenticated.pbx), text(u.authenticated.variant)),
    abi.EV_REFUSED: lambda u: LoginRefused(AuthResult(u.refused.result)),
    abi.EV_STREAM: lambda u: StreamAnswer(u.stream.request, EventResult(u.stream.result), u.stream.streaming,
                                          StreamFlag(u.stream.accepted), StreamFlag(u.stream.dropped)),
    abi.EV_RECORD: _record,
    abi.EV_COUNTER: lambda u: CounterChange(Change(u.counter.change), u.counter.pbx, u.counter.expected, u.counter.came,
                                            u.counter.missed),
    abi.EV_SNAPSHOT_END: lambda u: SnapshotEnd(u.request),
    abi.EV_FILE: lambda u: FileAnswer(u.file.request, ReadResult(u.file.result), octets(u.file.contents)),
    abi.EV_TEST_REPLY: lambda u: TestAnswer(u.test_reply.request, TestResult(u.test_reply.result), octets(u.test_reply.payload),
                                            u.test_reply.round_trip_ms),
    abi.EV_FAILED: lambda u: RequestFailed(u.failed.request, error(u.failed.fault.err, u.failed.fault), octets(u.failed.octets)),
    abi.EV_UNKNOWN: lambda u: Unasked(from_c_message(u.message.contents, 0)),
    abi.EV_MALFORMED: _malformed,
}


def _copy(event: Any) -> SessionEvent:
    return _COPIES[event.type](event.u)
