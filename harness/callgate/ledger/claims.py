"""Who may ask what: one claim a request in flight, so that two processes on one ledger never pay for it twice.

A claim is worth as much as its claimant is alive. A claimant is alive while it holds the lock on its own small file
beside the ledger: the operating system lets go of it however the process ends, so that a killed run blocks nobody.
(A process id would not do: it may belong to somebody else by now.)
"""

from __future__ import annotations

import fcntl
import os
import secrets
from contextlib import suppress
from pathlib import Path


class Claimant:
    """This process's name in the claims, alive from the first use of `name` until `leave`."""

    def __init__(self, ledger: Path) -> None:
        self._ledger = ledger
        self._name = ""
        self._handle = -1

    @property
    def name(self) -> str:
        """The name; the first use makes and locks the file. Raises OSError where that cannot be written."""
        if not self._name:
            name = secrets.token_hex(8)
            self._handle = os.open(_file(self._ledger, name), os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
            fcntl.flock(self._handle, fcntl.LOCK_EX)
            self._name = name
        return self._name

    @property
    def is_named(self) -> bool:
        """Whether anything was ever claimed."""
        return bool(self._name)

    def leave(self) -> None:
        """Lets go of the lock and removes the file; to be called after the claims are deleted."""
        if self._name:
            _file(self._ledger, self._name).unlink(missing_ok=True)
            os.close(self._handle)
            self._name, self._handle = "", -1


def is_alive(ledger: Path, name: str) -> bool:
    """Whether the claimant `name` still runs. The file of one that does not is removed."""
    path = _file(ledger, name)
    try:
        handle = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    except OSError:  # another user's, or no file: nobody here can tell, and what it holds is left alone
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        with suppress(OSError):
            path.unlink()
        return False
    finally:
        os.close(handle)


def _file(ledger: Path, name: str) -> Path:
    if not (name.isascii() and name.isalnum()):
        raise ValueError(f"{name!r} is no claimant's name")  # a damaged row must not name a path
    return ledger.with_name(f"{ledger.name}-claim-{name}")
