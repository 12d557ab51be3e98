# SPDX-License-Identifier: MIT
"""
The structs and numbers of the C headers, as ctypes has them. The test python.abi compares each with what a C compiler
makes of the headers.
"""
from ctypes import (POINTER, Structure, Union, c_bool, c_char_p, c_int, c_int64, c_size_t, c_uint, c_uint16, c_uint32,
                    c_uint64, c_void_p)
from typing import Any, Dict, List, Tuple, Type

from ._base import Row
from ._tables import (AttemptReject, Call, CallLost, Delta2Ends, Delta2S, LinkLost, Party, Siptrack, Target)

STRUCTS: Dict[str, Type[Structure]] = {}
"""All of them, by the name that C has."""


def _struct(name: str, *fields: Tuple[str, Any], base: Any = Structure) -> Any:
    made = type(name, (base,), {"_fields_": list(fields)})
    if name.startswith("dl3_"):
        STRUCTS[name] = made
    return made


def _union(name: str, *fields: Tuple[str, Any]) -> Any:
    return _struct(name, *fields, base=Union)


def _alike(kind: Any, names: str) -> List[Tuple[str, Any]]:
    return [(name, kind) for name in names.split()]


# base.h
Octets = _struct("dl3_octets", ("ptr", c_void_p), ("len", c_size_t))
Str = _struct("dl3_str", ("ptr", c_void_p), ("len", c_uint32), ("escaped", c_bool))
Fault = _struct("dl3_fault", ("err", c_int), ("offset", c_uint64), ("expected", c_char_p), ("came", c_char_p),
                ("value", c_uint64), *_alike(c_bool, "has_offset has_value is_code"))

# wire.h
Frame = _struct("dl3_frame", ("payload", Octets), ("header", c_size_t), ("size", c_size_t))
Tuple_ = _struct("dl3_tuple", ("code", c_uint32), ("data", Octets))
Msg = _struct(
    "dl3_msg", ("type", c_int), ("code", c_uint32), ("request_id", c_uint32), ("body", Octets), ("rest", Octets),
    ("u", _union(
        "msg_u",
        ("test_request", _struct("dl3_test_request", ("payload", Octets), ("claimed_length", c_uint32))),
        ("test_reply", _struct("dl3_test_reply", ("result", c_uint32), ("payload", Octets))),
        ("auth_request", _struct("dl3_auth_request", ("step", c_uint32), ("user", Str), ("application", Str),
                                 ("response", Octets), ("tuples", Octets))),
        ("auth_reply", _struct("dl3_auth_reply", ("result", c_uint32), ("challenge", Octets), ("pbx", Str),
                               ("variant", Str), ("tuples", Octets))),
        ("event_request", _struct("dl3_event_request", ("flags", Str), ("claimed_length", c_uint16),
                                  ("unclosed", c_bool))),
        ("event_reply", _struct("dl3_event_reply", ("result", c_uint32), ("flags", Str),
                                ("claimed_length", c_uint16), ("unclosed", c_bool))),
        ("event", _struct("dl3_event_message", ("pbx", c_uint32), ("counter", c_uint32), ("tuples", Octets))),
        ("read_request", _struct("dl3_read_request", ("file", Str))),
        ("read_reply", _struct("dl3_read_reply", ("result", c_uint32), ("contents", Octets))))))

# record.h
RowHead = _struct("dl3_row", *_alike(c_uint64, "present valued unread"), ("raw", Str), ("extra", Str),
                  ("irregular", c_bool))
Field = _struct("dl3_field", ("name", c_char_p), ("type", c_int), ("enumeration", c_int), ("offset", c_size_t),
                ("meaning", c_char_p))
Table = _struct("dl3_table", *_alike(c_char_p, "name title section"), ("fields", POINTER(Field)),
                *_alike(c_size_t, "count size"))


def _row(row: Type[Row]) -> Any:
    # The library's own tables tell where these lie: _library.py compares at every start.
    return _struct(f"row_{row.__name__}", ("row", RowHead),
                   *[(name, Str if kind is str else c_int64) for name, kind in row._fields])


ROWS: Dict[Type[Row], Any] = {row: _row(row) for row in (Call, Party, Target, CallLost, LinkLost, AttemptReject, Delta2S,
                                                         Delta2Ends, Siptrack)}
Record = _struct(
    "dl3_record", ("kind", c_int), ("irregular", c_bool), ("raw", Str),
    ("u", _union(
        "record_u",
        ("detail", _struct("dl3_detail", *_alike(c_bool, "has_call has_a has_b"), ("call", ROWS[Call]),
                           ("a", ROWS[Party]), ("b", ROWS[Party]),
                           ("targets", _struct("dl3_targets", ("raw", Str), ("count", c_size_t), ("list", c_void_p))))),
        ("call_lost", ROWS[CallLost]), ("link_lost", ROWS[LinkLost]), ("attempt_reject", ROWS[AttemptReject]),
        ("delta2_s", ROWS[Delta2S]), ("delta2_ends", ROWS[Delta2Ends]), ("siptrack", ROWS[Siptrack]),
        ("cmextn", _struct("dl3_cmextn", ("text", Str))),
        ("cmextn_state", _struct("dl3_cmextn_state", *_alike(c_uint32, "v p1 p2"), ("who", Str))),
        ("unknown", _struct("dl3_unknown", ("name", Str), ("tuple", c_uint32), ("data", Octets))))))

# session.h
Limits = _struct("dl3_limits", *_alike(c_uint32, "max_frame max_output max_requests max_pbxs answer_timeout_ms "
                                       "snapshot_timeout_ms keepalive_ms login_timeout_ms"), ("no_keepalive", c_bool))
ClientConfig = _struct("dl3_client_config", ("encrypted", c_bool), ("limits", Limits))
Event = _struct(
    "dl3_event", ("type", c_int),
    ("u", _union(
        "event_u",
        ("authenticated", _struct("authenticated", ("pbx", Str), ("variant", Str))),
        ("refused", _struct("refused", ("result", c_uint32))),
        ("stream", _struct("stream", *_alike(c_uint32, "request result"), ("streaming", c_bool),
                           *_alike(c_uint32, "accepted dropped"))),
        ("record", _struct("record", *_alike(c_uint32, "pbx counter"), ("index", c_uint), ("record", POINTER(Record)),
                           ("tuple", POINTER(Tuple_)))),
        ("counter", _struct("counter", ("change", c_int), *_alike(c_uint32, "pbx expected came missed"))),
        ("request", c_uint32),
        ("file", _struct("file", *_alike(c_uint32, "request result"), ("contents", Octets))),
        ("test_reply", _struct("test_reply", *_alike(c_uint32, "request result"), ("payload", Octets),
                               ("round_trip_ms", c_uint64))),
        ("failed", _struct("failed", ("request", c_uint32), ("fault", Fault), ("octets", Octets))),
        ("message", POINTER(Msg)),
        ("malformed", _struct("malformed", ("fault", Fault), ("octets", Octets), ("in_tuple", c_bool),
                              *_alike(c_uint32, "pbx counter"), ("tuple", Tuple_))))))

# call.h
TrackerConfig = _struct("dl3_tracker_config", *_alike(
    c_uint32, "max_calls max_ends max_timeline max_users max_groups max_nodes max_text max_abandoned max_gone "
    "answer_goal_ms short_ms grace_ms clock_tolerance_ms stale_ms quiet delta2_unit_ms"))
Texts = _struct("dl3_call_texts", ("at", c_void_p), ("count", c_size_t))
CallParty = _struct("dl3_call_party", *_alike(Str, "end extension number name"),
                    *_alike(c_int64, "state tone equipment_class"), *_alike(c_bool, "audio outside person"))
CallInfo = _struct(
    "dl3_call_info", ("id", Str), ("state", c_int), ("since", c_int64), ("direction", c_int), ("outcome", c_int),
    *_alike(c_int64, "started answered ended duration_ms ring_ms queue_ms talk_ms hold_ms voicemail_ms"),
    *_alike(Str, "cli name did dialled group answered_by account_code tag ivr_callflow"),
    *_alike(Texts, "parties rejected_by nodes ends"), ("segments", c_void_p), ("segment_count", c_size_t),
    ("transfers", c_uint32), ("cause", c_int64), ("end_party", Str), *_alike(c_bool, "incomplete counts has_a has_b"),
    ("a", CallParty), ("b", CallParty), ("targets", c_void_p), ("target_count", c_size_t), ("call_ids", c_void_p),
    ("call_id_count", c_size_t), ("sip_call_ids", Texts), ("group_now", Str), ("timeline", c_void_p),
    *_alike(c_size_t, "timeline_count timeline_left_out"))
Tracked = _struct(
    "dl3_tracked", ("type", c_int), ("call", POINTER(CallInfo)), ("merged", Str), ("user", c_void_p),
    ("group", c_void_p), ("sip", _struct("sip", *_alike(Str, "end sip_call_id call"),
                                         *_alike(c_bool, "started trunk in"))))
CALL_INFO_P = POINTER(CallInfo)
Cursor = _struct("dl3_tracker_cursor", ("at", c_uint64))
GroupStats = _struct(
    "dl3_group_stats", *_alike(c_uint32, "offered answered answered_in_time abandoned abandoned_short voicemail"),
    *_alike(c_uint64, "wait_ms longest_wait_ms abandoned_wait_ms talk_ms"))

NUMBERS: Dict[str, int] = {}
"""Constants of the headers that the package has by heart."""


def _number(name: str, value: int) -> int:
    NUMBERS[f"DL3_{name}"] = value
    return value


def _count(prefix: str, names: str) -> List[int]:
    return [_number(f"{prefix}_{name}", i) for i, name in enumerate(names.split())]


(EV_AUTHENTICATED, EV_REFUSED, EV_STREAM, EV_RECORD, EV_COUNTER, EV_SNAPSHOT_END, EV_FILE, EV_TEST_REPLY,
 EV_FAILED) = _count("EV", "AUTHENTICATED REFUSED STREAM RECORD COUNTER SNAPSHOT_END FILE TEST_REPLY FAILED")
EV_UNKNOWN = _number("EV_UNKNOWN", 15)
EV_MALFORMED = _number("EV_MALFORMED", 16)
COUNTER_GAP, COUNTER_DUPLICATE, COUNTER_RESTART = _count("COUNTER", "GAP DUPLICATE RESTART")
(MSG_UNKNOWN, MSG_TEST_REQUEST, MSG_TEST_REPLY, MSG_AUTH_REQUEST, MSG_AUTH_REPLY, MSG_EVENT_REQUEST, MSG_EVENT_REPLY,
 MSG_EVENT, MSG_READ_REQUEST, MSG_READ_REPLY) = _count(
     "MSG", "UNKNOWN TEST_REQUEST TEST_REPLY AUTH_REQUEST AUTH_REPLY EVENT_REQUEST EVENT_REPLY EVENT READ_REQUEST READ_REPLY")
(TRACKED_CALL_BEGAN, TRACKED_CALL_CHANGED, TRACKED_CALL_ENDED, TRACKED_CALL_MERGED, TRACKED_USER_CHANGED,
 TRACKED_GROUP_CHANGED, TRACKED_SIP) = _count(
     "TRACKED", "CALL_BEGAN CALL_CHANGED CALL_ENDED CALL_MERGED USER_CHANGED GROUP_CHANGED SIP")
CLASS_OK, CLASS_PROTOCOL, CLASS_PEER, CLASS_LIMIT, CLASS_MEMORY, CLASS_USAGE = _count(
    "CLASS", "OK PROTOCOL PEER LIMIT MEMORY USAGE")
CALL_JSON_DEFAULT, CALL_JSON_NO_TIMELINE, CALL_JSON_RECORD = _count("CALL_JSON", "DEFAULT NO_TIMELINE RECORD")
FAULT_TEXT_MAX = _number("FAULT_TEXT_MAX", 256)
TUPLE_DATA_MAX = _number("TUPLE_DATA_MAX", 0xffff)
RECORD_SCRATCH_MAX = _number("RECORD_SCRATCH_MAX", (TUPLE_DATA_MAX + 1) // 2 * 3)
FRAME_HEADER_MAX = _number("FRAME_HEADER_MAX", 4)
FRAME_MAX = _number("FRAME_MAX", 0x3fffff)
TEST_PAYLOAD_MAX = _number("TEST_PAYLOAD_MAX", 1000)
TRACKER_RECORDS_ONLY = _number("TRACKER_RECORDS_ONLY", 0xffffffff)
