"""The adapter as PEFT reads it: its weights, its configuration and a card, beside the run's other files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from safetensors.torch import save
from torch import Tensor

from chatapp.core.training import Losses, RunSpec
from chatapp.workers.trainer.base import BaseModel
from chatapp.workers.trainer.files import replaced

_PREFIX = "base_model.model.model."
_CHUNK = 1 << 20


def write_peft(
    folder: Path,
    base: BaseModel,
    weights: Sequence[Tensor],
    spec: RunSpec,
    *,
    before: Losses,
    after: Losses,
    data: Path,
) -> None:
    """data: the examples as they were trained on. Raises OSError."""
    named: dict[str, Tensor] = {}
    for module, a, b in zip(base.modules.values(), weights[::2], weights[1::2], strict=True):
        named[f"{_PREFIX}{module}.lora_A.weight"] = a.detach().cpu().contiguous()
        named[f"{_PREFIX}{module}.lora_B.weight"] = b.detach().cpu().contiguous()
    with replaced(folder / "adapter_model.safetensors") as temporary:
        temporary.write_bytes(save(named, metadata={"format": "pt"}))  # save_file's errors are no OSErrors
    with replaced(folder / "adapter_config.json") as temporary:
        temporary.write_text(json.dumps(_config(base, spec), indent=2) + "\n", "utf-8")
    with replaced(folder / "README.md") as temporary:
        temporary.write_text(_card(base, spec, before=before, after=after, data=data), "utf-8")


def _config(base: BaseModel, spec: RunSpec) -> dict[str, object]:
    settings = spec.settings
    return {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": _title(base),
        "r": settings.rank,
        "lora_alpha": settings.alpha,
        "lora_dropout": settings.dropout,
        "target_modules": sorted({module.rpartition(".")[2] for module in base.modules.values()}),
        "bias": "none",
        "fan_in_fan_out": False,
        "inference_mode": True,
        "init_lora_weights": True,
    }


def _card(base: BaseModel, spec: RunSpec, *, before: Losses, after: Losses, data: Path) -> str:
    values = base.header.values
    licence = str(values.get("general.license", "") or "not named in the model's file; see its publisher")
    lines = ["---", "library_name: peft", "tags: [lora]", "---", "", f"# {spec.title or 'A LoRA adapter'}", ""]
    lines += [f"- base model: {_title(base)} (`{Path(base.path).name}`)"]
    lines += [f"- SHA-256 of its file: `{_sha256(Path(base.path))}`"]
    lines += [f"- licence of the base model: {licence}"]
    lines += [f"- data: `{Path(spec.data).name}`; SHA-256 of the examples as token ids: `{_sha256(data)}`", ""]
    lines += ["| loss (nats per token) | without the adapter | with it |", "|---|---|---|"]
    for part, first in asdict(before).items():
        last = getattr(after, part)
        if first is not None and last is not None:
            lines.append(f"| {part} | {first:.4f} | {last:.4f} |")
    lines += ["", "| setting | value |", "|---|---|"]
    lines += [f"| {name} | {value} |" for name, value in asdict(spec.settings).items()]
    return "\n".join(lines) + "\n"


def _title(base: BaseModel) -> str:
    return base.header.facts().title or Path(base.path).name


def _sha256(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as stream:
        while part := stream.read(_CHUNK):
            found.update(part)
    return found.hexdigest()
