# SPDX-License-Identifier: MIT
"""
DevLink3, the protocol by which an Avaya IP Office tells applications what every call is doing: docs/python.md.

    connect(url)     a link to a PBX, with asyncio
    Session          the conversation alone, without a socket
    Tracker          calls, users and groups out of a link's events
    Decoder, decode  octets of a recording to messages
    decode_record    one record
"""
from . import wire
from ._base import Code, Flags, Record, Row
from ._tables import VERSION as __version__
from ._tables import (AttemptReject, AuthResult, AuthStep, Call, CalledType, CallLost, CallState, CallStep, Cause, Delta2Ends,
                      Delta2S, Delta2State, Direction, EquipmentClass, EquipmentType, ErrorCode, EventResult, Kind, LinkLost,
                      NameType, Outcome, Party, PartyFlag, Presentation, Queueing, ReadResult, Siptrack, State, StreamFlag, Target,
                      TestResult, Tone, TupleCode, UserState)
from .errors import (CodedError, ConnectionLost, Error, FileNotThere, LibraryError, LimitError, LinkError, PeerError,
                     ProtocolError, Refused, RequestTimeout, StreamRefused, TLSError, Unreachable, UsageError)
from .events import (Authenticated, Change, CounterChange, FileAnswer, LinkDown, LinkEvent, LinkUp, LoginRefused, Malformed,
                     RecordEvent, RequestFailed, SessionEvent, SnapshotEnd, StreamAnswer, TestAnswer, Unasked)
from .link import URL, Link, Retry, connect
from .records import Cmextn, CmextnState, Detail, UnknownRecord, decode_record
from .session import Limits, Session
from .tracker import (Abandoned, CallBegan, CallChanged, CallEnded, CallMerged, CallParty, CallTarget, Group, GroupChanged,
                      GroupToday, Moment, Segment, SipDialogue, TrackedCall, Tracker, TrackerEvent, User, UserChanged)
from .wire import Decoder, Event, Message, decode

__all__ = [
    "__version__", "Abandoned", "AttemptReject", "Authenticated", "AuthResult", "AuthStep", "Call", "CallBegan",
    "CallChanged", "CalledType", "CallEnded", "CallLost", "CallMerged", "CallParty", "CallState", "CallStep", "CallTarget",
    "Cause", "Change", "Cmextn", "CmextnState", "Code", "CodedError", "connect", "ConnectionLost", "CounterChange",
    "decode", "decode_record", "Decoder", "Delta2Ends", "Delta2S", "Delta2State", "Detail", "Direction", "EquipmentClass",
    "EquipmentType", "Error", "ErrorCode", "Event", "EventResult", "FileAnswer", "FileNotThere", "Flags", "Group",
    "GroupChanged", "GroupToday", "Kind", "LibraryError", "LimitError", "Limits", "Link", "LinkDown", "LinkError",
    "LinkEvent", "LinkLost", "LinkUp", "LoginRefused", "Malformed", "Message", "Moment", "NameType", "Outcome", "Party",
    "PartyFlag", "PeerError", "Presentation", "ProtocolError", "Queueing", "ReadResult", "Record", "RecordEvent", "Refused",
    "RequestFailed", "RequestTimeout", "Retry", "Row", "Segment", "Session", "SessionEvent", "SipDialogue", "Siptrack",
    "SnapshotEnd", "State", "StreamAnswer", "StreamFlag", "StreamRefused", "Target", "TestAnswer", "TestResult", "TLSError",
    "Tone", "TrackedCall", "Tracker", "TrackerEvent", "TupleCode", "Unasked", "UnknownRecord", "Unreachable", "URL",
    "UsageError", "User", "UserChanged", "UserState", "wire",
]
