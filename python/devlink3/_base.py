# SPDX-License-Identifier: MIT
"""What the tables in _tables.py are made of: codes, flags, rows and records."""
import enum
import json
from typing import TYPE_CHECKING, Any, ClassVar, Dict, List, Mapping, Optional, Tuple, Type, TypeVar, Union

if TYPE_CHECKING:
    from ._tables import Kind

C = TypeVar("C", bound="Code")

_TEXTS: Dict[type, Dict[int, Tuple[str, str]]] = {}


def describe(cls: type, texts: Dict[int, Tuple[str, str]]) -> None:
    """Tells the names and meanings of an enumeration's values."""
    _TEXTS[cls] = texts


class Code(enum.IntEnum):
    """A number with a name. A number that has none is kept: `State(99)` is `State.UNKNOWN_99`."""

    @classmethod
    def table(cls) -> Dict[int, Tuple[str, str]]:
        """The name, as JSON has it, and the meaning of each code that is known."""
        return _TEXTS[cls]

    @classmethod
    def _missing_(cls: Type[C], value: object) -> Optional[C]:
        if not isinstance(value, int):
            return None
        # Not kept by the class: a PBX could make it grow without end.
        member = int.__new__(cls, value)
        member._name_ = f"UNKNOWN_{value}".replace("-", "MINUS_")
        member._value_ = value
        return member

    @property
    def known(self) -> bool:
        """Whether the table has it."""
        return int(self) in self.table()

    @property
    def label(self) -> str:
        """Its name as JSON has it, such as "connected"; the number, where the table has none."""
        return self.table()[int(self)][0] if self.known else str(int(self))

    @property
    def meaning(self) -> str:
        """One sentence about it; empty where the table has none."""
        return self.table()[int(self)][1] if self.known else ""

    def json(self) -> Union[str, int]:
        """The name, or the number of what has none."""
        return self.label if self.known else int(self)

    def __str__(self) -> str:
        return self.label


class Flags(enum.IntFlag):
    """Bits with names; bits that have none are kept."""

    @classmethod
    def table(cls) -> Dict[int, Tuple[str, str]]:
        """The name, as JSON has it, and the meaning of each bit that is known."""
        return _TEXTS[cls]

    @classmethod
    def _missing_(cls, value: object) -> Any:
        if not isinstance(value, int):
            return None
        # As above; and so that negative numbers stay what they are.
        member = int.__new__(cls, value)
        member._name_ = None
        member._value_ = value
        return member

    @property
    def labels(self) -> List[str]:
        """The names of those that are set, as JSON has them."""
        return [name for bit, (name, _) in self.table().items() if int(self) & bit]

    def json(self) -> List[Union[str, int]]:
        """The names, and as a number what is left over."""
        rest = int(self)
        for bit in self.table():
            rest &= ~bit
        names: List[Union[str, int]] = list(self.labels)
        return names + [rest] if rest else names

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {'|'.join(map(str, self.json())) or '0'}>"

    def __str__(self) -> str:
        return " ".join(map(str, self.json()))

    def __or__(self: Any, other: Any) -> Any:
        return type(self)(int(self) | int(other))

    def __and__(self: Any, other: Any) -> Any:
        return type(self)(int(self) & int(other))

    def __xor__(self: Any, other: Any) -> Any:
        return type(self)(int(self) ^ int(other))

    def __invert__(self: Any) -> Any:
        return type(self)(sum(self.table()) & ~int(self))

    def __contains__(self, other: Any) -> bool:
        return int(self) & int(other) == int(other)

    __ror__ = __or__
    __rand__ = __and__
    __rxor__ = __xor__


class Row:
    """
    A row of fields. A field is None when the row ended before it; text that is empty is "". A number is None also
    when it is empty or could not be read: `has()` tells whether the row reached it, and `unread` what stood there.
    """

    raw: Optional[str] = None
    """Its text as it came."""
    extra: Optional[str] = None
    """The fields behind those that the table knows, as they came, with their commas."""
    irregular: bool = False
    """It has 21 or 22 fields: docs/rulings.md#party-rows."""
    unread: Mapping[str, str] = {}
    """What stood where a number should be, by the name of the field."""

    _present: Optional[int] = None
    _number: ClassVar[int]
    _fields: ClassVar[Tuple[Tuple[str, Type[Any]], ...]]

    def has(self, field: str) -> bool:
        """Whether the row reached this field, be it empty or not."""
        for i, (name, _) in enumerate(self._fields):
            if name == field:
                return getattr(self, name) is not None if self._present is None else bool(self._present >> i & 1)
        raise AttributeError(f"a {type(self).__name__} has no field {field!r}")

    def to_dict(self) -> Dict[str, Any]:
        """What JSON has of it."""
        out: Dict[str, Any] = {}
        for name, _ in self._fields:
            if self.has(name):
                value = getattr(self, name)
                out[name] = self.unread.get(name) if value is None else value
                if isinstance(value, (Code, Flags)):
                    out[name] = value.json()
        if self.extra is not None:
            out["extra"] = self.extra
        return out

    def __repr__(self) -> str:
        fields = (f"{name}={getattr(self, name)!r}" for name, _ in self._fields if getattr(self, name) is not None)
        return f"{type(self).__name__}({', '.join(fields)})"


class Record:
    """A record: what an event tells. The class says which kind; `kind` does too."""

    kind: "Kind"
    raw: Optional[str] = None
    """Its text as it came."""
    irregular: bool = False
    """A row of it is, or a section came twice, or something lies behind its end."""

    def to_dict(self) -> Dict[str, Any]:
        """What JSON has of it: the names of docs/records.md."""
        raise NotImplementedError

    def to_json(self) -> str:
        """One line of JSON."""
        return to_json(self.to_dict())


class RecordRow(Row, Record):
    """A record that is one row."""

    def to_dict(self) -> Dict[str, Any]:
        out: Dict[str, Any] = {"kind": self.kind.json(), **super().to_dict()}
        if self.irregular:
            out["irregular"] = True
        return out


def to_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
