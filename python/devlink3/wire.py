# SPDX-License-Identifier: MIT
"""Octets to messages: what stands in a recording, in either direction."""
from ctypes import byref
from dataclasses import dataclass
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple, Union

from . import _abi as abi
from ._base import Record, to_json
from ._library import address_text, error, lib, octets, octets_text, text, view
from ._tables import AuthResult, AuthStep, ErrorCode, EventResult, ReadResult, TestResult, TupleCode
from .errors import CodedError, ProtocolError
from .records import RawRecord, from_c


@dataclass(frozen=True)
class Message:
    """A message. What could not be read of it, and why, is in `fault`; then only `request_id` counts, of an event what came
    before as well."""

    request_id: int
    rest: bytes = b""
    """Octets behind what the description defines."""
    fault: Optional[CodedError] = None

    message = "unknown"
    """Its name."""

    def to_dict(self) -> Dict[str, Any]:
        """What `devlink3 decode` prints of it, but for where it stands in the file."""
        out: Dict[str, Any] = {"message": self.message}
        if self.message not in ("event", "unknown"):
            out["request_id"] = self.request_id
        if self.fault is None or self.message == "event":
            out.update(self._body())
        if self.fault is None and self.rest:
            out["rest"] = self.rest.hex()
        if self.fault is not None:
            out["error"] = self.fault.name
        return out

    def to_json(self) -> str:
        """One line of JSON."""
        return to_json(self.to_dict())

    def _body(self) -> Dict[str, Any]:
        return {}


@dataclass(frozen=True)
class TestRequest(Message):
    payload: bytes = b""
    message = "test_request"

    def _body(self) -> Dict[str, Any]:
        return {"payload": octets_text(self.payload)}


@dataclass(frozen=True)
class TestReply(Message):
    result: TestResult = TestResult.SUCCESS
    payload: bytes = b""
    message = "test_reply"

    def _body(self) -> Dict[str, Any]:
        return {"result": self.result.json(), "payload": octets_text(self.payload)}


@dataclass(frozen=True)
class AuthRequest(Message):
    step: AuthStep = AuthStep.REQUEST
    user: Optional[str] = None
    application: Optional[str] = None
    response: bytes = b""
    """The SHA-1 answer, or the password in plain with its padding."""
    unknown_tuples: Tuple[Tuple[int, bytes], ...] = ()
    message = "auth_request"

    def _body(self) -> Dict[str, Any]:
        out: Dict[str, Any] = {"step": self.step.json()}
        if self.step == AuthStep.REQUEST:
            out.update(user=self.user, application=self.application, **_tuples(self.unknown_tuples))
        elif self.step == AuthStep.SHA1_RESPONSE:
            out["response"] = self.response.hex()
        elif self.step == AuthStep.PLAIN_RESPONSE:
            out["password"] = octets_text(self.response.rstrip(b"\0"))
        return out


@dataclass(frozen=True)
class AuthReply(Message):
    result: AuthResult = AuthResult.SUCCESS
    challenge: bytes = b""
    pbx: Optional[str] = None
    variant: Optional[str] = None
    unknown_tuples: Tuple[Tuple[int, bytes], ...] = ()
    message = "auth_reply"

    def _body(self) -> Dict[str, Any]:
        out: Dict[str, Any] = {"result": self.result.json()}
        if self.result == AuthResult.CHALLENGE_SHA1:
            out["challenge"] = self.challenge.hex()
        for name in ("pbx", "variant"):
            if getattr(self, name) is not None:
                out[name] = getattr(self, name)
        out.update(_tuples(self.unknown_tuples))
        return out


@dataclass(frozen=True)
class EventRequest(Message):
    flags: Tuple[str, ...] = ()
    """The words as they came."""
    message = "event_request"

    def _body(self) -> Dict[str, Any]:
        return {"flags": list(self.flags)}


@dataclass(frozen=True)
class EventReply(Message):
    result: EventResult = EventResult.SUCCESS
    flags: Tuple[str, ...] = ()
    """The words that were accepted."""
    message = "event_reply"

    def _body(self) -> Dict[str, Any]:
        return {"result": self.result.json(), "flags": list(self.flags)}


@dataclass(frozen=True)
class Event(Message):
    pbx: int = 0
    """The PBX it comes from, as a number: 192.168.42.3 is 0xc0a82a03."""
    counter: int = 0
    records: Tuple[Record, ...] = ()
    tuples: Tuple[Tuple[int, bytes], ...] = ()
    """What the records were made of: code and octets of each."""
    message = "event"

    @property
    def pbx_address(self) -> str:
        return address_text(self.pbx)

    def _body(self) -> Dict[str, Any]:
        names = ["cmextn_state" if r.kind.label == "cmextn_state" else _tuple_name(code)
                 for (code, _), r in zip(self.tuples, self.records)]
        return {"pbx_address": self.pbx_address, "counter": self.counter, "tuples": names,
                "records": [r.to_dict() for r in self.records]}


@dataclass(frozen=True)
class ReadRequest(Message):
    file: str = ""
    message = "read_request"

    def _body(self) -> Dict[str, Any]:
        return {"file": self.file}


@dataclass(frozen=True)
class ReadReply(Message):
    result: ReadResult = ReadResult.SUCCESS
    contents: bytes = b""
    message = "read_reply"

    def _body(self) -> Dict[str, Any]:
        out: Dict[str, Any] = {"result": "success" if self.result == ReadResult.SUCCESS else "not_found"}
        if self.result != ReadResult.SUCCESS:
            out["code"] = int(self.result)
        if self.result == ReadResult.SUCCESS or self.contents:
            out["contents"] = octets_text(self.contents)
        return out


@dataclass(frozen=True)
class UnknownMessage(Message):
    """A message that no table knows."""

    code: int = 0
    body: bytes = b""

    def _body(self) -> Dict[str, Any]:
        return {"code": self.code, "body": self.body.hex()}


def _tuple_name(code: int) -> str:
    known = TupleCode(code)
    return known.label if known.known else "unknown"


def _tuples(unknown: Tuple[Tuple[int, bytes], ...]) -> Dict[str, Any]:
    return {"unknown_tuples": [{"tuple": code, "data": data.hex()} for code, data in unknown]} if unknown else {}


# ---- From C ----

def _unknown_tuples(table: Any) -> Tuple[Tuple[int, bytes], ...]:
    rest, found, out = abi.Octets(table.ptr, table.len), abi.Tuple_(), []
    while lib.dl3_tuple_next(byref(rest), byref(found), None) == ErrorCode.OK:
        if not TupleCode(found.code).known:
            out.append((found.code, octets(found.data)))
    return tuple(out)


def _words(flags: Any) -> Tuple[str, ...]:
    return tuple(word for word in (text(flags) or "").split(" ") if word)


def _event(m: Any, base: Dict[str, Any], start: int) -> Event:
    rest, found, fault = abi.Octets(m.tuples.ptr, m.tuples.len), abi.Tuple_(), abi.Fault()
    tuples, records = [], []
    while rest.len:
        at = rest.ptr - start
        code = lib.dl3_tuple_next(byref(rest), byref(found), byref(fault))
        problem = error(code, fault) if code else None
        if code == ErrorCode.OK:
            at = found.data.ptr - start if found.data.ptr else at
        data = octets(found.data)
        raw = RawRecord(found.code, data)
        # A tuple that breaks off is none of the kind its code says.
        records.append(from_c(raw.c) if problem is None else _broken(found.code, data))
        tuples.append((found.code, data))
        problem = problem or raw.error
        if problem is not None and base["fault"] is None:
            base["fault"] = ProtocolError(problem.code, problem.reason, at + (problem.offset or 0))
    return Event(**base, pbx=m.pbx, counter=m.counter, records=tuple(records), tuples=tuple(tuples))


def _broken(code: int, data: bytes) -> Record:
    from .records import UnknownRecord
    return UnknownRecord(tuple=code, data=data)


def _text(s: Any) -> str:
    return text(s) or ""


_MAKERS: Dict[int, Callable[[Any, Dict[str, Any]], Message]] = {
    abi.MSG_TEST_REQUEST: lambda u, b: TestRequest(**b, payload=octets(u.test_request.payload)),
    abi.MSG_TEST_REPLY: lambda u, b: TestReply(
        **b, result=TestResult(u.test_reply.result), payload=octets(u.test_reply.payload)),
    abi.MSG_AUTH_REQUEST: lambda u, b: AuthRequest(
        **b, step=AuthStep(u.auth_request.step), user=text(u.auth_request.user),
        application=text(u.auth_request.application), response=octets(u.auth_request.response),
        unknown_tuples=_unknown_tuples(u.auth_request.tuples)),
    abi.MSG_AUTH_REPLY: lambda u, b: AuthReply(
        **b, result=AuthResult(u.auth_reply.result), challenge=octets(u.auth_reply.challenge), pbx=text(u.auth_reply.pbx),
        variant=text(u.auth_reply.variant), unknown_tuples=_unknown_tuples(u.auth_reply.tuples)),
    abi.MSG_EVENT_REQUEST: lambda u, b: EventRequest(**b, flags=_words(u.event_request.flags)),
    abi.MSG_EVENT_REPLY: lambda u, b: EventReply(
        **b, result=EventResult(u.event_reply.result), flags=_words(u.event_reply.flags)),
    abi.MSG_READ_REQUEST: lambda u, b: ReadRequest(**b, file=_text(u.read_request.file)),
    abi.MSG_READ_REPLY: lambda u, b: ReadReply(
        **b, result=ReadResult(u.read_reply.result), contents=octets(u.read_reply.contents)),
}


def from_c_message(m: Any, start: int, fault: Optional[CodedError] = None) -> Message:
    """A copy of a `struct dl3_msg`, whose payload begins at the address `start`."""
    base: Dict[str, Any] = {"request_id": m.request_id, "rest": octets(m.rest), "fault": fault}
    if m.type == abi.MSG_EVENT:
        return _event(m.u.event, base, start)
    if m.type in _MAKERS:
        return _MAKERS[m.type](m.u, base)
    return UnknownMessage(**base, code=m.code, body=octets(m.body))


def decode_message(payload: bytes) -> Message:
    """One message from the payload of a frame. What cannot be read of it is its `fault`."""
    m, fault, o = abi.Msg(), abi.Fault(), view(payload)
    code = lib.dl3_msg_decode(o, byref(m), byref(fault))
    return from_c_message(m, o.ptr or 0, error(code, fault) if code else None)


class Decoder:
    """
    Messages of one direction of a connection, from octets that come in any pieces:

        for message in decoder.feed(data): ...

    Where framing is lost ProtocolError is raised, at each call from there on: such a stream cannot be followed.
    """

    def __init__(self) -> None:
        self._held = bytearray()
        self._wanted = 1
        self._error: Optional[CodedError] = None
        self.offset = 0
        """Octets of whole messages so far."""

    def feed(self, data: Union[bytes, bytearray, memoryview]) -> Iterator[Message]:
        """The messages that are whole now. What is not fetched comes with the next feed."""
        self._held += data
        return self._messages()

    def end(self) -> None:
        """Says that no more octets come; raises ProtocolError when the last message is not whole."""
        if self._error is None and self._held:
            self._error = ProtocolError(ErrorCode(ErrorCode.ERR_TRUNCATED_FRAME), f"expected {self._wanted} octets of a frame, "
                                        f"came {len(self._held)}", self.offset + len(self._held))
        if self._error is not None:
            raise self._error

    def _messages(self) -> Iterator[Message]:
        while self._error is None and len(self._held) >= self._wanted:
            payload = self._frame()
            if payload is None:
                break
            yield decode_message(payload)
        if self._error is not None:
            raise self._error

    def _frame(self) -> Optional[bytes]:
        frame, fault = abi.Frame(), abi.Fault()
        data = bytes(self._held[:max(self._wanted, abi.FRAME_HEADER_MAX)])
        code = lib.dl3_frame_decode(data, len(data), byref(frame), byref(fault))
        if code == ErrorCode.NEED_MORE:
            self._wanted = frame.size
            if len(self._held) < frame.size:
                return None
            return self._frame()
        if code:
            e = error(code, fault)
            self._error = type(e)(e.code, e.reason, self.offset + (e.offset or 0))
            return None
        del self._held[:frame.size]
        self.offset += frame.size
        self._wanted = 1
        return data[frame.header:frame.size]


def decode(data: bytes) -> List[Message]:
    """All messages of some octets, which end with a whole one. Raises ProtocolError otherwise."""
    decoder = Decoder()
    messages = list(decoder.feed(data))
    decoder.end()
    return messages
