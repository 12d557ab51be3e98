# SPDX-License-Identifier: MIT
"""What can go wrong, as exceptions."""
from typing import Optional

from ._tables import AuthResult, ErrorCode, EventResult


class Error(Exception):
    """Whatever Devlink3 raises."""


class LibraryError(Error, ImportError):
    """The C library is missing, or is another version than this package needs."""


class CodedError(Error):
    """An error of the C library."""

    def __init__(self, code: ErrorCode, reason: str = "", offset: Optional[int] = None) -> None:
        self.code = code
        """Which one."""
        self.name = code.label
        """Its short name, such as "truncated frame"."""
        self.text = code.meaning
        """One sentence about it."""
        self.reason = reason
        """What was expected, what came, and where; empty when there is nothing to say."""
        self.offset = offset
        """The octet at which it lies, where it lies at one."""
        super().__init__(f"{self.name}: {reason or self.text}")


class ProtocolError(CodedError):
    """The octets break the description."""


class PeerError(CodedError):
    """The other end refused, fell silent, or went away."""


class LimitError(CodedError):
    """A limit was reached."""


class UsageError(CodedError):
    """What was asked for cannot be done."""


class LinkError(Error):
    """A connection could not be made or kept."""

    final = False
    """Whether it is of no use to try again by itself."""


class Unreachable(LinkError):
    """No address, no route, nobody who listens, or no answer."""


class TLSError(LinkError):
    """The handshake failed, or the certificate is not the one that is expected."""


class ConnectionLost(LinkError):
    """The connection was closed, or is dead."""


class Refused(LinkError):
    """The PBX refused to let the application in."""

    def __init__(self, result: AuthResult) -> None:
        self.result = result
        super().__init__(f"refused: {result.label}: {result.meaning or 'a code without a name'}")

    @property
    def patient(self) -> bool:
        """It may be let in later: to be asked again after a long wait."""
        return self.result in (AuthResult.RETRY_LATER, AuthResult.LIMITS_EXCEEDED)

    @property
    def final(self) -> bool:  # type: ignore[override]
        return not self.patient


class StreamRefused(LinkError):
    """The PBX refused the stream of events."""

    def __init__(self, result: EventResult) -> None:
        self.result = result
        super().__init__(f"event request refused: {result.label}: {result.meaning or 'a code without a name'}")

    @property
    def patient(self) -> bool:
        return self.result == EventResult.FEATURE_NOT_AVAILABLE

    @property
    def final(self) -> bool:  # type: ignore[override]
        return not self.patient


class FileNotThere(Error):
    """The PBX has no such file, or does not give it."""


class RequestTimeout(Error):
    """An answer did not come, or could not be read; the link goes on."""
