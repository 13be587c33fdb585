"""The reader of headers beside llama.cpp itself: the same tables, and no model refused that it loads."""

from __future__ import annotations

import ctypes
from pathlib import Path

import llama_cpp
import pytest

from chatapp.core.errors import AppError
from chatapp.core.ggml_types import GGML_TYPES
from chatapp.core.known_names import LLAMA_CPP_PYTHON
from chatapp.core.model_file import checked_model
from chatapp.core.models import AdapterSpec, LoadSpec
from chatapp.core.sampling import SamplingSettings
from chatapp.protocol.engine import Finished, RawPrompt
from chatapp.workers.client import EngineClient
from chatapp.workers.engine.llama import library
from chatapp.workers.engine.llama.adapters import Adapters
from tests.adapters import adapter
from tests.builders import write_gguf
from tests.contexts import open_model
from tests.gguf_files import INT32, STRING, UINT16, UINT32, tiny_model

pytestmark = pytest.mark.model


def test_the_lists_of_names_are_of_the_installed_version() -> None:
    assert llama_cpp.__version__ == LLAMA_CPP_PYTHON, "compare core/known_names.py and model_tensors.py with llama.cpp"


def test_the_types_are_those_of_the_library() -> None:
    library = ctypes.CDLL(str(next((Path(llama_cpp.__file__).parent / "lib").glob("*ggml-base*"))))
    library.ggml_type_name.restype = ctypes.c_char_p
    library.ggml_type_size.restype = ctypes.c_size_t
    library.ggml_blck_size.restype = ctypes.c_int64
    known = {}
    for kind in range(43):
        if per_block := library.ggml_blck_size(kind):
            known[kind] = (library.ggml_type_name(kind).decode().upper(), per_block, library.ggml_type_size(kind))
    ours = {kind: (ggml.name.upper(), ggml.per_block, ggml.block_bytes) for kind, ggml in GGML_TYPES.items()}
    assert ours == known


@pytest.mark.parametrize("architecture", ["llama", "gemma", "gemma2", "gemma3", "qwen2", "qwen3", "phi3", "smollm3"])
def test_what_the_reader_takes_for_a_model_llama_cpp_loads(architecture: str, tmp_path: Path) -> None:
    path = tiny_model(architecture).write(tmp_path / "tiny.gguf")
    checked_model(str(path))
    with EngineClient() as client:
        assert client.load(LoadSpec(path=str(path), n_threads=1)).architecture == architecture
        *_, last = client.generate(RawPrompt(text="Hello"), SamplingSettings(max_tokens=3))
        assert isinstance(last, Finished)


def test_a_model_in_parts_and_one_without_a_context_length_load(tmp_path: Path) -> None:
    whole = tiny_model()
    whole.set("llama.context_length", UINT32, 0)
    for number in (0, 1):
        part = whole.copy()
        part.set("split.no", UINT16, number)
        part.set("split.count", UINT16, 2)
        part.set("split.tensors.count", INT32, len(whole.tensors))
        part.tensors = whole.tensors[number::2]
        part.write(tmp_path / f"m-{number + 1:05d}-of-00002.gguf")
    with EngineClient() as client:
        loaded = client.load(LoadSpec(path=str(tmp_path / "m-00001-of-00002.gguf"), n_threads=1))
        assert loaded.n_ctx_train == 0
        assert loaded.n_ctx > 0


def test_an_adapter_llama_cpp_refuses_is_a_sentence(starter_model: Path, tmp_path: Path) -> None:
    """The checks before it keep this from happening; a file may change after them."""
    file = adapter()
    file.set("adapter.type", STRING, "ia3")
    path = str(file.write(tmp_path / "a.gguf"))
    library.initialise()
    with open_model(starter_model) as model, pytest.raises(AppError) as caught:
        Adapters(model).chosen((AdapterSpec(path=path),))
    assert "ia3" in caught.value.info.message


def test_what_is_quantized_already_can_be_quantized_otherwise(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("whole.gguf", "q8_0.gguf", "q4_0.gguf")]
    write_gguf(paths[0])
    with EngineClient() as client:
        for source, target, file_type in zip(paths, paths[1:], (7, 2), strict=False):
            client.quantize(str(source), str(target), file_type)
            assert checked_model(str(target)).values["general.file_type"] == file_type
