"""Landlock: the kernel keeps this process, for good, from all files but the named ones, and from TCP, where its version
can do that. See Documentation/userspace-api/landlock.rst in the Linux sources."""

from __future__ import annotations

import ctypes
import os
import stat
import struct
from collections.abc import Iterable

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same number on every architecture
_VERSION = 1
_PATH_BENEATH = 1
_PR_SET_NO_NEW_PRIVS = 38
NEWEST = 7  # what is known here; later versions keep what these mean

# enum of access rights to files; each version of the interface adds the next ones
_WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 1, 1 << 2, 1 << 3
_REMOVE_FILE, _MAKE_REG = 1 << 5, 1 << 8
_TRUNCATE, _IOCTL_DEV = 1 << 14, 1 << 15
_KNOWN_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1}  # from 5 on: all 16
_ALL_RIGHTS = (1 << 16) - 1
_OF_FILES = _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV
_TCP = 0b11  # bind, connect
_SCOPES = 0b11  # abstract Unix sockets, signals

READ = _READ_FILE | _READ_DIR
WRITE = READ | _WRITE_FILE | _TRUNCATE | _MAKE_REG | _REMOVE_FILE
DEVICE = READ | _WRITE_FILE | _IOCTL_DEV

# A rule holds for an inode, and the kernel may drop an inode of /proc or /sys that nobody uses and make another for the
# same name. It drops none that is open.
_kept_open: list[int] = []


def version() -> int:
    """Of the kernel's interface, at most NEWEST; 0: it has none, or Landlock is switched off."""
    return max(0, min(_call(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION)), NEWEST))


def restrict(allowed: Iterable[tuple[str, int]]) -> int:
    """Allows each path, a file or what lies below a folder, its rights (READ, WRITE, DEVICE), and nothing else.

    Running programs is allowed nowhere. A path that is not there is passed over. Returns the version in force; raises
    OSError.
    """
    found = version()
    if found == 0:
        raise OSError("this kernel has no Landlock")
    handled = _KNOWN_RIGHTS.get(found, _ALL_RIGHTS)
    words = [handled]
    if found >= 4:
        words.append(_TCP)
    if found >= 6:
        words.append(_SCOPES)
    about = struct.pack(f"={len(words)}Q", *words)
    ruleset = _call(_CREATE_RULESET, ctypes.c_char_p(about), ctypes.c_size_t(len(about)), ctypes.c_uint32(0))
    if ruleset < 0:
        raise _failure("landlock_create_ruleset")
    try:
        for path, rights in allowed:
            _allow(ruleset, path, rights & handled)
        if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
            raise _failure("PR_SET_NO_NEW_PRIVS")
        if _call(_RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0)):
            raise _failure("landlock_restrict_self")
    finally:
        os.close(ruleset)
    return found


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (OSError, ValueError):
        return
    if not stat.S_ISDIR(os.fstat(place).st_mode):
        rights &= _OF_FILES
    rule = struct.pack("=Qi", rights, place)
    failed = _call(
        _ADD_RULE, ctypes.c_int(ruleset), ctypes.c_int(_PATH_BENEATH), ctypes.c_char_p(rule), ctypes.c_uint32(0)
    )
    if path.startswith(("/proc", "/sys")):
        _kept_open.append(place)
    else:
        os.close(place)
    if failed:
        raise _failure(f"landlock_add_rule for {path}")


def _call(number: int, *arguments: object) -> int:
    syscall = ctypes.CDLL(None, use_errno=True).syscall
    syscall.restype = ctypes.c_long
    return int(syscall(ctypes.c_long(number), *arguments))


def _failure(what: str) -> OSError:
    return OSError(f"{what} failed: {os.strerror(ctypes.get_errno())}")
