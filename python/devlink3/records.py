# SPDX-License-Identifier: MIT
"""Records: what events tell. Their rows are in the tables."""
from ctypes import byref, create_string_buffer
from dataclasses import dataclass
from typing import Any, Dict, Optional, Tuple, Type, TypeVar, Union

from . import _abi as abi
from ._base import Record, Row
from ._library import error, lib, octets, raw_text, text, view
from ._tables import (AttemptReject, Call, CallLost, Delta2Ends, Delta2S, ErrorCode, Kind, LinkLost, Party, Siptrack,
                      Target, TupleCode)

R = TypeVar("R", bound=Row)


@dataclass(frozen=True)
class Detail(Record):
    """A call as one node sees it: section 6.7.1."""

    call: Optional[Call] = None
    party_a: Optional[Party] = None
    party_b: Optional[Party] = None
    targets: Optional[Tuple[Target, ...]] = None
    """Those to whom it is offered; None when there is no list."""
    kind = Kind.DETAIL

    def to_dict(self) -> Dict[str, Any]:
        out: Dict[str, Any] = {"kind": self.kind.json()}
        for name in ("call", "party_a", "party_b"):
            row = getattr(self, name)
            if row is not None:
                out[name] = row_dict(row)
        if self.targets is not None:
            out["targets"] = [row_dict(t) for t in self.targets]
        return _with_irregular(self, out)


@dataclass(frozen=True)
class Cmextn(Record):
    """An extension's event, as text: section 6.5.1.4."""

    text: str = ""
    kind = Kind.CMEXTN

    def to_dict(self) -> Dict[str, Any]:
        return _with_irregular(self, {"kind": self.kind.json(), "text": self.text})


@dataclass(frozen=True)
class CmextnState(Record):
    """An extension changed its state: section 6.5.1.5."""

    v: int = 0
    p1: int = 0
    """The new state; 0 is idle, 2 is dialling, others are not published."""
    p2: int = 0
    """The old state."""
    who: str = ""
    kind = Kind.CMEXTN_STATE

    def to_dict(self) -> Dict[str, Any]:
        return _with_irregular(self, {"kind": self.kind.json(), "v": self.v, "p1": self.p1, "p2": self.p2, "who": self.who})


@dataclass(frozen=True)
class UnknownRecord(Record):
    """What no table knows."""

    tuple: int = 0
    """The tuple's code."""
    name: Optional[str] = None
    """Of a Delta3 record, the root element's name."""
    data: bytes = b""
    """The tuple's octets."""
    kind = Kind.UNKNOWN

    def to_dict(self) -> Dict[str, Any]:
        out: Dict[str, Any] = {"kind": self.kind.json(), "tuple": self.tuple}
        if self.name is not None:
            out["name"] = self.name
        if self.raw is None:
            out["data"] = self.data.hex()
        _with_irregular(self, out)
        if self.raw is not None:
            out["raw"] = self.raw
        return out


def row_dict(row: Row) -> Dict[str, Any]:
    out = row.to_dict()
    if row.irregular:
        out["irregular"] = True
        out["raw"] = row.raw
    return out


def _with_irregular(record: Record, out: Dict[str, Any]) -> Dict[str, Any]:
    if record.irregular:
        out["irregular"] = True
    return out


# ---- From C ----

def _make(cls: Any, values: Dict[str, Any]) -> Any:
    # Frozen, and most fields are as the class has them: there is no need to go through its constructor.
    made = cls.__new__(cls)
    made.__dict__.update(values)
    return made


def _row_values(cls: Type[Row], c: Any) -> Dict[str, Any]:
    head = c.row
    valued, unread = head.valued, head.unread
    values: Dict[str, Any] = {"_present": head.present, "raw": raw_text(head.raw), "irregular": head.irregular}
    for i, (name, kind) in enumerate(cls._fields):
        if kind is str:
            s = getattr(c, name)
            if s.ptr:
                values[name] = text(s)
        elif valued >> i & 1:
            values[name] = getattr(c, name) if kind is int else kind(getattr(c, name))
    if head.extra.ptr:
        values["extra"] = raw_text(head.extra)
    if unread:
        values["unread"] = {name: raw_text(lib.dl3_row_text(cls._number, head.raw, i)) or ""
                            for i, (name, _) in enumerate(cls._fields) if unread >> i & 1}
    return values


def _row(cls: Type[R], c: Any) -> R:
    made: R = _make(cls, _row_values(cls, c))
    return made


def _targets(c: Any) -> Optional[Tuple[Target, ...]]:
    if not c.raw.ptr:
        return None
    rest = abi.Str(c.raw.ptr, c.raw.len, c.raw.escaped)
    target = abi.ROWS[Target]()
    out = []
    while lib.dl3_target_next(byref(rest), byref(target)) == ErrorCode.OK:
        out.append(_row(Target, target))
    return tuple(out)


def _detail(c: Any) -> Dict[str, Any]:
    return {"call": _row(Call, c.call) if c.has_call else None, "party_a": _row(Party, c.a) if c.has_a else None,
            "party_b": _row(Party, c.b) if c.has_b else None, "targets": _targets(c.targets)}


_ROW_RECORDS: Dict[int, Tuple[Type[Row], str]] = {
    Kind.CALL_LOST: (CallLost, "call_lost"), Kind.LINK_LOST: (LinkLost, "link_lost"),
    Kind.ATTEMPT_REJECT: (AttemptReject, "attempt_reject"), Kind.DELTA2_S: (Delta2S, "delta2_s"),
    Kind.DELTA2_D: (Delta2Ends, "delta2_ends"), Kind.DELTA2_A: (Delta2Ends, "delta2_ends"),
    Kind.SIPTRACK: (Siptrack, "siptrack"),
}


def from_c(c: Any) -> Record:
    """A copy of a `struct dl3_record`."""
    kind, u = c.kind, c.u
    cls: Type[Any]
    if kind in _ROW_RECORDS:
        cls, member = _ROW_RECORDS[kind]
        values = _row_values(cls, getattr(u, member))
        values["kind"] = Kind(kind)
    elif kind == Kind.DETAIL:
        cls, values = Detail, _detail(u.detail)
    elif kind == Kind.CMEXTN:
        cls, values = Cmextn, {"text": text(u.cmextn.text) or ""}
    elif kind == Kind.CMEXTN_STATE:
        s = u.cmextn_state
        cls, values = CmextnState, {"v": s.v, "p1": s.p1, "p2": s.p2, "who": text(s.who) or ""}
    else:
        n = u.unknown
        cls, values = UnknownRecord, {"tuple": n.tuple, "name": text(n.name), "data": octets(n.data)}
    values["raw"] = raw_text(c.raw)
    values["irregular"] = c.irregular
    record: Record = _make(cls, values)
    return record


class RawRecord:
    """A record as C decodes it, and all that it points to."""

    def __init__(self, code: int, data: bytes) -> None:
        self._data = data
        self._scratch = create_string_buffer(max(1, (len(data) + 1) // 2 * 3))
        self.c = abi.Record()
        fault = abi.Fault()
        tuple_ = abi.Tuple_(code, view(data))
        self.error = None
        result = lib.dl3_record_decode(byref(tuple_), self._scratch, len(self._scratch), byref(self.c), byref(fault))
        if result:
            self.error = error(result, fault)


def decode_record(data: Union[str, bytes], tuple: int = TupleCode.DELTA3) -> Record:
    """
    One record from the text, or the octets, of an event's tuple. Raises ProtocolError when it is not well formed.

    Text is taken as the wire would have it: Delta3 in UTF-8, SIPTrack and CMExtn in double octets.
    """
    if isinstance(data, str):
        narrow = tuple in (TupleCode.DELTA3, TupleCode.DELTA2)
        data = data.encode("utf-8" if narrow else "utf-16-be", "surrogatepass")
    raw = RawRecord(tuple, data)
    if raw.error:
        raise raw.error
    return from_c(raw.c)
