"""Done when: network, exec, fork, ptrace, writing to home, reading /etc are refused from inside the worker (7 probes),
as a normal user too; generation is unaffected."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from chatapp.core.errors import AppError
from chatapp.core.models import LoadSpec
from chatapp.core.sampling import SamplingSettings
from chatapp.core.sandbox import FileAccess, files_of
from chatapp.protocol.engine import Finished, RawPrompt, TokensEmitted
from chatapp.protocol.launch import WorkerRole, worker_command
from chatapp.storage.paths import Paths
from chatapp.storage.settings import EngineSettings, Settings, save_settings
from chatapp.workers.client import EngineClient
from chatapp.workers.sandbox import landlock
from tests.acceptance.normal_user import UID, NormalUser, normal_user, why_not
from tests.fakes.probing_engine import Targets, as_text, probing_command

pytestmark = [
    pytest.mark.model,
    pytest.mark.skipif(sys.platform != "linux" or landlock.version() == 0, reason="this system has no Landlock"),
]

SEVEN = {
    "network": errno.EPERM,
    "exec": errno.EPERM,
    "fork": errno.EPERM,
    "ptrace": errno.EPERM,
    "write to home": errno.EACCES,
    "read /etc": errno.EACCES,
    "read home": errno.EACCES,
}
MORE = {
    "list home": errno.EACCES,
    "read another folder": errno.EACCES,
    "delete in home": errno.EACCES,
    "change a mode in home": errno.EPERM,
    "local socket": errno.EPERM,
    "signal another process": errno.EPERM,
    "read another process": errno.EACCES,
}


def read_by(client: EngineClient, targets: Targets) -> dict[str, int]:
    found: dict[str, int] = json.loads(client.show_prompt(RawPrompt(text=as_text(targets)), 0).tokens[0].text)
    return found


def ids_of(client: EngineClient, text: str = "Once upon a time", n: int = 24) -> list[int]:
    sampling = SamplingSettings(seed=3, max_tokens=n)
    events = list(client.generate(RawPrompt(text=text), sampling))
    return [token.id for event in events if isinstance(event, TokensEmitted) for token in event.tokens]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "own home"
    home.mkdir()
    (home / "diary").write_text("dear diary")
    (tmp_path / "other").write_text("other")
    return home


@pytest.fixture
def bystander() -> Iterator[int]:
    """A process of the same user."""
    process = subprocess.Popen(["sleep", "600"])
    yield process.pid
    process.kill()
    process.wait()


def test_the_probes_are_refused_with_a_model_at_work(starter_model: Path, home: Path, bystander: int) -> None:
    spec = LoadSpec(path=str(starter_model), n_ctx=512, n_threads=1)
    targets = Targets(home=str(home), other=str(home.parent / "other"), pid=bystander)
    with EngineClient(probing_command(FileAccess(read=files_of(spec)))) as client:
        assert client.ready.sandbox.landlock == landlock.version()
        assert client.ready.sandbox.seccomp
        assert client.ready.sandbox.reason == ""
        client.load(spec)
        before = ids_of(client)
        assert read_by(client, targets) == {**SEVEN, **MORE, "calls": 0}
        assert ids_of(client) == before  # and it still works
    with EngineClient(probing_command(None)) as client:  # nothing but the sandbox refuses them
        client.load(spec)
        found = read_by(client, targets)
        assert {name for name in (*SEVEN, *MORE) if found[name]} <= {"ptrace"}  # Yama may refuse that one


@pytest.mark.skipif(bool(why_not()), reason=why_not() or "-")
def test_the_probes_are_refused_to_a_normal_user_too(starter_model: Path) -> None:
    with normal_user() as user:
        (user.home / "diary").write_text("dear diary")
        other = user.place / "other"
        other.write_text("other")
        for path in (user.home / "diary", other):
            os.chown(path, UID, UID)
        bystander = subprocess.Popen(["setpriv", f"--reuid={UID}", f"--regid={UID}", "--clear-groups", "sleep", "600"])
        try:
            _probe_as(user, starter_model, Targets(home=str(user.home), other=str(other), pid=bystander.pid))
        finally:
            bystander.kill()
            bystander.wait()


def _probe_as(user: NormalUser, model: Path, targets: Targets) -> None:
    spec = LoadSpec(path=str(user.model), n_ctx=512, n_threads=1)
    for access in (FileAccess(read=files_of(spec)), None):
        with EngineClient(user.command(probing_command(access), model)) as client:
            status = Path(f"/proc/{client.pid}/status").read_text()
            assert f"Uid:\t{UID}\t{UID}\t{UID}\t{UID}" in status
            assert "CapEff:\t0000000000000000" in status
            client.load(spec)
            assert len(ids_of(client)) > 0
            found = read_by(client, targets)
            if access is not None:
                assert client.ready.sandbox.reason == ""
                assert found == {**SEVEN, **MORE, "calls": 0}
            else:
                assert {name for name in (*SEVEN, *MORE) if found[name]} <= {"ptrace"}


def test_a_reply_has_the_same_tokens_in_the_sandbox(starter_model: Path, long_run: bool) -> None:
    """Also with threads that follow the machine, which asks the system what is free."""
    n = 200 if long_run else 24
    replies = []
    for n_threads in (1, 0):
        spec = LoadSpec(path=str(starter_model), n_ctx=512, n_threads=n_threads)
        for access in (None, FileAccess(read=files_of(spec))):
            with EngineClient(worker_command(WorkerRole.ENGINE, access=access)) as client:
                client.load(spec)
                replies.append(ids_of(client, n=n))
    assert len(replies[0]) > 10
    assert replies[0] == replies[1]
    assert replies[2] == replies[3]


def test_contexts_are_saved_and_restored_in_their_folder_and_nowhere_else(starter_model: Path, tmp_path: Path) -> None:
    spec = LoadSpec(path=str(starter_model), n_ctx=1024, n_threads=1)
    kept, other = tmp_path / "kept", tmp_path / "other"
    kept.mkdir()
    other.mkdir()
    command = worker_command(WorkerRole.ENGINE, access=FileAccess(read=files_of(spec), write=(str(kept),)))
    prompt = RawPrompt(text="The quick brown fox jumps over the lazy dog. " * 30)
    sampling = SamplingSettings(temperature=0.0, max_tokens=8)
    with EngineClient(command) as client:
        client.load(spec)
        *_, first = client.generate(prompt, sampling)
        for _ in range(2):
            assert client.save_state(str(kept / "a.state")).n_tokens > 200
        with pytest.raises(AppError) as caught:
            client.save_state(str(other / "a.state"))
        assert "Permission denied" in caught.value.info.message
    with EngineClient(command) as client:
        client.load(spec)
        *_, again = client.generate(prompt, sampling, str(kept / "a.state"))
    assert isinstance(first, Finished)
    assert isinstance(again, Finished)
    assert again.usage.cached_tokens > 200
    assert again.text == first.text
    assert [path.name for path in kept.iterdir()] == ["a.state"]


def test_a_model_behind_a_link_is_found_and_one_that_was_not_named_is_refused(
    starter_model: Path, tmp_path: Path
) -> None:
    link = tmp_path / "linked.gguf"
    link.symlink_to(starter_model)
    spec = LoadSpec(path=str(link), n_ctx=512, n_threads=1)
    with EngineClient(worker_command(WorkerRole.ENGINE, access=FileAccess(read=files_of(spec)))) as client:
        client.load(spec)
    with EngineClient(worker_command(WorkerRole.ENGINE, access=FileAccess())) as client:
        with pytest.raises(AppError) as caught:
            client.load(spec)
        assert "Permission denied" in caught.value.info.message


def test_selfcheck_tells_what_is_in_force(starter_library: Paths) -> None:
    check = _selfcheck()
    assert check["ok"] is True
    assert f"Landlock (version {landlock.version()})" in str(check["detail"])
    assert "seccomp" in str(check["detail"])
    save_settings(starter_library.settings, Settings(engine=replace(EngineSettings(threads=1), sandbox="off")))
    check = _selfcheck()
    assert check["ok"] is False
    assert "switched off" in str(check["detail"])


def _selfcheck() -> dict[str, object]:
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-m", "chatapp", "selfcheck", "--json", "--threads", "1"],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    checks = [json.loads(line) for line in done.stdout.splitlines()]
    return next(check for check in checks if check["name"] == "sandbox")
