"""From messages to token ids: the tokens a model was trained with, and what is left out of a full context."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from chatapp.core.chat import ChatMessage, Role, WhenFull
from chatapp.core.errors import AppError, ErrorKind
from chatapp.protocol.engine import ChatPrompt
from chatapp.workers.engine.llama import library
from chatapp.workers.engine.llama.assembly import PromptAssembler
from chatapp.workers.engine.llama.vocabulary import Vocabulary
from tests.builders import write_spm_vocabulary

pytestmark = pytest.mark.model

LLAMA_2 = (
    "{% for m in messages %}{% if m['role'] == 'user' %}{{ bos_token + '[INST] ' + m['content'] + ' [/INST]' }}"
    "{% else %}{{ ' ' + m['content'] + ' ' + eos_token }}{% endif %}{% endfor %}"
)
ZEPHYR = (
    "{% for m in messages %}{{ '<|' + m['role'] + '|>\n' + m['content'] + eos_token + '\n' }}{% endfor %}"
    "<|assistant|>\n"
)
WORDS = ["▁hi", "▁there", "▁[INST]", "▁[/INST]", "[/INST]", "▁you", "▁<|user|>", "<|user|>", "hi", "there"]


def vocabulary_of(path: Path) -> tuple[Vocabulary, Callable[[], None]]:
    import llama_cpp

    params = llama_cpp.llama_model_default_params()
    params.vocab_only = True
    library.initialise()
    model = llama_cpp.llama_model_load_from_file(str(path).encode(), params)
    assert model
    return Vocabulary(model), lambda: llama_cpp.llama_model_free(model)


@pytest.fixture
def spm(tmp_path: Path) -> Iterator[Vocabulary]:
    vocabulary, free = vocabulary_of(write_spm_vocabulary(tmp_path / "spm.gguf", WORDS))
    yield vocabulary
    free()


def talk(*texts: str) -> tuple[ChatMessage, ...]:
    roles = (Role.USER, Role.ASSISTANT)
    return tuple(ChatMessage(role=roles[at % 2], text=text) for at, text in enumerate(texts))


@pytest.mark.parametrize("template", [LLAMA_2, ZEPHYR])
@pytest.mark.parametrize("texts", [("hi",), ("hi there", "you", "hi"), ("there", "hi there you", "you hi")])
def test_a_space_prefixing_vocabulary_gets_the_tokens_of_the_whole_text(
    spm: Vocabulary, template: str, texts: tuple[str, ...]
) -> None:
    """Tokenised by parts as if in one go, as the model was trained."""
    values = {"bos_token": "<s>", "eos_token": "</s>"}
    import jinja2

    messages = [{"role": m.role.value, "content": m.text} for m in talk(*texts)]
    whole = jinja2.Template(template, trim_blocks=True, lstrip_blocks=True).render(messages=messages, **values)
    ids = PromptAssembler(spm, template).assemble(ChatPrompt(messages=talk(*texts)), n_ctx=999, max_tokens=9).ids
    expected = spm.tokenize(whole, special=True)
    assert ids == (expected if expected[:1] == [spm.bos] else [spm.bos, *expected])


def test_no_space_is_added_between_parts(spm: Vocabulary) -> None:
    ids = PromptAssembler(spm, LLAMA_2).assemble(ChatPrompt(messages=talk("hi")), n_ctx=999, max_tokens=9).ids
    assert b"".join(map(spm.piece, ids)) == b" [INST] hi [/INST]"


class Counting:
    """A vocabulary of one token per character; the assembler needs no more of it."""

    bos, eos, adds_bos, n_tokens = -1, -1, False, 0x110000

    def tokenize(self, text: str, *, special: bool) -> list[int]:
        return list(map(ord, text))

    tokenize_joined = tokenize

    def piece(self, token: int) -> bytes:
        return chr(token).encode()

    def control_text(self, _token: int) -> str:
        return ""


TEMPLATE = "{% for m in messages %}{{ m['role'][0] + m['content'] }}{% endfor %}a"


def assemble(messages: tuple[ChatMessage, ...], when_full: WhenFull, n_ctx: int = 100) -> Any:
    assembler = PromptAssembler(cast(Vocabulary, Counting()), TEMPLATE)
    return assembler.assemble(ChatPrompt(messages=messages, when_full=when_full), n_ctx=n_ctx, max_tokens=1000)


SYSTEM = ChatMessage(role=Role.SYSTEM, text="S" * 5)


def test_the_oldest_turns_are_left_out_the_system_prompt_stays() -> None:
    messages = (SYSTEM, *talk(*("x" * 9 for _ in range(21))))
    assembled = assemble(messages, WhenFull.DROP_OLDEST)
    text = "".join(map(chr, assembled.ids))
    assert text.startswith("sSSSSSux")
    assert len(text) <= 75  # a quarter is left for the reply
    assert assembled.left_out % 2 == 0
    kept = 21 - assembled.left_out
    assert text.count("u") + text.count("ax") == kept
    first = assembled.sources.index(1 + assembled.left_out)
    assert text[first] == "x"
    assert set(assembled.sources) == {None, 0, *range(1 + assembled.left_out, 22)}


def test_ids_that_are_not_the_text_are_not_used() -> None:
    """As after another model was put at the path of the one that wrote the reply."""
    for ids in ((72, 105), (72, 106), (72, 0x110000), (72, -1), (72, 105, 33)):
        replied = (*talk("x"), ChatMessage(role=Role.ASSISTANT, text="Hi", ids=ids), *talk("y"))
        assert "".join(map(chr, assemble(replied, WhenFull.STOP).ids)) == "uxaHiuya"


def test_stop_says_that_it_is_full() -> None:
    with pytest.raises(AppError) as caught:
        assemble((SYSTEM, *talk(*("x" * 9 for _ in range(21)))), WhenFull.STOP)
    assert caught.value.info.kind is ErrorKind.CONTEXT_FULL


def test_one_message_too_long_for_the_context_is_an_error_in_any_case() -> None:
    with pytest.raises(AppError) as caught:
        assemble((SYSTEM, *talk("x" * 9, "y" * 9, "z" * 200)), WhenFull.DROP_OLDEST)
    assert caught.value.info.kind is ErrorKind.CONTEXT_FULL


def test_the_plain_template_can_be_asked_for() -> None:
    assembler = PromptAssembler(cast(Vocabulary, Counting()), "{{ broken")
    with pytest.raises(AppError):
        assembler.assemble(ChatPrompt(messages=talk("hi")), n_ctx=100, max_tokens=9)
    plain = assembler.assemble(ChatPrompt(messages=talk("hi"), plain=True), n_ctx=100, max_tokens=9)
    assert "".join(map(chr, plain.ids)) == "User: hi\n\nAssistant:"
