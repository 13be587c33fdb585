"""seccomp: the kernel refuses this process, for good, the system calls that no model needs.

A filter in classic BPF that names what is refused; what is refused ends with EPERM, so that a library which asks for it
goes on without. Landlock says which files may be touched; this is for what has no path, or no right of its own there
(mode, owner, times, attributes). See Documentation/userspace-api/seccomp_filter.rst in the Linux sources.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _MODE_FILTER = 38, 22, 2
_ALLOW, _EPERM, _ENOSYS = 0x7FFF0000, 0x00050001, 0x00050026
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16  # places in struct seccomp_data, little endian
_X32 = 0x40000000  # numbers from here on are x86-64's 32-bit calls by another name
_CLONE_THREAD, _CLONE_NEW_NAMESPACES = 0x00010000, 0x7E020000

_SAME_EVERYWHERE = {
    "pidfd_send_signal": 424, "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427, "open_tree": 428,
    "move_mount": 429, "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433, "pidfd_open": 434,
    "pidfd_getfd": 438, "process_madvise": 440, "mount_setattr": 442, "quotactl_fd": 443, "memfd_secret": 447,
    "process_mrelease": 448, "fchmodat2": 452, "setxattrat": 463, "removexattrat": 466,
    "open_tree_attr": 467, "file_setattr": 469,
}  # fmt: skip
_X86_64 = {
    "shmget": 29, "shmat": 30, "socket": 41, "connect": 42, "accept": 43, "bind": 49, "listen": 50, "socketpair": 53,
    "fork": 57, "vfork": 58, "execve": 59, "semget": 64, "msgget": 68, "truncate": 76, "chmod": 90, "fchmod": 91,
    "chown": 92, "fchown": 93, "lchown": 94, "ptrace": 101, "syslog": 103, "utime": 132, "mknod": 133,
    "personality": 135, "pivot_root": 155, "adjtimex": 159, "chroot": 161, "acct": 163, "settimeofday": 164,
    "mount": 165, "umount2": 166, "swapon": 167, "swapoff": 168, "reboot": 169, "sethostname": 170,
    "setdomainname": 171, "iopl": 172, "ioperm": 173, "init_module": 175, "delete_module": 176, "quotactl": 179,
    "setxattr": 188, "lsetxattr": 189, "fsetxattr": 190, "removexattr": 197, "lremovexattr": 198, "fremovexattr": 199,
    "tkill": 200, "clock_settime": 227, "utimes": 235, "mq_open": 240, "kexec_load": 246, "add_key": 248,
    "request_key": 249, "keyctl": 250, "inotify_init": 253, "mknodat": 259, "fchownat": 260, "futimesat": 261,
    "fchmodat": 268, "unshare": 272, "utimensat": 280, "accept4": 288, "inotify_init1": 294, "perf_event_open": 298,
    "fanotify_init": 300, "name_to_handle_at": 303, "open_by_handle_at": 304, "clock_adjtime": 305, "setns": 308,
    "process_vm_readv": 310, "process_vm_writev": 311, "kcmp": 312, "finit_module": 313, "kexec_file_load": 320,
    "bpf": 321, "execveat": 322, "userfaultfd": 323,
}  # fmt: skip
_AARCH64 = {
    "setxattr": 5, "lsetxattr": 6, "fsetxattr": 7, "removexattr": 14, "lremovexattr": 15, "fremovexattr": 16,
    "inotify_init1": 26, "mknodat": 33, "umount2": 39, "mount": 40, "pivot_root": 41, "truncate": 45, "chroot": 51,
    "fchmod": 52, "fchmodat": 53, "fchownat": 54, "fchown": 55, "quotactl": 60, "utimensat": 88, "acct": 89,
    "personality": 92, "unshare": 97, "kexec_load": 104, "init_module": 105, "delete_module": 106,
    "clock_settime": 112, "syslog": 116, "ptrace": 117, "tkill": 130, "reboot": 142, "sethostname": 161,
    "setdomainname": 162, "settimeofday": 170, "adjtimex": 171, "mq_open": 180, "msgget": 186, "semget": 190,
    "shmget": 194, "shmat": 196, "socket": 198, "socketpair": 199, "bind": 200, "listen": 201, "accept": 202,
    "connect": 203, "add_key": 217, "request_key": 218, "keyctl": 219, "execve": 221, "swapon": 224, "swapoff": 225,
    "perf_event_open": 241, "accept4": 242, "fanotify_init": 262, "name_to_handle_at": 264, "open_by_handle_at": 265,
    "clock_adjtime": 266, "setns": 268, "process_vm_readv": 270, "process_vm_writev": 271, "kcmp": 272,
    "finit_module": 273, "bpf": 280, "execveat": 281, "userfaultfd": 282, "kexec_file_load": 294,
}  # fmt: skip
_TO_ITSELF = ("kill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo")  # the first argument is a process
_SPECIAL = {
    "x86_64": {"clone": 56, "clone3": 435, "kill": 62, "tgkill": 234, "rt_sigqueueinfo": 129, "rt_tgsigqueueinfo": 297},
    "aarch64": {
        "clone": 220, "clone3": 435, "kill": 129, "tgkill": 131, "rt_sigqueueinfo": 138, "rt_tgsigqueueinfo": 240,
    },
}  # fmt: skip
_AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
REFUSED = {"x86_64": _X86_64 | _SAME_EVERYWHERE, "aarch64": _AARCH64 | _SAME_EVERYWHERE}


def restrict() -> None:
    """Puts the filter in force for this thread and all it starts. Raises OSError."""
    machine = platform.machine()
    if machine not in REFUSED or struct.calcsize("P") != 8:
        raise OSError(f"there is no filter for the architecture {machine}")
    program = _program(machine, os.getpid())
    buffer = ctypes.create_string_buffer(program, len(program))

    class Filter(ctypes.Structure):
        """struct sock_fprog"""

        _fields_ = (("length", ctypes.c_ushort), ("program", ctypes.c_void_p))

    prctl = ctypes.CDLL(None, use_errno=True).prctl
    whole = Filter(len(program) // 8, ctypes.addressof(buffer))
    if prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(whole), 0, 0):
        raise OSError(f"the seccomp filter was refused: {os.strerror(ctypes.get_errno())}")


def _program(machine: str, own_pid: int) -> bytes:
    special = _SPECIAL[machine]
    code = [
        _instruction(_LOAD, _ARCHITECTURE),
        _instruction(_EQUAL, _AUDIT[machine], 1, 0),
        _instruction(_RETURN, _EPERM),  # a call by another architecture's numbers
        _instruction(_LOAD, _NUMBER),
    ]
    if machine == "x86_64":
        code += [_instruction(_AT_LEAST, _X32, 0, 1), _instruction(_RETURN, _EPERM)]
    for number in sorted(REFUSED[machine].values()):
        code += [_instruction(_EQUAL, number, 0, 1), _instruction(_RETURN, _EPERM)]
    # its flags lie in memory, where a filter can't look: the C library then takes clone
    code += [_instruction(_EQUAL, special["clone3"], 0, 1), _instruction(_RETURN, _ENOSYS)]
    code += [
        _instruction(_EQUAL, special["clone"], 0, 5),
        _instruction(_LOAD, _FIRST_ARGUMENT),
        _instruction(_ANY_BIT, _CLONE_NEW_NAMESPACES, 1, 0),
        _instruction(_ANY_BIT, _CLONE_THREAD, 1, 0),
        _instruction(_RETURN, _EPERM),  # a process, not a thread
        _instruction(_RETURN, _ALLOW),
    ]
    for name in _TO_ITSELF:
        code += [
            _instruction(_EQUAL, special[name], 0, 4),
            _instruction(_LOAD, _FIRST_ARGUMENT),
            _instruction(_EQUAL, own_pid, 1, 0),
            _instruction(_RETURN, _EPERM),
            _instruction(_RETURN, _ALLOW),
        ]
    code.append(_instruction(_RETURN, _ALLOW))
    return b"".join(code)


def _instruction(operation: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    """struct sock_filter; the jumps count instructions to pass over."""
    return struct.pack("=HBBI", operation, if_true, if_false, value)
