"""log.jsonl: what happened in a run, a line each, as the terminal prints it with --json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from chatapp.protocol.finetune import Evaluated, StepDone
from chatapp.workers.trainer.files import replaced


class Journal:
    """Others may append lines of their own."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, event: StepDone | Evaluated) -> None:
        """Raises OSError."""
        kind = "step" if isinstance(event, StepDone) else "eval"
        left_out = ("request_id", "adapter")
        values = {name: getattr(event, name) for name in event.__struct_fields__ if name not in left_out}
        with self._path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps({"type": kind} | values) + "\n")

    def missing_samples(self, step: int, wanted: int) -> dict[str, Any] | None:
        """The line of that step's evaluation where fewer samples than `wanted` follow from it. Raises OSError."""
        lines = [json.loads(line) for line in self._path.read_bytes().split(b"\n") if _is_kept(line, step)]
        of_step = [line for line in lines if line.get("step") == step]
        n_samples = len({line.get("prompt") for line in of_step if line.get("type") == "sample"})
        evaluation = next((line for line in of_step if line.get("type") == "eval"), None)
        return evaluation if n_samples < wanted else None

    def cut_after(self, step: int) -> None:
        """Drops what is told of later steps, which are done again, and a line that was not finished. -1: everything."""
        try:
            lines = self._path.read_bytes().split(b"\n")
        except FileNotFoundError:
            return
        with replaced(self._path) as temporary:
            temporary.write_bytes(b"".join(line + b"\n" for line in lines if _is_kept(line, step)))


def _is_kept(line: bytes, last: int) -> bool:
    try:
        step = json.loads(line).get("step", -1)
    except (ValueError, AttributeError):
        return False
    return isinstance(step, int) and step <= last
