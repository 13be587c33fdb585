"""What llama.cpp needs of a model's header. That it agrees is shown in tests/model/test_gguf_models.py."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from chatapp.core.gguf import read_header
from chatapp.core.gguf_cursor import DamagedGgufError
from chatapp.core.text_model import (
    AdapterAsModelError,
    ProjectorError,
    UnknownArchitectureError,
    VocabularyOnlyError,
    check_text_model,
)
from chatapp.core.tokenizer_metadata import missing_special_tokens
from tests.gguf_files import FLOAT32, INT32, STRING, UINT8, UINT32, GgufFile, tiny_model

EXAMINED = ("llama", "gemma", "gemma2", "gemma3", "qwen2", "qwen3", "phi3", "smollm3")


def check(file: GgufFile) -> None:
    data = file.bytes()
    check_text_model(read_header(io.BytesIO(data), len(data)))


@pytest.mark.parametrize("architecture", EXAMINED)
def test_sound_models_are_accepted(architecture: str) -> None:
    check(tiny_model(architecture))


@pytest.mark.parametrize("architecture", EXAMINED)
def test_every_tensor_is_needed_and_no_other(architecture: str) -> None:
    whole = tiny_model(architecture)
    for index in range(len(whole.tensors)):
        file = whole.copy()
        del file.tensors[index]
        with pytest.raises(DamagedGgufError, match="is missing"):
            check(file)
    whole.change("output_norm.weight", name=b"output_morn.weight")
    with pytest.raises(DamagedGgufError, match=r"output_norm.weight is missing"):
        check(whole)


def _set(key: str, kind: int, value: str | int | float) -> Callable[[GgufFile], None]:
    return lambda file: file.set(key, kind, value)


def _list(key: str, kind: int, items: list[int] | list[str] | list[float]) -> Callable[[GgufFile], None]:
    return lambda file: file.set_list(key, kind, items)


def _without(key: str) -> Callable[[GgufFile], None]:
    return lambda file: file.remove(key)


def _tensor(name: str, **changes: object) -> Callable[[GgufFile], None]:
    return lambda file: file.change(name, **changes)


DAMAGE: dict[str, tuple[Callable[[GgufFile], None], str]] = {
    "no architecture": (_without("general.architecture"), r"general.architecture is missing"),
    "architecture of another type": (_set("general.architecture", UINT32, 1), "UINT32 instead of STRING"),
    "no context length": (_without("llama.context_length"), r"llama.context_length is missing"),
    "no embedding length": (_without("llama.embedding_length"), r"embedding_length is missing"),
    "another embedding length": (_set("llama.embedding_length", UINT32, 64), "shape"),
    "no layers": (_set("llama.block_count", UINT32, 0), "block_count is 0"),
    "too many layers": (_set("llama.block_count", UINT32, 513), "block_count is 513"),
    "a layer more than there is": (_set("llama.block_count", UINT32, 2), r"blk.1.\S+ is missing"),
    "a number of another type": (_set("llama.block_count", INT32, 1), "INT32 instead of UINT32"),
    "a list of another length": (_list("llama.attention.head_count", UINT32, [2, 2]), "2 numbers for 1 layers"),
    "a list of another type": (_list("llama.attention.head_count", FLOAT32, [2.0]), "list of FLOAT32"),
    "heads that do not divide": (_set("llama.attention.head_count", UINT32, 0), "shape"),
    "rotated dimensions": (_set("llama.rope.dimension_count", UINT32, 8), "is 8 instead of 16"),
    "no epsilon": (_without("llama.attention.layer_norm_rms_epsilon"), "epsilon is missing"),
    "epsilon below zero": (_set("llama.attention.layer_norm_rms_epsilon", FLOAT32, -1.0), "epsilon is -1"),
    "epsilon not a number": (_set("llama.attention.layer_norm_rms_epsilon", FLOAT32, float("nan")), "epsilon is nan"),
    "experts in use without experts": (_set("llama.expert_used_count", UINT32, 2), "2 of 0 experts"),
    "unknown rope scaling": (_set("llama.rope.scaling.type", STRING, "zigzag"), "zigzag"),
    "no tokenizer": (_without("tokenizer.ggml.model"), r"tokenizer.ggml.model is missing"),
    "unknown tokenizer": (_set("tokenizer.ggml.model", STRING, "abacus"), "abacus"),
    "byte pairs without merges": (_set("tokenizer.ggml.model", STRING, "gpt2"), "merges is missing"),
    "no tokens": (_without("tokenizer.ggml.tokens"), r"tokens is missing"),
    "tokens that are no texts": (_list("tokenizer.ggml.tokens", UINT32, [1]), "UINT32 instead of STRING"),
    "a token twice": (_list("tokenizer.ggml.tokens", STRING, ["abc", "d", "abc"]), "'abc' twice"),
    "fewer tokens": (_list("tokenizer.ggml.tokens", STRING, ["abc", "d"]), "32 x 259 instead of 32 x 2"),
    "fewer scores": (_list("tokenizer.ggml.scores", FLOAT32, [0.0]), "1 numbers for 259 tokens"),
    "fewer types": (_list("tokenizer.ggml.token_type", INT32, [1]), "1 numbers for 259 tokens"),
    "types of another type": (_list("tokenizer.ggml.token_type", UINT8, [1] * 259), "UINT8 instead of INT32"),
    "a byte that is not said": (_list("tokenizer.ggml.tokens", STRING, [chr(300 + n) for n in range(259)]), "a byte"),
    "a special token of another type": (_set("tokenizer.ggml.eos_token_id", INT32, 2), "INT32 instead of UINT32"),
    "embedding of another shape": (_tensor("token_embd.weight", shape=(259, 32)), "259 x 32 instead of 32 x 259"),
    "norm of another type": (_tensor("output_norm.weight", kind=26), "I32, which can't be computed"),
    "matrix of another type": (_tensor("blk.0.ffn_up.weight", kind=26), "I32, which can't be computed"),
    "a tensor of no use": (lambda file: file.tensors.append(file.tensors[-1]), "two tensors"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_named(name: str) -> None:
    file = tiny_model()
    change, words = DAMAGE[name]
    change(file)
    with pytest.raises(DamagedGgufError, match=words):
        check(file)


def test_a_tensor_that_has_no_place_is_named() -> None:
    file = tiny_model()
    file.tensors.append(file.tensors[-1])
    file.tensors[-1] = type(file.tensors[-1])(name=b"blk.7.odd", shape=(64, 32), kind=0, data=file.tensors[-1].data)
    with pytest.raises(DamagedGgufError, match=r"blk.7.odd has no place"):
        check(file)


def test_what_llama_cpp_takes_is_taken() -> None:
    file = tiny_model()
    file.set("tokenizer.ggml.padding_token_id", UINT32, 2**32 - 1)
    file.set("llama.context_length", UINT32, 0)
    file.set_list("llama.attention.head_count_kv", INT32, [1])
    file.set("tokenizer.chat_template", UINT32, 7)
    check(file)
    check(tiny_model("orion"))  # another architecture: llama.cpp says what is missing


def test_what_is_no_text_model_is_told_apart() -> None:
    for change, kind in (
        (_set("general.architecture", STRING, "clip"), ProjectorError),
        (_set("general.architecture", STRING, "martian"), UnknownArchitectureError),
        (_set("general.type", STRING, "adapter"), AdapterAsModelError),
        (lambda file: file.tensors.clear(), VocabularyOnlyError),
    ):
        file = tiny_model()
        change(file)
        with pytest.raises(kind):
            check(file)


def test_special_tokens_that_are_not_there_are_told() -> None:
    file = tiny_model()
    file.set("tokenizer.ggml.eos_token_id", UINT32, 259)
    data = file.bytes()
    header = read_header(io.BytesIO(data), len(data))
    assert missing_special_tokens(header) == ("tokenizer.ggml.eos_token_id",)
