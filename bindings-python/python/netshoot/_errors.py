"""The exceptions and warnings of the package."""

from __future__ import annotations

import errno as codes
import warnings


class Error(Exception):
    """Why an operation could not be carried out.

    ``str(error)`` is one line: what was being done, on what, what the system said, and what to try. Errors that the
    built-in exceptions know inherit from these too, so that ``except FileNotFoundError`` works.
    """

    kind: str
    """For programs to branch on: ``not_found``, ``permission_denied``, ``invalid_input``, ``malformed``, ``truncated``,
    ``unsupported``, ``timed_out``, ``cancelled``, ``limit_reached`` or ``io``."""
    operation: str
    """What was being done, and on what."""
    detail: str | None
    """What was wrong, where that is more than kind and error code say."""
    hint: str | None
    """What to try, if there is something."""
    errno: int | None
    """The operating system's error code, if it was the system that refused."""


class NotFoundError(Error, FileNotFoundError):
    """The file, interface or namespace does not exist."""


class PermissionDeniedError(Error, PermissionError):
    """A right or capability is missing; ``hint`` names it."""


class InvalidInputError(Error, ValueError):
    """The argument makes no sense; nothing was tried."""


class TimedOutError(Error, TimeoutError):
    """The deadline passed."""


class InputOutputError(Error, OSError):
    """The operating system refused in another way; ``errno`` has its code."""


class IsDirectoryError(InvalidInputError, InputOutputError, IsADirectoryError):
    """A file was wanted, and this is a directory. Its ``kind`` is ``invalid_input``."""


class NotDirectoryError(InputOutputError, NotADirectoryError):
    """The path goes on behind something that is no directory."""


class RefusedError(InputOutputError, ConnectionRefusedError):
    """Nobody listens on the peer's port."""


class CaptureDamagedWarning(UserWarning):
    """A capture file is damaged or cut off: what was before the damage was used, what comes after it was not."""


def from_library(
    kind: str, text: str, operation: str, detail: str | None, hint: str | None, errno: int | None
) -> Error:
    """The exception for an error of the library."""
    fallback = Error if errno is None else InputOutputError
    by_code = None if errno is None else _CLASSES_BY_CODE.get(errno)
    error = (by_code or _CLASSES.get(kind, fallback))(text)
    error.kind, error.operation, error.detail, error.hint, error.errno = kind, operation, detail, hint, errno
    return error


_CLASSES: dict[str, type[Error]] = {
    "not_found": NotFoundError,
    "permission_denied": PermissionDeniedError,
    "invalid_input": InvalidInputError,
    "timed_out": TimedOutError,
}

_CLASSES_BY_CODE: dict[int, type[Error]] = {
    codes.ECONNREFUSED: RefusedError,
    codes.EISDIR: IsDirectoryError,
    codes.ENOTDIR: NotDirectoryError,
}


def warn_of_damage(text: str) -> None:
    """Issues the warning while a table is consumed."""
    warnings.warn(text, CaptureDamagedWarning, stacklevel=2)
