"""Forbids a process, and all that it starts, to listen to the network: by a seccomp filter, on Linux.

ArduCopter SITL opens UDP ports on every interface (its sticks at 5501, a marker's sensor at 9005) and has no
option against it. The kernel refuses instead: `bind` does nothing and says that it has, so that ArduCopter
goes on with a port that nobody can reach, and `listen` fails.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
import sys

SET_SECCOMP, SET_NO_NEW_PRIVILEGES = 22, 38
FILTER = 2
"""prctl's numbers (linux/prctl.h, linux/seccomp.h)."""

CALLS = {"x86_64": (0xC000003E, 49, 50), "aarch64": (0xC00000B7, 200, 201)}
"""Machine -> architecture, and the numbers of `bind` and `listen` (linux/audit.h, asm/unistd.h)."""

LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06
"""A word of the call's data, a jump, an end (linux/bpf_common.h)."""

NUMBER_AT, ARCHITECTURE_AT = 0, 4
ALLOW, FAIL_WITH = 0x7FFF0000, 0x00050000


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def forbid_listening() -> None:
    """Let no socket be bound or listen from now on. Raises OSError where the kernel will not do it.

    Does nothing on other systems than Linux, and on other processors than x86-64 and ARM64.
    """
    known = CALLS.get(platform.machine())
    if sys.platform != "linux" or known is None:
        return
    libc = ctypes.CDLL(None, use_errno=True)
    program = _filter(*known)
    _call(libc, SET_NO_NEW_PRIVILEGES, 1)
    _call(libc, SET_SECCOMP, FILTER, ctypes.byref(_Program(len(program) // 8, program)))


def _call(libc: ctypes.CDLL, number: int, value: int, pointer: object = None) -> None:
    if libc.prctl(number, ctypes.c_ulong(value), pointer, None, None):
        raise OSError(ctypes.get_errno(), f"prctl {number}")


def _filter(architecture: int, bind: int, listen: int) -> bytes:
    """The seccomp program; a jump's two numbers are the instructions to skip, if equal and if not."""
    instructions = [
        (LOAD, 0, 0, ARCHITECTURE_AT),
        (EQUAL, 0, 3, architecture),
        (LOAD, 0, 0, NUMBER_AT),
        (EQUAL, 2, 0, bind),
        (EQUAL, 2, 0, listen),
        (RETURN, 0, 0, ALLOW),
        (RETURN, 0, 0, FAIL_WITH),
        (RETURN, 0, 0, FAIL_WITH | errno.EACCES),
    ]
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in instructions)
