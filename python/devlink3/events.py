# SPDX-License-Identifier: MIT
"""What a session and a link tell of."""
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Optional, Union

from . import _abi as abi
from ._base import Record
from ._library import address_text
from ._tables import AuthResult, EventResult, ReadResult, StreamFlag, TestResult
from .errors import CodedError, Error
from .wire import Message


@dataclass(frozen=True)
class Authenticated:
    """The PBX let us in."""

    pbx: Optional[str] = None
    """Its type and version; None when it does not tell."""
    variant: Optional[str] = None


@dataclass(frozen=True)
class LoginRefused:
    """The PBX did not let us in; the session ends."""

    result: AuthResult


@dataclass(frozen=True)
class StreamAnswer:
    """The answer to an event request."""

    request: int
    result: EventResult
    streaming: bool
    """Events follow."""
    accepted: StreamFlag
    dropped: StreamFlag
    """Asked for and not accepted."""


@dataclass(frozen=True)
class RecordEvent:
    """One record of the stream."""

    pbx: int
    """Whose it is, as a number: 192.168.42.3 is 0xc0a82a03."""
    counter: int
    index: int
    """Its place in its event, from 0."""
    record: Record
    tuple: int = field(repr=False, default=0)
    """The code of the tuple that it came in."""
    data: bytes = field(repr=False, default=b"")
    """The tuple's octets."""

    @property
    def pbx_address(self) -> str:
        return address_text(self.pbx)


class Change(IntEnum):
    """Why a counter was worth telling."""

    GAP = abi.COUNTER_GAP
    """It jumped forward: events never came."""
    DUPLICATE = abi.COUNTER_DUPLICATE
    """It is the same as before: the event's records are not given."""
    RESTART = abi.COUNTER_RESTART
    """It jumped back: the PBX began again."""


@dataclass(frozen=True)
class CounterChange:
    """The counter of a PBX was not in order."""

    change: Change
    pbx: int
    expected: int
    came: int
    missed: int
    """Of a gap, how many events."""

    @property
    def pbx_address(self) -> str:
        return address_text(self.pbx)


@dataclass(frozen=True)
class SnapshotEnd:
    """All calls that were in progress at the event request have been told."""

    request: int


@dataclass(frozen=True)
class FileAnswer:
    """The answer to a file read."""

    request: int
    result: ReadResult
    contents: bytes

    @property
    def found(self) -> bool:
        return self.result == ReadResult.SUCCESS


@dataclass(frozen=True)
class TestAnswer:
    """The answer to a test packet."""

    request: int
    result: TestResult
    payload: bytes
    round_trip_ms: int


@dataclass(frozen=True)
class RequestFailed:
    """A request that waits no longer; the session goes on."""

    request: int
    error: CodedError
    octets: bytes
    """The payload of the answer that could not be read; empty when none came."""


@dataclass(frozen=True)
class Unasked:
    """A message that nobody knows, or nobody asked for."""

    message: Message


@dataclass(frozen=True)
class Malformed:
    """A message, or a record in it, that could not be read; the session goes on."""

    error: CodedError
    octets: bytes
    """The payload, or the tuple's octets."""
    in_tuple: bool
    pbx: int
    counter: int
    tuple: int


SessionEvent = Union[Authenticated, LoginRefused, StreamAnswer, RecordEvent, CounterChange, SnapshotEnd, FileAnswer, TestAnswer,
                     RequestFailed, Unasked, Malformed]


@dataclass(frozen=True)
class LinkUp:
    """A link is connected and let in, and events come if they were asked for."""

    pbx: Optional[str]
    """Type and version of the PBX; None when it does not tell."""
    address: str
    """Where it was reached, "192.0.2.1:50797"."""


@dataclass(frozen=True)
class LinkDown:
    """A link was lost, or could not be made."""

    error: Error
    retry_s: Optional[float]
    """Until it is tried again; None when it is not."""
    was_up: bool


LinkEvent = Union[SessionEvent, LinkUp, LinkDown]
