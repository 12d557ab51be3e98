# SPDX-License-Identifier: MIT
"""Finding the C library, its functions, and what they give as Python has it."""
import ctypes
import os
from ctypes import (POINTER, byref, c_char_p, c_int, c_int64, c_size_t, c_uint, c_uint32, c_uint64,
                    c_void_p, create_string_buffer, string_at)
from ctypes.util import find_library
from typing import Any, Callable, Dict, List, Optional, Tuple

from . import _abi as abi
from ._tables import VERSION, ErrorCode
from .errors import CodedError, LibraryError, LimitError, PeerError, ProtocolError, UsageError

_MAJOR, _MINOR = VERSION.split(".")[:2]
SONAME = f"libdevlink3.so.{_MAJOR}"

_LONG = c_int64
_RECORD, _EVENT, _FAULT, _MSG, _TUPLE = (POINTER(t) for t in (abi.Record, abi.Event, abi.Fault, abi.Msg, abi.Tuple_))
_SIZE = POINTER(c_size_t)
_LOOK: Tuple[Any, ...] = (c_void_p, abi.Str, POINTER(c_void_p))
_WALK: Tuple[Any, ...] = (c_void_p, POINTER(abi.Cursor), POINTER(c_void_p))
_JSON: Tuple[Any, ...] = (c_void_p, c_char_p, c_size_t, _SIZE)

_FUNCTIONS: Dict[str, Tuple[Any, ...]] = {
    # name: what it gives, what it takes
    "dl3_version": (c_char_p,),
    "dl3_err_class": (c_int, c_int),
    "dl3_fault_text": (c_size_t, _FAULT, c_char_p, c_size_t),
    "dl3_str_plain": (c_int, abi.Str, c_char_p, c_size_t, _SIZE),
    "dl3_frame_decode": (c_int, c_char_p, c_size_t, POINTER(abi.Frame), _FAULT),
    "dl3_msg_decode": (c_int, abi.Octets, _MSG, _FAULT),
    "dl3_tuple_next": (c_int, POINTER(abi.Octets), _TUPLE, _FAULT),
    "dl3_record_decode": (c_int, _TUPLE, c_char_p, c_size_t, _RECORD, _FAULT),
    "dl3_target_next": (c_int, POINTER(abi.Str), c_void_p),
    "dl3_row_table": (POINTER(abi.Table), c_int),
    "dl3_row_text": (abi.Str, c_int, abi.Str, c_size_t),
    "dl3_client_new": (c_void_p, POINTER(abi.ClientConfig), c_void_p),
    "dl3_client_authenticate": (c_int, c_void_p, c_char_p, c_char_p, c_char_p),
    "dl3_client_stream": (c_int, c_void_p, c_uint32, POINTER(c_uint32)),
    "dl3_client_read": (c_int, c_void_p, c_char_p, POINTER(c_uint32)),
    "dl3_client_test": (c_int, c_void_p, c_char_p, c_size_t, POINTER(c_uint32)),
    "dl3_session_free": (None, c_void_p),
    "dl3_session_feed": (c_size_t, c_void_p, c_char_p, c_size_t),
    "dl3_session_end_of_input": (None, c_void_p),
    "dl3_session_next": (c_int, c_void_p, _EVENT),
    "dl3_session_output": (abi.Octets, c_void_p),
    "dl3_session_sent": (None, c_void_p, c_size_t),
    "dl3_session_tick": (None, c_void_p, c_uint64),
    "dl3_session_deadline": (c_uint64, c_void_p),
    "dl3_session_fault": (abi.Fault, c_void_p),
    "dl3_tracker_new": (c_void_p, POINTER(abi.TrackerConfig), c_void_p),
    "dl3_tracker_free": (None, c_void_p),
    "dl3_tracker_record": (c_int, c_void_p, _LONG, c_uint32, c_uint32, _RECORD),
    "dl3_tracker_counter": (None, c_void_p, _LONG, c_uint32, c_int),
    "dl3_tracker_link_up": (None, c_void_p, _LONG),
    "dl3_tracker_link_lost": (None, c_void_p, _LONG),
    "dl3_tracker_snapshot_end": (None, c_void_p, _LONG),
    "dl3_tracker_tick": (None, c_void_p, _LONG),
    "dl3_tracker_day": (None, c_void_p, _LONG),
    "dl3_tracker_close": (None, c_void_p, _LONG),
    "dl3_tracker_next": (c_int, c_void_p, POINTER(abi.Tracked)),
    "dl3_tracker_user": (c_int, c_void_p, abi.Str, abi.Str),
    "dl3_tracker_group": (c_int, c_void_p, abi.Str, abi.Str),
    "dl3_tracker_save": (c_int, c_void_p, c_char_p, c_size_t, _SIZE),
    "dl3_tracker_restore": (c_int, c_void_p, abi.Octets),
    "dl3_tracker_walk_calls": (c_int, *_WALK), "dl3_tracker_find_call": (c_int, *_LOOK),
    "dl3_tracker_find_end": (c_int, *_LOOK), "dl3_tracker_walk_users": (c_int, *_WALK),
    "dl3_tracker_find_user": (c_int, *_LOOK), "dl3_tracker_walk_groups": (c_int, *_WALK),
    "dl3_tracker_find_group": (c_int, *_LOOK),
    "dl3_call_json": (c_int, c_void_p, c_uint, c_char_p, c_size_t, _SIZE),
    "dl3_user_json": (c_int, *_JSON), "dl3_group_json": (c_int, *_JSON),
}


def _open() -> ctypes.CDLL:
    chosen = os.environ.get("DEVLINK3_LIBRARY")
    if chosen:
        try:
            return ctypes.CDLL(chosen)
        except OSError as e:
            raise LibraryError(f"DEVLINK3_LIBRARY names a library that cannot be loaded: {e}") from e
    try:
        return ctypes.CDLL(SONAME)
    except OSError as e:
        # The loader's list may know it where the plain name does not lead.
        found = find_library("devlink3")
        if found is None or found != SONAME:
            other = f"; there is {found}, which is another version" if found else ""
            raise LibraryError(f"{SONAME} cannot be loaded{other}: {e}. Install libdevlink3 {_MAJOR}.{_MINOR}, or "
                               "give its path in DEVLINK3_LIBRARY") from e
        return ctypes.CDLL(found)


def _bind(library: ctypes.CDLL, path: str) -> None:
    for name, (gives, *takes) in _FUNCTIONS.items():
        try:
            function = getattr(library, name)
        except AttributeError as e:
            raise LibraryError(f"{path} has no {name}(): it is no libdevlink3 {_MAJOR}.{_MINOR}") from e
        function.restype, function.argtypes = gives, takes


def _check_version(library: Any, path: str) -> None:
    version = library.dl3_version().decode()
    # Before 1.0 a minor version may change the interface.
    if version.split(".")[:2] != [_MAJOR, _MINOR]:
        raise LibraryError(f"{path} is version {version}; this package was made for {_MAJOR}.{_MINOR}")


def _check_rows(library: Any, path: str) -> None:
    """The library itself tells how its rows lie in memory: a library with other tables is not used."""
    for row, struct in abi.ROWS.items():
        t = library.dl3_row_table(row._number).contents
        theirs = [(t.fields[i].name.decode(), t.fields[i].offset) for i in range(t.count)]
        ours = [(name, getattr(struct, name).offset) for name, _ in row._fields]
        if theirs != ours or t.size != ctypes.sizeof(struct):
            raise LibraryError(f"{path} has other fields in {row.__name__} than this package: they are of two builds")


def _load() -> Any:
    library = _open()
    path = library._name
    _bind(library, path)
    _check_version(library, path)
    _check_rows(library, path)
    return library


lib = _load()

# ---- Errors ----

_CLASSES = {abi.CLASS_PROTOCOL: ProtocolError, abi.CLASS_PEER: PeerError, abi.CLASS_LIMIT: LimitError}


def error(code: int, fault: Optional[Any] = None) -> CodedError:
    """The exception for an error, with where and why if a fault tells."""
    reason, offset = "", None
    if fault is not None and fault.err:
        text = create_string_buffer(abi.FAULT_TEXT_MAX)
        lib.dl3_fault_text(byref(fault), text, len(text))
        reason = text.value.decode("utf-8", "replace")
        offset = fault.offset if fault.has_offset else None
    return _CLASSES.get(lib.dl3_err_class(code), UsageError)(ErrorCode(code), reason, offset)


def check(code: int) -> None:
    """Raises what is no success."""
    if code == ErrorCode.ERR_MEMORY:
        raise MemoryError("libdevlink3 has no memory")
    if code != ErrorCode.OK:
        raise error(code)


# ---- Octets and text ----

def octets(o: Any) -> bytes:
    """A copy of a view of octets."""
    return string_at(o.ptr, o.len) if o.len else b""


def view(data: bytes) -> Any:
    """A view of octets, which the caller keeps alive."""
    return abi.Octets(ctypes.cast(c_char_p(data), c_void_p), len(data))


def str_view(data: Optional[bytes]) -> Any:
    return abi.Str(ctypes.cast(c_char_p(data), c_void_p), len(data), False) if data is not None else abi.Str()


def _plain(s: Any) -> str:
    buf = create_string_buffer(2 * s.len + 1)
    size = c_size_t()
    check(lib.dl3_str_plain(s, buf, len(buf), byref(size)))
    return buf.raw[:size.value].decode("utf-8")


def text(s: Any) -> Optional[str]:
    """The text itself: unquoted, unescaped, valid. None when absent."""
    if not s.ptr:
        return None
    data = string_at(s.ptr, s.len)
    if not s.escaped or (b'"' not in data and b"&" not in data):
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            pass
    return _plain(s)


def raw_text(s: Any) -> Optional[str]:
    """The text as it came: nothing is undone, but what is no UTF-8 is taken as ISO-8859-1."""
    return octets_text(string_at(s.ptr, s.len)) if s.ptr else None


def octets_text(data: bytes) -> str:
    """Octets as text, in the same manner."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return _plain(str_view(data))


def address_text(pbx: int) -> str:
    """0xc0a82a03 is 192.168.42.3."""
    return ".".join(str(pbx >> shift & 255) for shift in (24, 16, 8, 0))


def sized(write: Callable[[Any, int, Any], int], first: int = 4096) -> bytes:
    """What a function writes that tells how much room it needs."""
    size = c_size_t()
    buf = create_string_buffer(first)
    code = write(buf, len(buf), byref(size))
    if code == ErrorCode.ERR_SPACE:
        buf = create_string_buffer(size.value)
        code = write(buf, len(buf), byref(size))
    check(code)
    return buf.raw[:size.value]


def walk(function: Any, handle: Any, each: Callable[[Any], Any]) -> List[Any]:
    """All that a walk of the tracker's gives."""
    cursor, at, out = abi.Cursor(), c_void_p(), []  # type: Any, Any, List[Any]
    while True:
        code = function(handle, byref(cursor), byref(at))
        if code == ErrorCode.END:
            return out
        check(code)
        out.append(each(at))


