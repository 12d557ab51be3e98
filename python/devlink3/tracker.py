# SPDX-License-Identifier: MIT
"""Calls, people and queues, out of the stream: docs/calls.md."""
import json
import time
import weakref
from ctypes import byref, c_void_p, cast
from dataclasses import dataclass, field, fields
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple, Type, TypeVar, Union

from . import _abi as abi
from ._base import Code, to_json
from ._library import check, lib, sized, str_view, text, view, walk
from ._tables import CallState, CallStep, Direction, EquipmentClass, ErrorCode, Outcome, State, Tone, UserState
from .events import CounterChange, LinkDown, LinkEvent, Malformed, RecordEvent, SnapshotEnd, StreamAnswer
from .records import RawRecord
from .session import configure
from .wire import Event

T = TypeVar("T", bound="_Told")
F = TypeVar("F")


class _Told:
    """What the library tells in JSON, which is kept as it is."""

    _json: str
    _lists: Dict[str, Any] = {}
    _codes: Dict[str, Type[Code]] = {}

    @classmethod
    def _of(cls: Type[T], json_: Dict[str, Any], source: Optional[str] = None) -> T:
        made = cls.__new__(cls)
        values = {name: json_[name] for name in _names(cls) if name in json_}
        for name, code in cls._codes.items():
            values[name] = _code(code, values.get(name))
        for name, item in cls._lists.items():
            values[name] = tuple(item._of(x) if isinstance(x, dict) else x for x in values.get(name) or ())
        made.__dict__.update(values)
        made.__dict__["_json"] = source if source is not None else ""
        return made

    def to_dict(self) -> Dict[str, Any]:
        """What JSON has of it: docs/calls.md."""
        found: Dict[str, Any] = json.loads(self._json) if self._json else {}
        return found

    def to_json(self) -> str:
        """One line of JSON."""
        return self._json or to_json(self.to_dict())


_cache: Dict[type, Tuple[str, ...]] = {}


def _names(cls: Any) -> Tuple[str, ...]:
    if cls not in _cache:
        _cache[cls] = tuple(f.name for f in fields(cls))
    return _cache[cls]


def _code(code: Type[Code], value: Any) -> Any:
    """A name of JSON's, or a number, as a code."""
    if isinstance(value, str):
        return next((code(number) for number, (name, _) in code.table().items() if name == value), value)
    return value if value is None else code(value)


@dataclass(frozen=True)
class Segment(_Told):
    """A person's time in a call. Times are Unix seconds, durations seconds."""

    party: str
    from_: float
    to: Optional[float]
    talk_s: float
    hold_s: float

    @classmethod
    def _of(cls, json_: Dict[str, Any], source: Optional[str] = None) -> "Segment":
        return Segment(json_["party"], json_["from"], json_["to"], json_["talk_s"], json_["hold_s"])


@dataclass(frozen=True)
class CallParty(_Told):
    """An end of a call, as it was told of last."""

    end: str
    extension: Optional[str] = None
    number: Optional[str] = None
    name: Optional[str] = None
    state: Optional[State] = None
    tone: Optional[Tone] = None
    audio_path: Optional[bool] = None
    outside: bool = False
    person: bool = False
    equipment: Optional[EquipmentClass] = None

    _codes = {"state": State, "tone": Tone}

    @classmethod
    def _of(cls, json_: Dict[str, Any], source: Optional[str] = None) -> "CallParty":
        made = super()._of(json_, source)
        made.__dict__["equipment"] = _code(EquipmentClass, json_.get("class"))
        return made


@dataclass(frozen=True)
class CallTarget(_Told):
    """Somebody whom a call is offered to."""

    end: str
    extension: Optional[str] = None
    number: Optional[str] = None
    outside: bool = False
    rejected: bool = False
    since: Optional[float] = None
    equipment: Optional[EquipmentClass] = None

    @classmethod
    def _of(cls, json_: Dict[str, Any], source: Optional[str] = None) -> "CallTarget":
        made = super()._of(json_, source)
        made.__dict__["equipment"] = _code(EquipmentClass, json_.get("class"))
        return made


@dataclass(frozen=True)
class Moment(_Told):
    """A line of a call's history."""

    at: float
    what: CallStep
    who: Optional[str] = None
    end: Optional[str] = None
    other: Optional[str] = None
    cause: Optional[int] = None

    _codes = {"what": CallStep}


@dataclass(frozen=True)
class TrackedCall(_Told):
    """A call: one that is going on, or the record of one that is over. Points in time are Unix seconds."""

    id: str
    direction: Direction
    outcome: Outcome
    state: CallState
    since: float
    started: float
    answered: Optional[float] = None
    ended: Optional[float] = None
    duration_s: float = 0.0
    ring_s: float = 0.0
    queue_s: float = 0.0
    talk_s: float = 0.0
    hold_s: float = 0.0
    voicemail_s: Optional[int] = None
    cli: Optional[str] = None
    name: Optional[str] = None
    did: Optional[str] = None
    dialled: Optional[str] = None
    group: Optional[str] = None
    answered_by: Optional[str] = None
    parties: Tuple[str, ...] = ()
    segments: Tuple[Segment, ...] = ()
    transfers: int = 0
    rejected_by: Tuple[str, ...] = ()
    nodes: Tuple[str, ...] = ()
    ends: Tuple[str, ...] = ()
    account_code: Optional[str] = None
    tag: Optional[str] = None
    ivr_callflow: Optional[str] = None
    cause: Optional[int] = None
    cause_name: Optional[str] = None
    end_party: Optional[str] = None
    incomplete: bool = False
    a: Optional[CallParty] = None
    b: Optional[CallParty] = None
    targets: Tuple[CallTarget, ...] = ()
    group_now: Optional[str] = None
    call_ids: Tuple[str, ...] = ()
    sip_call_ids: Tuple[str, ...] = ()
    timeline: Tuple[Moment, ...] = ()
    timeline_left_out: int = 0
    counts: bool = field(default=True)
    """It leaves a record: somebody was called, or it queued."""

    _codes = {"direction": Direction, "outcome": Outcome, "state": CallState}
    _lists = {"parties": str, "segments": Segment, "rejected_by": str, "nodes": str, "ends": str, "targets": CallTarget,
              "call_ids": str, "sip_call_ids": str, "timeline": Moment}

    @classmethod
    def _of(cls, json_: Dict[str, Any], source: Optional[str] = None) -> "TrackedCall":
        made = super()._of(json_, source)
        for end in ("a", "b"):
            party = json_.get(end)
            made.__dict__[end] = CallParty._of(party) if party else None
        if made.state is None:
            # The record of one that is over does not say what goes without saying.
            made.__dict__.update(state=CallState.OVER, since=json_["ended"])
        return made


@dataclass(frozen=True)
class User(_Told):
    """A user, and what it is doing."""

    extension: str
    name: Optional[str] = None
    state: UserState = UserState.IDLE
    since: Optional[float] = None
    call: Optional[str] = None
    """The id of the call that `state` is about."""
    with_: Optional[str] = None
    """Extension or number at the other side of it."""
    calls: int = 0
    cmextn: Optional[str] = None

    _codes = {"state": UserState}

    @classmethod
    def _of(cls, json_: Dict[str, Any], source: Optional[str] = None) -> "User":
        made = super()._of(json_, source)
        made.__dict__["with_"] = json_.get("with")
        return made


@dataclass(frozen=True)
class GroupToday(_Told):
    """What came of the calls of a group since `Tracker.day()`."""

    offered: int = 0
    answered: int = 0
    answered_in_time: int = 0
    abandoned: int = 0
    abandoned_short: int = 0
    voicemail: int = 0
    wait_s: float = 0.0
    average_wait_s: Optional[float] = None
    longest_wait_s: float = 0.0
    abandoned_wait_s: float = 0.0
    talk_s: float = 0.0
    average_talk_s: Optional[float] = None


@dataclass(frozen=True)
class Abandoned(_Told):
    """A caller who gave up."""

    cli: Optional[str]
    name: Optional[str]
    call: Optional[str]
    at: float
    waited_s: float


@dataclass(frozen=True)
class Group(_Told):
    """A hunt group: who waits, and what came of its calls."""

    group: str
    name: Optional[str] = None
    waiting: int = 0
    waiting_since: Optional[float] = None
    talking: int = 0
    today: GroupToday = GroupToday()
    abandoned: Tuple[Abandoned, ...] = ()

    _lists = {"abandoned": Abandoned}

    @classmethod
    def _of(cls, json_: Dict[str, Any], source: Optional[str] = None) -> "Group":
        made = super()._of(json_, source)
        made.__dict__["today"] = GroupToday._of(json_.get("today") or {})
        return made


@dataclass(frozen=True)
class CallBegan:
    call: TrackedCall


@dataclass(frozen=True)
class CallChanged:
    call: TrackedCall


@dataclass(frozen=True)
class CallEnded:
    """A call is over. When `call.counts` is false it leaves no record: a handset lifted and put down."""

    call: TrackedCall


@dataclass(frozen=True)
class CallMerged:
    """`call` has taken in the younger call `merged`, whose id is not used any more."""

    call: TrackedCall
    merged: str


@dataclass(frozen=True)
class UserChanged:
    user: User


@dataclass(frozen=True)
class GroupChanged:
    group: Group


@dataclass(frozen=True)
class SipDialogue:
    """A SIP dialogue and an end belong together, or no longer."""

    end: str
    sip_call_id: str
    call: Optional[str]
    started: bool
    trunk: bool
    incoming: bool


TrackerEvent = Union[CallBegan, CallChanged, CallEnded, CallMerged, UserChanged, GroupChanged, SipDialogue]


def _call(at: Any, options: int = abi.CALL_JSON_DEFAULT) -> TrackedCall:
    source = sized(lambda *room: lib.dl3_call_json(at, options, *room)).decode()
    call = TrackedCall._of(json.loads(source), source)
    call.__dict__["counts"] = cast(at, abi.CALL_INFO_P).contents.counts
    return call


def _user(at: Any) -> User:
    source = sized(lambda *room: lib.dl3_user_json(at, *room), 1024).decode()
    return User._of(json.loads(source), source)


def _group(at: Any) -> Group:
    source = sized(lambda *room: lib.dl3_group_json(at, *room), 2048).decode()
    return Group._of(json.loads(source), source)


def _ended(t: Any) -> CallEnded:
    return CallEnded(_call(t.call, abi.CALL_JSON_RECORD))


_EVENTS: Dict[int, Callable[[Any], TrackerEvent]] = {
    abi.TRACKED_CALL_BEGAN: lambda t: CallBegan(_call(t.call)),
    abi.TRACKED_CALL_CHANGED: lambda t: CallChanged(_call(t.call)),
    abi.TRACKED_CALL_ENDED: _ended,
    abi.TRACKED_CALL_MERGED: lambda t: CallMerged(_call(t.call), text(t.merged) or ""),
    abi.TRACKED_USER_CHANGED: lambda t: UserChanged(_user(t.user)),
    abi.TRACKED_GROUP_CHANGED: lambda t: GroupChanged(_group(t.group)),
    abi.TRACKED_SIP: lambda t: SipDialogue(text(t.sip.end) or "", text(t.sip.sip_call_id) or "", text(t.sip.call), t.sip.started,
                                           t.sip.trunk, getattr(t.sip, "in")),
}


def _ms(now: Optional[float]) -> int:
    return int((time.time() if now is None else now) * 1000)


class Tracker:
    """
    Follows calls, users and groups. Fed with everything that comes over one link:

        for told in tracker.feed(event):
            if isinstance(told, CallEnded): ...

    `now` is Unix time, when what is fed arrived; the clock's by default. For one thread at a time.
    """

    def __init__(self, *, records_only: bool = False, **limits: int) -> None:
        """`records_only`: tell of calls that are over and of nothing else. `limits`: struct dl3_tracker_config."""
        config = abi.TrackerConfig(quiet=abi.TRACKER_RECORDS_ONLY if records_only else 0)
        unknown = set(limits) - {name for name, _ in config._fields_ if name != "quiet"}
        if unknown:
            raise TypeError(f"a tracker has no limit {', '.join(sorted(unknown))}")
        configure(config, limits)
        self._handle = lib.dl3_tracker_new(byref(config), None)
        if not self._handle:
            raise MemoryError("libdevlink3 has no memory")
        self._close = weakref.finalize(self, lib.dl3_tracker_free, self._handle)
        self._told = abi.Tracked()

    # ---- Feeding ----

    def feed(self, event: Union[LinkEvent, Event], now: Optional[float] = None) -> Iterator[TrackerEvent]:
        """Takes an event of a session or a link, or a decoded `wire.Event`; others do nothing. Gives what came of it."""
        at = _ms(now)
        if isinstance(event, RecordEvent):
            self._record(at, event.pbx, event.counter, event.tuple, event.data)
        elif isinstance(event, CounterChange):
            lib.dl3_tracker_counter(self._handle, at, event.pbx, event.change)
        elif isinstance(event, StreamAnswer) and event.streaming:
            lib.dl3_tracker_link_up(self._handle, at)
        elif isinstance(event, SnapshotEnd):
            lib.dl3_tracker_snapshot_end(self._handle, at)
        elif isinstance(event, LinkDown) and event.was_up:
            lib.dl3_tracker_link_lost(self._handle, at)
        elif isinstance(event, Malformed) and event.pbx:
            # Something was told that nobody will know.
            lib.dl3_tracker_counter(self._handle, at, event.pbx, abi.COUNTER_GAP)
        elif isinstance(event, Event):
            for code, data in event.tuples:
                self._record(at, event.pbx, event.counter, code, data)
        return self.told()

    def _record(self, at: int, pbx: int, counter: int, code: int, data: bytes) -> None:
        raw = RawRecord(code, data)
        if raw.error is not None:
            lib.dl3_tracker_counter(self._handle, at, pbx, abi.COUNTER_GAP)
            return
        check(lib.dl3_tracker_record(self._handle, at, pbx, counter, byref(raw.c)))

    def link_up(self, now: Optional[float] = None) -> Iterator[TrackerEvent]:
        """The connection is up and a stream was asked for; `feed(StreamAnswer)` does the same."""
        lib.dl3_tracker_link_up(self._handle, _ms(now))
        return self.told()

    def link_lost(self, now: Optional[float] = None) -> Iterator[TrackerEvent]:
        """The connection was lost. Calls that are not in the next snapshot ended now."""
        lib.dl3_tracker_link_lost(self._handle, _ms(now))
        return self.told()

    def snapshot_end(self, now: Optional[float] = None) -> Iterator[TrackerEvent]:
        lib.dl3_tracker_snapshot_end(self._handle, _ms(now))
        return self.told()

    def tick(self, now: Optional[float] = None) -> Iterator[TrackerEvent]:
        """Tells the time: what is overdue is done. Once a second is often enough."""
        lib.dl3_tracker_tick(self._handle, _ms(now))
        return self.told()

    def day(self, start: float) -> Iterator[TrackerEvent]:
        """The owner's day began at `start`: `today` of groups counts from there."""
        lib.dl3_tracker_day(self._handle, _ms(start))
        return self.told()

    def close(self, now: Optional[float] = None) -> Iterator[TrackerEvent]:
        """Ends all calls now: the stream will not go on."""
        lib.dl3_tracker_close(self._handle, _ms(now))
        return self.told()

    def told(self) -> Iterator[TrackerEvent]:
        """What there is to tell; what is not fetched comes with the next call."""
        while True:
            code = lib.dl3_tracker_next(self._handle, byref(self._told))
            if code == ErrorCode.END:
                return
            check(code)
            yield _EVENTS[self._told.type](self._told)

    def name_user(self, extension: str, name: Optional[str]) -> None:
        """Names an extension, from a pseudo-file; records do not change that name."""
        check(lib.dl3_tracker_user(self._handle, str_view(extension.encode()), str_view(name.encode() if name else None)))

    def name_group(self, group: str, name: Optional[str]) -> None:
        check(lib.dl3_tracker_group(self._handle, str_view(group.encode()), str_view(name.encode() if name else None)))

    # ---- Looking ----

    def calls(self) -> List[TrackedCall]:
        """Calls that are up, oldest first."""
        return walk(lib.dl3_tracker_walk_calls, self._handle, _call)

    def users(self) -> List[User]:
        return walk(lib.dl3_tracker_walk_users, self._handle, _user)

    def groups(self) -> List[Group]:
        return walk(lib.dl3_tracker_walk_groups, self._handle, _group)

    def call(self, id: str) -> Optional[TrackedCall]:
        """The call that is up with this id, or that has taken it in."""
        return self._find(lib.dl3_tracker_find_call, id, _call)

    def call_of_end(self, end: str) -> Optional[TrackedCall]:
        """The call that has this end, as a party or a target."""
        return self._find(lib.dl3_tracker_find_end, end, _call)

    def user(self, extension: str) -> Optional[User]:
        return self._find(lib.dl3_tracker_find_user, extension, _user)

    def group(self, number: str) -> Optional[Group]:
        return self._find(lib.dl3_tracker_find_group, number, _group)

    def _find(self, function: Any, key: str, of: Callable[[Any], F]) -> Optional[F]:
        at = c_void_p()
        code = function(self._handle, str_view(key.encode()), byref(at))
        if code == ErrorCode.END:
            return None
        check(code)
        return of(at)

    # ---- Over a restart ----

    def save(self) -> bytes:
        """What it knows, as octets. Fetch all that is told before."""
        return sized(lambda *room: lib.dl3_tracker_save(self._handle, *room), 65536)

    def restore(self, saved: bytes) -> None:
        """Takes up what was saved, in place of all it has."""
        check(lib.dl3_tracker_restore(self._handle, view(saved)))
