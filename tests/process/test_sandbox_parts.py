"""Each part of the sandbox by itself: a build for a GPU has no seccomp, an old kernel no Landlock or an older one."""

from __future__ import annotations

import errno
import json
import os
import platform
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from chatapp.core.sandbox import FileAccess
from chatapp.workers.sandbox import landlock, places, seccomp

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is made for Linux")
needs_landlock = pytest.mark.skipif(sys.platform == "linux" and landlock.version() == 0, reason="no Landlock here")
needs_filter = pytest.mark.skipif(platform.machine() not in seccomp.REFUSED, reason="no filter for this processor")

_TRY = """
import json, os, socket, subprocess, sys, threading
from pathlib import Path
from chatapp.workers.sandbox import entry, landlock, places, seccomp
found = {}
def attempt(name, work):
    try:
        found[name] = work() or 0
    except OSError as problem:
        found[name] = problem.errno
"""


def run(code: str, *arguments: object) -> dict[str, Any]:
    """What `found` holds after `code` in a process of its own."""
    text = f"{_TRY}\n{code}\nprint(json.dumps(found))"
    command = [sys.executable, "-c", text, *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


@needs_landlock
def test_landlock_alone_keeps_from_files_programs_tcp_and_signals(tmp_path: Path) -> None:
    (tmp_path / "read").write_text("x")
    (tmp_path / "write").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as server:
        found = run(
            """
place, port, parent, client = Path(sys.argv[1]), int(sys.argv[2]), os.getppid(), socket.socket()
landlock.restrict([(str(place / "read"), landlock.READ), (str(place / "write"), landlock.WRITE)])
attempt("read", lambda: (place / "read").read_text() and 0)
attempt("overwrite", lambda: (place / "read").write_text("y") and 0)
attempt("write", lambda: (place / "write" / "a").write_text("y") and 0)
attempt("rename", lambda: (place / "write" / "a").replace(place / "write" / "b") and 0)
attempt("link", lambda: (place / "write" / "c").symlink_to("/etc"))
attempt("folder", lambda: (place / "write" / "d").mkdir())
attempt("outside", lambda: (place / "e").write_text("y") and 0)
attempt("etc", lambda: Path("/etc/passwd").read_text() and 0)
attempt("exec", lambda: os.execv("/bin/true", ["true"]))
attempt("connect", lambda: client.connect(("127.0.0.1", port)))
attempt("signal", lambda: os.kill(parent, 0))
attempt("truncate", lambda: os.truncate(place / "read", 0))
""",
            tmp_path,
            server.getsockname()[1],
        )
    refused = {"overwrite", "link", "folder", "outside", "etc", "exec"}
    newer = {"truncate": (3, errno.EACCES), "connect": (4, errno.EACCES), "signal": (6, errno.EPERM)}
    expected = {name: errno.EACCES if name in refused else 0 for name in found}
    expected |= {name: code for name, (since, code) in newer.items() if landlock.version() >= since}
    assert found == expected


@needs_landlock
@pytest.mark.parametrize("version", range(1, landlock.NEWEST + 1))
def test_older_versions_of_landlock_are_asked_only_for_what_they_have(tmp_path: Path, version: int) -> None:
    if landlock.version() < version:
        pytest.skip(f"this kernel has version {landlock.version()}")
    found = run(
        f"""
landlock.version = lambda: {version}
found["version"] = landlock.restrict([(sys.argv[1], landlock.WRITE), ("/dev/null", landlock.DEVICE)])
attempt("write", lambda: Path(sys.argv[1], "a").write_text("y") and 0)
attempt("null", lambda: Path("/dev/null").write_text("y") and 0)
attempt("etc", lambda: Path("/etc/passwd").read_text() and 0)
""",
        tmp_path,
    )
    assert found == {"version": version, "write": 0, "null": 0, "etc": errno.EACCES}


@needs_filter
def test_seccomp_alone_keeps_from_network_processes_and_modes_and_lets_threads_be(tmp_path: Path) -> None:
    (tmp_path / "own").write_text("x")
    found = run(
        """
import ctypes
own, parent, libc = Path(sys.argv[1]), os.getppid(), ctypes.CDLL(None, use_errno=True)
call = lambda number, *given: ctypes.get_errno() if libc.syscall(number, *given) == -1 else 0
seccomp.restrict()
attempt("ptrace", lambda: ctypes.get_errno() if libc.ptrace(0x4206, parent, None, None) else 0)  # PTRACE_SEIZE
attempt("read memory", lambda: call({"x86_64": 310, "aarch64": 270}[os.uname().machine], parent, None, 0, None, 0, 0))
attempt("io_uring", lambda: call(425, 1, ctypes.create_string_buffer(120)))
attempt("namespace", lambda: call({"x86_64": 272, "aarch64": 97}[os.uname().machine], 0x40000000))
attempt("socket", lambda: socket.socket().close())
attempt("fork", os.fork)
attempt("exec", lambda: os.execv("/bin/true", ["true"]))
attempt("subprocess", lambda: subprocess.run(["/bin/true"]) and 0)
attempt("mode", lambda: own.chmod(0o600))
attempt("times", lambda: os.utime(own))
attempt("attribute", lambda: os.setxattr(own, "user.a", b"b"))
attempt("signal", lambda: os.kill(parent, 0))
attempt("group", lambda: os.kill(0, 0))
attempt("read", lambda: own.read_text() and 0)
attempt("itself", lambda: os.kill(os.getpid(), 0))
ran = []
threads = [threading.Thread(target=ran.append, args=(1,)) for _ in range(3)]
for thread in threads: thread.start()
for thread in threads: thread.join()
found["threads"] = len(ran)
""",
        tmp_path / "own",
    )
    expected = dict.fromkeys(found, errno.EPERM) | {"read": 0, "itself": 0, "threads": 3}
    assert found == expected


@needs_filter
def test_numbers_of_another_architecture_are_refused() -> None:
    """A 64-bit program can ask by the 32-bit numbers, which mean other calls."""
    if platform.machine() != "x86_64":
        pytest.skip("only x86-64 has such")
    found = run(
        """
import ctypes, mmap
code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
code.write(bytes([0xB8, 20, 0, 0, 0, 0xCD, 0x80, 0xC3]))  # mov eax, getpid; int 0x80; ret
call = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))
attempt("before", lambda: int(call() == os.getpid()))
seccomp.restrict()
attempt("after", call)
syscall = ctypes.CDLL(None, use_errno=True).syscall
attempt("x32", lambda: ctypes.get_errno() if syscall(0x40000000 + 39) == -1 else 0)
"""
    )
    assert found == {"before": 1, "after": -errno.EPERM, "x32": errno.EPERM}


def test_a_kernel_without_either_lets_the_worker_run_and_says_so() -> None:
    found = run(
        """
landlock.version = lambda: 0
platform_machine = seccomp.platform.machine
seccomp.platform.machine = lambda: "riscv64"
report = entry.enter(entry.FileAccess(), gpu=places.uses_gpu())
found |= {"landlock": report.landlock, "seccomp": report.seccomp, "reason": report.reason}
attempt("etc", lambda: Path("/etc/passwd").read_text() and 0)
"""
    )
    assert (found["landlock"], found["seccomp"], found["etc"]) == (0, False, 0)
    assert "no Landlock" in found["reason"]
    assert "riscv64" in found["reason"]


@needs_landlock
def test_a_build_for_a_gpu_has_its_devices_and_no_seccomp(tmp_path: Path) -> None:
    """Told by the files of the build; a driver does not run here."""
    lib = tmp_path / "llama_cpp" / "lib"
    lib.mkdir(parents=True)
    (lib.parent / "__init__.py").touch()
    for name in ("libllama.so", "libggml.so", "libggml-base.so.0", "libggml-cpu-haswell.so"):
        (lib / name).touch()
    code = """
sys.path.insert(0, sys.argv[1])
found["gpu"] = places.uses_gpu()
report = entry.enter(entry.FileAccess(), gpu=places.uses_gpu())
found |= {"seccomp": report.seccomp, "reason": report.reason}
attempt("socket", lambda: socket.socket().close())
attempt("etc", lambda: Path("/etc/passwd").read_text() and 0)
attempt("exec", lambda: os.execv("/bin/true", ["true"]))
attempt("shared memory", lambda: Path("/dev/shm/chatapp-probe").write_text("x") and 0)
"""
    assert run(code, tmp_path)["gpu"] is False
    (lib / "libggml-cuda.so.0").touch()
    found = run(code, tmp_path)
    assert found["gpu"] is True
    assert found["seccomp"] is False
    assert "GPU" in found["reason"]
    assert (found["socket"], found["etc"], found["exec"]) == (0, errno.EACCES, errno.EACCES)


def test_pytorch_for_a_graphics_card_is_told_by_its_files(tmp_path: Path) -> None:
    lib = tmp_path / "torch" / "lib"
    lib.mkdir(parents=True)
    (lib.parent / "__init__.py").touch()
    (lib / "libtorch_cpu.so").touch()
    code = 'sys.path.insert(0, sys.argv[1]); found["gpu"] = places.torch_uses_gpu()'
    assert run(code, tmp_path)["gpu"] is False
    (lib / "libtorch_cuda.so").touch()
    assert run(code, tmp_path)["gpu"] is True


def test_what_every_worker_reads_holds_nobodys_own_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An odd PYTHONPATH or LD_LIBRARY_PATH does not open the home folder, nor is the whole of /etc or /proc given."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("LD_LIBRARY_PATH", os.pathsep.join((str(tmp_path), "/", "/opt/lib")))
    named = {Path(path) for path in places.readable()}
    assert not [path for path in named if tmp_path.is_relative_to(path)]
    assert not named & {Path(path) for path in ("/", "/etc", "/proc", "/home", "/root", "/usr", "/dev", "/sys", "/tmp")}
    assert Path("/opt/lib") in named
    assert FileAccess().read == ()
