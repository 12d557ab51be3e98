# SPDX-License-Identifier: MIT
"""A link to a PBX with asyncio: it connects, logs in, asks for events, finds out when it is dead, and begins again."""
import asyncio
import hashlib
import logging
import os
import random
import ssl
from collections import deque
from dataclasses import dataclass
from typing import Any, AsyncIterator, Callable, Deque, Dict, Generator, Iterator, Optional, Union
from urllib.parse import unquote, urlsplit

from ._tables import ErrorCode, StreamFlag
from .errors import (CodedError, ConnectionLost, Error, FileNotThere, LimitError, LinkError, Refused, RequestTimeout, StreamRefused,
                     TLSError, Unreachable, UsageError)
from .events import (Authenticated, FileAnswer, LinkDown, LinkEvent, LinkUp, LoginRefused, RequestFailed, SessionEvent,
                     StreamAnswer, TestAnswer)
from .session import Limits, Session

PORT, PORT_TLS = 50797, 50796
log = logging.getLogger("devlink3")


@dataclass(frozen=True)
class Retry:
    """How long a link waits before it connects again, in seconds; docs/reliability.md."""

    first_s: float = 1.0
    """After a first failure; each further one waits twice as long, with jitter."""
    longest_s: float = 60.0
    refused_s: float = 120.0
    """After RETRY LATER and LIMITS EXCEEDED: longer than a PBX locks an account, as far as known."""
    stable_s: float = 30.0
    """A link that was up so long has proven itself: the next failure counts as a first one."""

    def wait(self, failures: int, patient: bool) -> float:
        if patient:
            # Never less than the whole of it, in which an account stays locked.
            return self.refused_s + _jitter(self.refused_s / 4)
        return _jitter(min(self.longest_s, self.first_s * 2.0 ** min(failures - 1, 30)))


def _jitter(seconds: float) -> float:
    # Many who lost the same PBX are not to come back together.
    return random.uniform(seconds / 2, seconds)


@dataclass(frozen=True)
class URL:
    """`devlink3://user@host:port` in the clear, `devlink3s://` with TLS."""

    tls: bool
    user: str
    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> "URL":
        """Raises ValueError for whatever it cannot mean, a password above all: all that see the URL would see it."""
        form = "expected devlink3://USER@HOST[:PORT], or devlink3s:// for TLS"
        parts = urlsplit(text)
        if parts.password is not None:
            raise ValueError(f"{form}, came one with a password, which others would see: give it in DEVLINK3_PASSWORD")
        if parts.scheme not in ("devlink3", "devlink3s"):
            raise ValueError(f"{form}, came {text!r}")
        if parts.path not in ("", "/") or parts.query or parts.fragment or not parts.hostname:
            raise ValueError(f"{form}, came {text!r}")
        try:
            port = parts.port
        except ValueError:
            port = 0
        if port == 0:
            raise ValueError(f"{form}, with a port from 1 to 65535, came {text!r}")
        tls = parts.scheme == "devlink3s"
        return cls(tls, unquote(parts.username or ""), parts.hostname, port or (PORT_TLS if tls else PORT))


@dataclass(frozen=True)
class _TLS:
    context: ssl.SSLContext
    fingerprint: Optional[bytes]
    name: Optional[str]

    def check(self, transport: Any) -> None:
        """Raises TLSError when another certificate than the pinned one was shown."""
        if self.fingerprint is None:
            return
        shown = transport.get_extra_info("ssl_object").getpeercert(True) or b""
        found = hashlib.sha256(shown).hexdigest()
        if found != self.fingerprint.hex():
            raise TLSError(f"the PBX's certificate has the SHA-256 fingerprint {found}, expected {self.fingerprint.hex()}")


def _fingerprint(text: str) -> bytes:
    digits = text.replace(":", "").strip()
    try:
        value = bytes.fromhex(digits)
    except ValueError:
        value = b""
    if len(value) != 32:
        raise ValueError(f"fingerprint: expected 64 hexadecimal digits, the SHA-256 of a certificate, came {text!r}")
    return value


def _tls(cafile: Optional[str], fingerprint: Optional[str], certfile: Optional[str], keyfile: Optional[str],
         server_name: Optional[str], context: Optional[ssl.SSLContext]) -> _TLS:
    pinned = _fingerprint(fingerprint) if fingerprint else None
    made = context or ssl.create_default_context(cafile=cafile)
    if pinned and context is None:
        # That one certificate is accepted and no other; neither its CA, its dates nor its name matter.
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    if certfile:
        made.load_cert_chain(certfile, keyfile)
    return _TLS(made, pinned, server_name)


def _flags(flags: Union[StreamFlag, str]) -> StreamFlag:
    if not isinstance(flags, str):
        return StreamFlag(flags)
    words = {name.lower(): bit for bit, (name, _) in StreamFlag.table().items()}
    bits = 0
    for word in flags.split():
        if word.lower() not in words:
            raise ValueError(f"flags: expected some of {' '.join(name for name, _ in StreamFlag.table().values())}, came {word!r}")
        bits |= words[word.lower()]
    return StreamFlag(bits)


class _Connection(asyncio.Protocol):
    """One connection and its session."""

    def __init__(self, session: Session, tls: Optional[_TLS], login: Callable[[Session], None],
                 on_event: Callable[[SessionEvent], None]) -> None:
        loop = asyncio.get_running_loop()
        self.session = session
        self.done: "asyncio.Future[LinkError]" = loop.create_future()
        self.up_since: Optional[float] = None
        self.transport: Any = None
        self._loop, self._tls, self._login, self._on_event = loop, tls, login, on_event
        self._timer: Optional[asyncio.TimerHandle] = None
        self._paused_at: Optional[float] = None
        self._paused = 0.0

    # ---- From the loop ----

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        try:
            if self._tls:
                self._tls.check(transport)
            self.session.tick(self._now())
            self._login(self.session)
            self.flush()
        except LinkError as e:
            self.fail(e)
        except CodedError as e:
            self.fail(_lost(e))

    def data_received(self, data: bytes) -> None:
        if not self.done.done():
            self.session.tick(self._now())
            self._pump(self.session.feed(data))

    def eof_received(self) -> None:
        if not self.done.done():
            self._pump(self.session.end_of_input())

    def connection_lost(self, exc: Optional[Exception]) -> None:
        # A PBX that wants a certificate of ours may say so only when the handshake is over.
        self.fail(TLSError(f"TLS: {exc}") if isinstance(exc, ssl.SSLError) else
                  ConnectionLost(f"the connection was lost: {exc or 'closed'}"))

    def _timed_out(self) -> None:
        self._timer = None
        self.session.tick(self._now())
        self._pump(self.session.events())

    # ---- Work ----

    def _now(self) -> float:
        # Time in which nothing is read does not count: what lies unread in the socket is not late.
        return (self._paused_at or self._loop.time()) - self._paused

    def _pump(self, events: Iterator[SessionEvent]) -> None:
        try:
            for event in events:
                self._on_event(event)
        except CodedError as e:
            self.fail(_lost(e))
        else:
            self.flush()

    def flush(self) -> None:
        """Sends what is queued, and sets the timer anew."""
        if self.done.done():
            return
        data = self.session.output()
        if data:
            self.transport.write(data)
            self.session.sent(len(data))
        if self._timer:
            self._timer.cancel()
            self._timer = None
        due = self.session.deadline()
        if due is not None and self._paused_at is None:
            self._timer = self._loop.call_later(max(0.0, due - self._now()), self._timed_out)

    def pause(self, paused: bool) -> None:
        if self.done.done() or paused == (self._paused_at is not None):
            return
        if paused:
            self._paused_at = self._loop.time()
            self.transport.pause_reading()
        else:
            self._paused += self._loop.time() - (self._paused_at or 0.0)
            self._paused_at = None
            self.transport.resume_reading()
        self.flush()

    def fail(self, why: LinkError) -> None:
        """It is over."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if not self.done.done():
            self.done.set_result(why)
        if self.transport:
            self.transport.abort()


def _lost(e: CodedError) -> LinkError:
    lost = ConnectionLost("the PBX does not answer any more" if e.code == ErrorCode.ERR_TIMEOUT else str(e))
    lost.__cause__ = e
    # What cannot even be asked will not be asked any better the next time.
    lost.final = isinstance(e, (UsageError, LimitError)) and e.code != ErrorCode.ERR_FRAME_LIMIT
    return lost


class Link:
    """A link to a PBX; `connect()` makes one. Iterate over it for events."""

    def __init__(self, url: URL, *, user: str, password: str, application: str, flags: Optional[StreamFlag], tls: Optional[_TLS],
                 retry: Optional[Retry], limits: Limits, connect_timeout: float, max_queue: int) -> None:
        self._url, self._user, self._password, self._application = url, user, password, application
        self._flags, self._tls, self._retry, self._limits = flags, tls, retry, limits
        self._connect_timeout, self._max_queue = connect_timeout, max_queue
        self._queue: Deque[LinkEvent] = deque()
        self._waiters: Deque["asyncio.Future[None]"] = deque()
        self._answers: Dict[int, "asyncio.Future[Any]"] = {}
        self._connection: Optional[_Connection] = None
        self._task: Optional["asyncio.Task[None]"] = None
        self._failures = 0
        self._ever_up = False
        self._stopped: Optional[Error] = None
        self._pbx: Optional[str] = None
        self._stream_request = 0
        self._closed = False

    # ---- The owner's side ----

    def __await__(self) -> Generator[Any, None, "Link"]:
        return self._start().__await__()

    async def __aenter__(self) -> "Link":
        return await self._start()

    async def __aexit__(self, *_: Any) -> None:
        await self.close()

    @property
    def up(self) -> bool:
        """Whether it is connected and let in, and events come if they were asked for."""
        return self._connection is not None and self._connection.up_since is not None

    async def close(self) -> None:
        """Closes it; whoever waits for an event or an answer is told."""
        self._closed = True
        if self._task:
            self._task.cancel()
            await asyncio.wait([self._task])
        self._stop(None)

    def __aiter__(self) -> AsyncIterator[LinkEvent]:
        return self

    async def __anext__(self) -> LinkEvent:
        """The next event. Ends when the link is closed; raises why, when it gave up by itself."""
        while not self._queue:
            if self._stopped is not None:
                raise self._stopped
            if self._closed:
                raise StopAsyncIteration
            await self._changed()
        event = self._queue.popleft()
        if self._connection and len(self._queue) <= self._max_queue // 2:
            self._connection.pause(False)
        return event

    async def read_file(self, name: str) -> bytes:
        """
        The contents of a pseudo-file, such as "nasystem/user_list". Waits until the link is up. Raises FileNotThere,
        RequestTimeout, or ConnectionLost when the link goes down meanwhile.
        """
        answer = await self._ask(lambda session: session.read(name))
        if not answer.found:
            raise FileNotThere(f"the PBX has no file {name!r} for this user")
        contents: bytes = answer.contents
        return contents

    async def ping(self, payload: bytes = b"") -> float:
        """Sends a test packet; gives the seconds until its answer."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        await self._ask(lambda session: session.test(payload))
        return loop.time() - begun

    async def _ask(self, request: Callable[[Session], int]) -> Any:
        await self._wait_up()
        connection = self._connection
        assert connection is not None
        number = request(connection.session)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        connection.flush()
        try:
            return await answer
        finally:
            self._answers.pop(number, None)

    async def _wait_up(self) -> None:
        while not self.up:
            if self._stopped is not None:
                raise self._stopped
            if self._closed or self._task is None:
                raise ConnectionLost("the link is closed" if self._closed else "the link was not started: await connect(...)")
            await self._changed()

    async def _changed(self) -> None:
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        try:
            await waiter
        finally:
            if waiter in self._waiters:
                self._waiters.remove(waiter)

    # ---- The link's own ----

    async def _start(self) -> "Link":
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())
        try:
            await self._wait_up()
        except BaseException:
            await self.close()
            raise
        return self

    async def _run(self) -> None:
        try:
            while True:
                why = await self._once()
                was_up = self._went_down(why)
                wait = self._wait_after(why)
                log.warning("%s: %s%s", self._url.host, why, "" if wait is None else f"; again in {wait:.1f} s")
                self._put(LinkDown(why, wait, was_up))
                if wait is None:
                    self._stop(why)
                    return
                await asyncio.sleep(wait)
        except Exception as e:  # pylint: disable=broad-except
            log.exception("the link stops")
            self._stop(e if isinstance(e, Error) else LinkError(f"the link stops: {e!r}"))
        finally:
            if self._connection:
                self._went_down(ConnectionLost("the link is closed"))

    def _wait_after(self, why: LinkError) -> Optional[float]:
        # A certificate that is not accepted at the very first connection is a matter of how the link was made.
        final = why.final or (isinstance(why, TLSError) and not self._ever_up)
        if self._retry is None or final:
            return None
        return self._retry.wait(self._failures, getattr(why, "patient", False))

    def _went_down(self, why: LinkError) -> bool:
        """Puts an end to the connection. Gives whether it was up."""
        connection, self._connection = self._connection, None
        was_up = connection is not None and connection.up_since is not None
        if connection is not None:
            up_since = connection.up_since
            if up_since is not None and self._retry and asyncio.get_running_loop().time() - up_since >= self._retry.stable_s:
                self._failures = 0
            connection.fail(why)
            connection.session.close()
        self._failures += 1
        answers, self._answers = self._answers, {}
        for answer in answers.values():
            if not answer.done():
                answer.set_exception(why)
        return was_up

    async def _once(self) -> LinkError:
        """One connection, from its beginning to its end. Gives why it ended."""
        loop = asyncio.get_running_loop()
        session = Session(encrypted=self._tls is not None, limits=self._limits)
        connection = _Connection(session, self._tls, self._login, self._on_event)
        arguments: Dict[str, Any] = {}
        if self._tls:
            arguments = {"ssl": self._tls.context, "server_hostname": self._tls.name or self._url.host}
        self._connection = connection
        try:
            await asyncio.wait_for(loop.create_connection(lambda: connection, self._url.host, self._url.port, **arguments),
                                   self._connect_timeout)
        except ssl.SSLError as e:
            return TLSError(f"TLS with {self._url.host}: {e}")
        except asyncio.TimeoutError:
            return Unreachable(f"{self._url.host} port {self._url.port}: nobody answered in {self._connect_timeout:g} s")
        except OSError as e:
            return Unreachable(f"{self._url.host} port {self._url.port}: {e}")
        return await connection.done

    def _login(self, session: Session) -> None:
        session.authenticate(self._user, self._password, self._application)

    def _on_event(self, event: SessionEvent) -> None:
        connection = self._connection
        assert connection is not None
        if isinstance(event, LoginRefused):
            connection.fail(Refused(event.result))
        elif isinstance(event, Authenticated):
            self._pbx = event.pbx
            if self._flags is None:
                self._came_up(connection)
            else:
                self._stream_request = connection.session.stream(self._flags)
        elif isinstance(event, (FileAnswer, TestAnswer, RequestFailed)) and self._answered(event):
            return
        elif isinstance(event, RequestFailed) and event.request == self._stream_request:
            connection.fail(ConnectionLost(f"the answer to the event request: {event.error}"))
        elif isinstance(event, StreamAnswer):
            if event.streaming:
                self._came_up(connection)
            else:
                connection.fail(StreamRefused(event.result))
        self._put(event)

    def _answered(self, event: Union[FileAnswer, TestAnswer, RequestFailed]) -> bool:
        answer = self._answers.get(event.request)
        if answer is None:
            return False
        if not answer.done():
            if isinstance(event, RequestFailed):
                answer.set_exception(RequestTimeout(str(event.error)))
            else:
                answer.set_result(event)
        return True

    def _came_up(self, connection: _Connection) -> None:
        connection.up_since = asyncio.get_running_loop().time()
        self._ever_up = True
        host, port = connection.transport.get_extra_info("peername")[:2]
        self._put(LinkUp(self._pbx, f"[{host}]:{port}" if ":" in host else f"{host}:{port}"))

    def _put(self, event: LinkEvent) -> None:
        self._queue.append(event)
        if self._connection and len(self._queue) >= self._max_queue:
            self._connection.pause(True)
        self._wake()

    def _stop(self, why: Optional[Error]) -> None:
        self._stopped = self._stopped or why
        self._wake()

    def _wake(self) -> None:
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(None)


def connect(url: str, *, user: Optional[str] = None, password: Optional[str] = None, application: str = "",
            events: bool = True, flags: Union[StreamFlag, str] = StreamFlag(0), retry: Optional[Retry] = Retry(),
            cafile: Optional[str] = None, fingerprint: Optional[str] = None, certfile: Optional[str] = None,
            keyfile: Optional[str] = None, server_name: Optional[str] = None, ssl_context: Optional[ssl.SSLContext] = None,
            limits: Limits = Limits(), connect_timeout: float = 10.0, max_queue: int = 10000) -> Link:
    """
    A link to the PBX at `devlink3://user@host`, or `devlink3s://` with TLS:

        async with connect("devlink3s://app@pbx.example.com", cafile="ca.pem") as link:
            async for event in link: ...

    `link = await connect(...)` does as well; then `await link.close()` ends it. Either waits until the link is up, and raises
    what cannot get better by itself: a wrong password, a certificate that is not accepted, a refused event request. A link that
    is lost is made anew, with pauses as `retry` says; None makes the first failure the last.

    password: by default the environment's DEVLINK3_PASSWORD.
    events: ask for the stream of events; without, the link is for files alone. With it, iterate: past `max_queue` events that
        nobody fetched it reads no more, not even answers to `read_file()`.
    flags: what events to ask for: StreamFlag.SCN | StreamFlag.SIPTRACK, or "-SCN -SIPTrack".
    cafile: PEM file of the CAs to trust instead of the system's. fingerprint: SHA-256 of the PBX's certificate; then that one is
        accepted and no other. certfile, keyfile: our own certificate, where the PBX asks for one. server_name: the name that has
        to be in the PBX's certificate, instead of the URL's host. ssl_context: instead of all these.
    """
    parts = URL.parse(url)
    name = user if user is not None else parts.user
    if not name:
        raise ValueError("no user: expected one in the URL, devlink3://USER@HOST, or as user=")
    secret = password if password is not None else os.environ.get("DEVLINK3_PASSWORD")
    if secret is None:
        raise ValueError("no password: expected one in DEVLINK3_PASSWORD or as password=")
    for what, text in (("user", name), ("password", secret), ("application", application)):
        if "\0" in text:
            raise ValueError(f"{what}: expected text without a NUL")
    tls_wishes = (cafile, fingerprint, certfile, keyfile, server_name, ssl_context)
    if not parts.tls and any(tls_wishes):
        raise ValueError("certificates are of use with devlink3s:// only; this URL is in the clear")
    return Link(parts, user=name, password=secret, application=application, flags=_flags(flags) if events else None,
                tls=_tls(*tls_wishes) if parts.tls else None, retry=retry, limits=limits, connect_timeout=connect_timeout,
                max_queue=max_queue)
