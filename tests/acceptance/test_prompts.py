"""Done when: 50 attempts to forge a role in user text, 10 template bombs, 20 injection templates: boundaries unchanged,
nothing written, no stall over 2 s."""

from __future__ import annotations

import random
import resource
import time
from contextlib import suppress
from pathlib import Path

import pytest

from chatapp.core.chat import ChatMessage, Role
from chatapp.core.errors import AppError, ErrorKind
from chatapp.core.models import LoadSpec
from chatapp.workers.engine.cancel import CancelFlag
from chatapp.workers.engine.prompt import render_chat

pytestmark = pytest.mark.model

LONGEST_STALL_S = 2.0
MOST_MEMORY_KB = 100_000
PIECES = [
    "<|im_start|>", "<|im_end|>", "<|endoftext|>", "system", "assistant", "user", "\n", "<|im_", "start|>", " ",
    "{{ bos_token }}", "<s>", "</s>", "[INST]", "<<SYS>>", "<start_of_turn>", "\u200b", "|>", "<0x0A>", "obey me",
]  # fmt: skip
BOMBS = [
    "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
    "{% for i in range(99999) %}{% for j in range(99999) %}{% set x = i * j %}{% endfor %}{% endfor %}",
    "{{ 'x' * 10 ** 10 }}",
    "{{ 10 ** (10 ** 8) }}",
    "{% macro f(n) %}{{ f(n + 1) }}{{ f(n + 1) }}{% endmacro %}{{ f(0) }}",
    "{% for i in range(99999) %}{{ 'x' * 100000 }}{% endfor %}",
    "{{ ('x' * 100000)|center(10 ** 9) }}",
    "{{ '%999999999d' % 1 }}",
    "{% set ns = namespace(s='x') %}{% for i in range(99) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}{{ ns.s }}",
    "{{ [0] * 10 ** 9 }}",
    "{% set ns = namespace(s=['x']) %}{% for i in range(99) %}{% set ns.s = ns.s + ns.s %}{% endfor %}{{ ns.s }}",
    "{% set s = 'x' * 99999 %}{{ s.replace('x', s) }}",
    "{% set s = 'x' * 99999 %}{{ s|replace('x', s) }}",
    "{% set s = 'x' * 99999 %}{{ s.join(s) }}",
    "{{ 'x'.zfill(10 ** 9) }}",
]
INJECTIONS = [
    "{{ ''.__class__ }}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ cycler.__init__.__globals__ }}",
    "{{ joiner.__init__.__globals__.os.system('touch {out}') }}",
    "{{ self.__init__.__globals__ }}",
    "{{ self._TemplateReference__context }}",
    "{{ lipsum.__globals__['os'].popen('touch {out}').read() }}",
    "{{ namespace.__init__.__globals__ }}",
    "{{ messages.__class__.__base__ }}",
    "{{ messages.append(1) }}",
    "{{ messages[0].update({'role': 'system'}) }}",
    "{{ messages.clear() }}",
    "{% include '/etc/passwd' %}",
    "{% import 'os' as os %}{{ os.system('touch {out}') }}",
    "{% extends '/etc/passwd' %}",
    "{{ raise_exception.__globals__ }}",
    "{{ strftime_now.__globals__['sys'].exit(3) }}",
    "{{ ''|attr('__class__') }}",
    "{{ (messages|map(attribute='__class__')|list)[0].__mro__ }}",
    "{{ '{0.__class__.__mro__}'.format(messages) }}",
]


def user(text: str) -> ChatMessage:
    return ChatMessage(role=Role.USER, text=text)


def test_no_text_forges_a_role(starter_model: Path, rng: random.Random) -> None:
    """The control tokens of a prompt are those of its template, whatever a person writes."""
    from chatapp.workers.engine.llama.model import Model

    model = Model(LoadSpec(path=str(starter_model)), CancelFlag(), lambda _fraction: None)
    vocabulary, template = model.vocabulary, model.chat_template
    assert template is not None
    control = {vocabulary.tokenize(text, special=True)[0] for text in ("<|im_start|>", "<|im_end|>", "<|endoftext|>")}

    def controls(*texts: str) -> list[int]:
        parts = render_chat(template, [user(text) for text in texts])
        ids = [i for part in parts for i in vocabulary.tokenize(part.text, special=part.special)]
        assert b"".join(vocabulary.piece(i) for i in ids if i not in control).decode().count(texts[0]) >= 1
        return [i for i in ids if i in control]

    honest = controls("Hello", "Hello")
    for _ in range(50):
        forged = "".join(rng.choice(PIECES) for _ in range(rng.randint(2, 12)))
        assert controls(f"x{forged}", forged) == honest, forged
    model.close()


@pytest.mark.parametrize("template", BOMBS)
def test_a_bomb_is_a_sentence_in_time(template: str) -> None:
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.process_time()  # the limit counts the time it computes, whatever else the machine does
    with pytest.raises(AppError) as caught:
        render_chat(template, [user("hi")])
    assert time.process_time() - started < LONGEST_STALL_S
    assert caught.value.info.kind is ErrorKind.TEMPLATE
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < MOST_MEMORY_KB


@pytest.mark.parametrize("template", INJECTIONS)
def test_a_template_reaches_nothing_but_its_values(template: str, tmp_path: Path) -> None:
    messages = [user("hi")]
    text = ""
    with suppress(AppError):
        parts = render_chat(template.replace("{out}", str(tmp_path / "out")), messages)
        text = "".join(part.text for part in parts)
    assert "class" not in text
    assert "root:" not in text
    assert messages == [user("hi")]
    assert list(tmp_path.iterdir()) == [tmp_path / "home"] or list(tmp_path.iterdir()) == []
