"""Lets a test that runs as root start a worker as a user without any right of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from chatapp.protocol.launch import WorkerCommand

UID = 65534
_SCRIPT = """set -e
place=$1; shift
mount --bind "$1" "$place/python"; mount --bind "$2" "$place/repository"; mount --bind "$3" "$place/site"
mount --bind "$4" "$place/model.gguf"; shift 4
cd "$place/repository"
exec setpriv --reuid={uid} --regid={uid} --clear-groups "$@"
"""


@dataclass(frozen=True, slots=True)
class NormalUser:
    """place: a folder everybody can enter, with `home` of that user and, for what that user starts, model.gguf. Python,
    its packages and the repository lie there too, since they may lie in a folder closed to others."""

    place: Path

    @property
    def home(self) -> Path:
        return self.place / "home"

    @property
    def model(self) -> Path:
        return self.place / "model.gguf"

    def command(self, real: WorkerCommand, model: Path) -> WorkerCommand:
        """`real` as that user."""
        root = Path(__file__).resolve().parents[2]
        python = self.place / "python" / "bin" / Path(os.path.realpath(sys.executable)).name
        mounts = (sys.base_prefix, str(root), sysconfig.get_path("purelib"), str(model))
        environment = {
            **real.environment,
            "HOME": str(self.home),
            "PYTHONPATH": str(self.place / "site"),
            "LD_LIBRARY_PATH": str(self.place / "python" / "lib"),
        }
        script = ("unshare", "--mount", "sh", "-c", _SCRIPT.format(uid=UID), "sh", str(self.place), *mounts)
        return WorkerCommand(
            program=script[0],
            arguments=(*script[1:], str(python), *real.arguments),
            environment=environment,
            folder=real.folder,
        )


def why_not() -> str:
    """Why no such user can be made here, "" where one can."""
    if os.geteuid() != 0:
        return "the tests run as a normal user already"
    if not shutil.which("setpriv") or not shutil.which("unshare"):
        return "setpriv or unshare is missing"
    done = subprocess.run(["unshare", "--mount", "true"], capture_output=True, text=True, check=False)
    return done.stderr.strip() if done.returncode else ""


@contextmanager
def normal_user() -> Iterator[NormalUser]:
    place = Path(tempfile.mkdtemp(prefix="chatapp-user-"))
    place.chmod(0o755)
    try:
        for name in ("python", "repository", "site", "home"):
            (place / name).mkdir()
        (place / "model.gguf").touch()
        os.chown(place / "home", UID, UID)
        yield NormalUser(place)
    finally:
        shutil.rmtree(place)
