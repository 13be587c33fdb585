"""argv to the window, a command of the terminal, or a worker. Only lazy imports."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0 ok, 1 known error, 2 usage, 130 interrupted."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] == ["worker"]:
        return _worker(words[1:])
    from chatapp.cli.main import run

    code = run(words)
    return _window(words) if code is None else code


def _window(words: list[str]) -> int:
    from chatapp.cli.main import window_options, without_window
    from chatapp.core.display import has_display, missing_library

    if not has_display(os.environ):
        return without_window(words, "No display was found.")
    if problem := missing_library(os.environ):
        return without_window(words, f"The window can't be shown ({problem}).")
    try:
        from chatapp.app import run_app
    except ImportError as missing:  # PySide6 or a system library of Qt
        return without_window(words, f"The window can't be shown ({missing}).")
    data_dir, safe_mode = window_options(words)
    return run_app(data_dir, safe_mode=safe_mode)


def _worker(words: list[str]) -> int:
    from chatapp.workers.parent import die_with_parent

    die_with_parent()
    if words[:1] == ["finetune"] and words[1:] in ([], ["--no-sandbox"]):
        from chatapp.workers.finetune.main import main as finetune

        finetune(sandboxed=not words[1:])
        return 0
    if words[:1] not in (["engine"], ["trainer"]):
        return _no_worker()
    from chatapp.workers.oom_score import raise_oom_score
    from chatapp.workers.sandbox.entry import access_of, enter
    from chatapp.workers.sandbox.places import torch_uses_gpu, uses_gpu

    try:
        access = access_of(words[1:])
    except ValueError:
        return _no_worker()
    raise_oom_score()
    is_engine = words[0] == "engine"
    # before anything is imported that could start a thread or hold native code
    sandbox = enter(access, gpu=uses_gpu() if is_engine else torch_uses_gpu())
    if is_engine:
        from chatapp.workers.engine.main import main as engine

        engine(sandbox)
    else:
        from chatapp.workers.trainer.main import main as trainer

        trainer(sandbox)
    return 0


def _no_worker() -> int:
    sys.stderr.write("chatapp worker is started by chatapp itself: chatapp worker engine --read FILE --write FOLDER\n")
    return 2


def entry() -> int:
    """`main`, with Ctrl+C at any moment being no accident."""
    try:
        return main()
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(entry())
