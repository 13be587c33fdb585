"""The engine worker of the app, entered by the same code, that also tries from inside what a sandbox has to refuse.

    python -m tests.fakes.probing_engine worker engine --read PATH ... --write DIR ...

ShowPrompt with the JSON of Targets as raw text answers with one token, the JSON of {probe: errno}; 0: not refused.
"""

from __future__ import annotations

import ctypes
import json
import os
import platform
import socket
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from chatapp.__main__ import main
from chatapp.core.prompt_token import PromptToken
from chatapp.core.sandbox import FileAccess
from chatapp.protocol.engine import PromptShown, RawPrompt, ShowPrompt
from chatapp.protocol.launch import WorkerCommand, WorkerRole, worker_command
from chatapp.workers.engine import main as worker_main
from chatapp.workers.engine.cancel import CancelFlag
from chatapp.workers.sandbox import seccomp

_PTRACE_SEIZE = 0x4206
_ENDS_OTHERWISE = {"fork", "vfork"}  # a raw call would leave a second Python behind


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """home: the user's folder, with a file in it; other: a file in another folder; pid: a process of the same user."""

    home: str
    other: str
    pid: int


def probes(targets: Targets) -> dict[str, Callable[[], object]]:
    """The seven of the sandbox, and some more."""
    libc = ctypes.CDLL(None, use_errno=True)
    home = Path(targets.home)
    return {
        "network": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM).close(),
        "fork": _fork,
        "exec": _exec,
        "ptrace": lambda: _checked(libc.ptrace(_PTRACE_SEIZE, targets.pid, None, None)),
        "write to home": lambda: (home / "written").write_text("x"),
        "read /etc": lambda: Path("/etc/passwd").read_text(),
        "read home": lambda: (home / "diary").read_text(),
        "list home": lambda: list(home.iterdir()),
        "read another folder": lambda: Path(targets.other).read_text(),
        "change a mode in home": lambda: (home / "diary").chmod(0o644),
        "delete in home": lambda: (home / "diary").unlink(),
        "local socket": lambda: socket.socket(socket.AF_UNIX).close(),
        "signal another process": lambda: os.kill(targets.pid, 0),
        "read another process": lambda: Path(f"/proc/{targets.pid}/environ").read_bytes(),
    }


def refusals(targets: Targets) -> dict[str, int]:
    """The errno of each probe, 0 where it was not refused; "calls": how many of the refused system calls get through a
    filter, where there is one: to try them without is no good idea."""
    found = {name: _errno_of(probe) for name, probe in probes(targets).items()}
    if "Seccomp:\t2" in Path("/proc/self/status").read_text():
        names = seccomp.REFUSED[platform.machine()]
        found["calls"] = sum(_raw(number) != 1 for name, number in names.items() if name not in _ENDS_OTHERWISE)
    return found


def probing_command(access: FileAccess | None) -> WorkerCommand:
    """Starts this file in place of the engine worker, in the same sandbox."""
    real = worker_command(WorkerRole.ENGINE, access=access)
    place = real.arguments.index("chatapp")
    arguments = (*real.arguments[:place], "tests.fakes.probing_engine", *real.arguments[place + 1 :])
    return WorkerCommand(program=real.program, arguments=arguments, environment=real.environment, folder=real.folder)


def as_text(targets: Targets) -> str:
    return json.dumps(asdict(targets))


def _fork() -> None:
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)


def _exec() -> None:
    """Where processes can't be made this one would become the program, which nobody could overlook."""
    try:
        child = os.fork()
    except OSError:
        child = 0
    if child == 0:
        os.execv("/bin/true", ["true"])
    os.waitpid(child, 0)


def _checked(result: int) -> None:
    if result < 0:
        raise OSError(ctypes.get_errno(), "")


def _errno_of(probe: Callable[[], object]) -> int:
    try:
        probe()
    except OSError as problem:
        return problem.errno or -1
    return 0


def _raw(number: int) -> int:
    """Its errno with arguments that no system call can do anything with."""
    syscall = ctypes.CDLL(None, use_errno=True).syscall
    nothing = [ctypes.c_long(-1)] * 6
    return ctypes.get_errno() if syscall(ctypes.c_long(number), *nothing) == -1 else 0


def _probing(flag: CancelFlag) -> object:
    from chatapp.workers.engine.llama.engine import LlamaEngine

    class ProbingEngine(LlamaEngine):
        def show_prompt(self, request: ShowPrompt) -> PromptShown:
            assert isinstance(request.prompt, RawPrompt)
            given = json.loads(request.prompt.text)
            targets = Targets(**{entry.name: given[entry.name] for entry in fields(Targets)})
            text = json.dumps(refusals(targets))
            token = PromptToken(id=0, text=text, data=text.encode())
            return PromptShown(request_id=request.request_id, tokens=(token,), left_out=0, n_ctx=0)

    return ProbingEngine(flag)


if __name__ == "__main__":
    worker_main._llama = _probing  # type: ignore[assignment]
    sys.exit(main(sys.argv[1:]))
