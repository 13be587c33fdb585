"""After a score the buffer of its logits is given back; what was set in the context is set again."""

from __future__ import annotations

from pathlib import Path

import llama_cpp
import pytest

from chatapp.core.errors import AppError, ErrorKind
from chatapp.core.models import AdapterSpec, LoadSpec
from chatapp.core.sampling import SamplingSettings
from chatapp.protocol.engine import Finished, Generate, RawPrompt, Score, Scored, TokensScored
from chatapp.workers.client import EngineClient
from chatapp.workers.engine.cancel import CancelFlag
from chatapp.workers.engine.llama import engine as llama_engine
from chatapp.workers.engine.llama.engine import LlamaEngine
from tests.acceptance.prompts import PROMPTS
from tests.acceptance.test_adapters import adapter

pytestmark = pytest.mark.model

TEXT = (" ".join(PROMPTS) * 6).encode()
MOST_MORE = 500 << 20


def resident_bytes(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) * 1024


def logprobs(engine: LlamaEngine) -> list[float]:
    """Exactly one terminal event, the last."""
    *events, last = engine.score(Score(request_id=1, text=TEXT))
    assert isinstance(last, Scored)
    assert not any(isinstance(event, Scored) for event in events)
    tokens = [token for event in events if isinstance(event, TokensScored) for token in event.tokens]
    return [token.record.logprob for token in tokens if token.record is not None]


def written(engine: LlamaEngine) -> str:
    sampling = SamplingSettings(temperature=0.0, max_tokens=12)
    *_, last = engine.generate(Generate(request_id=2, prompt=RawPrompt(text=PROMPTS[0]), sampling=sampling))
    assert isinstance(last, Finished)
    return last.text


def test_a_score_leaves_no_large_buffers(gemma_model: Path) -> None:
    with EngineClient() as client:
        client.load(LoadSpec(path=str(gemma_model), n_ctx=2048, n_threads=2))
        *_, first = client.generate(RawPrompt(text="Hi"), SamplingSettings(temperature=0.0, max_tokens=4))
        before = resident_bytes(client.pid)
        for _ in client.score(TEXT[:4000]):
            pass
        assert resident_bytes(client.pid) < before + MOST_MORE
        *_, again = client.generate(RawPrompt(text="Hi"), SamplingSettings(temperature=0.0, max_tokens=4))
        assert isinstance(first, Finished)
        assert isinstance(again, Finished)
        assert again.text == first.text


def test_adapters_are_used_in_it_too(starter_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(llama_engine, "_MOST_LOGITS_BYTES", 0)
    path = adapter().write(tmp_path / "adapter.gguf")
    engine = LlamaEngine(CancelFlag())
    plain = LoadSpec(path=str(starter_model), n_ctx=2048, n_threads=1)
    engine.load(plain, lambda _: None)
    without = logprobs(engine)
    engine.load(LoadSpec(path=str(starter_model), n_ctx=2048, n_threads=1, adapters=(AdapterSpec(path=str(path)),)),
                lambda _: None)  # fmt: skip
    text, first = written(engine), logprobs(engine)
    assert first != without
    assert logprobs(engine) == first
    assert written(engine) == text


def test_where_it_cant_be_made_again_the_model_is_unloaded(
    starter_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(llama_engine, "_MOST_LOGITS_BYTES", 0)
    engine, spec = LlamaEngine(CancelFlag()), LoadSpec(path=str(starter_model), n_ctx=2048, n_threads=1)
    engine.load(spec, lambda _: None)
    text = written(engine)
    with monkeypatch.context() as patch:
        patch.setattr(llama_cpp, "llama_init_from_model", lambda *_: None)
        with pytest.raises(AppError) as caught:
            logprobs(engine)
    assert caught.value.info.kind is ErrorKind.MODEL_LOAD
    with pytest.raises(AppError) as caught:
        written(engine)
    assert caught.value.info.kind is ErrorKind.NO_MODEL
    engine.load(spec, lambda _: None)
    assert written(engine) == text
