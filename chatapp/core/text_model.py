"""Whether a GGUF file is a model that llama.cpp can load, as far as its header tells.

What llama.cpp would accept is accepted: the app's worker is there for what only shows itself while loading.
"""

from __future__ import annotations

from chatapp.core.gguf import GgufHeader
from chatapp.core.gguf_cursor import DamagedGgufError
from chatapp.core.hyper_parameters import hyper_parameters
from chatapp.core.known_names import ARCHITECTURES
from chatapp.core.metadata import Metadata
from chatapp.core.model_tensors import EXAMINED, check_tensors
from chatapp.core.tokenizer_metadata import check_tokenizer


class NotTextModelError(ValueError):
    """A sound GGUF file of something else; the subclasses say of what."""


class VocabularyOnlyError(NotTextModelError):
    """It has no tensors."""


class AdapterAsModelError(NotTextModelError):
    """It is a LoRA adapter."""


class UnknownArchitectureError(NotTextModelError):
    """The message is its name."""


class ProjectorError(NotTextModelError):
    """It turns pictures or sound into a model's input."""


def check_text_model(header: GgufHeader) -> None:
    """Raises DamagedGgufError or NotTextModelError. `header` is of all parts together where a model has several."""
    metadata = Metadata(header)
    architecture = metadata.text("general.architecture")
    if header.values.get("general.type") == "adapter":
        raise AdapterAsModelError
    if architecture == "clip":
        raise ProjectorError
    if architecture not in ARCHITECTURES:
        raise UnknownArchitectureError(architecture)
    if not header.tensors:
        check_tokenizer(header, metadata)
        raise VocabularyOnlyError
    parameters = hyper_parameters(architecture, metadata)
    n_tokens = check_tokenizer(header, metadata)
    if architecture in EXAMINED:
        key = f"{architecture}.attention.layer_norm_rms_epsilon"
        epsilon = metadata.real(key)
        if not epsilon >= 0:
            raise DamagedGgufError(f"{key} is {epsilon}")
    if architecture == "llama":
        metadata.number("llama.vocab_size", 0)
    check_tensors(header, parameters, n_tokens)
