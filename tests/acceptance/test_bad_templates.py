"""Done when: 15 bad chat templates in copies of the real model give 15 sentences and no dead worker; the plain template
stays the way out."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from chatapp.core.errors import AppError, ErrorKind
from chatapp.core.models import LoadSpec
from chatapp.core.sampling import SamplingSettings
from chatapp.protocol.engine import ChatPrompt, Finished
from chatapp.workers.client import EngineClient
from tests.acceptance.prompts import as_chat
from tests.acceptance.test_bad_input import chatapp, one_sentence
from tests.builders import write_with_template

pytestmark = pytest.mark.model

LONGEST_S = 20.0  # the limit of a template is a second of an idle machine
SHORT = SamplingSettings(max_tokens=3)
LOOP = "{% for i in range(99999) %}{% for j in range(99999) %}{% set x = i * j %}{% endfor %}{% endfor %}"
TEMPLATES = {
    "cut short": b"{% for message in messages %}{{ message.content",
    "a block not closed": b"{% if messages %}{{ messages[0].content }}",
    "an unknown tag": b"{% frobnicate messages %}",
    "an unknown filter": b"{{ messages | nofilter }}",
    "an unknown function": b"{{ no_such_function(messages) }}",
    "an unknown attribute": b"{{ messages[0].content.nothing.there }}",
    "endless": LOOP.encode(),
    "calling itself": b"{% macro again() %}{{ again() }}{% endmacro %}{{ again() }}",
    "huge values": b"{{ 'x' * 10 ** 10 }}",
    "wide fields": b"{{ ('{:>' ~ '600000000' ~ '}').format('a')|length }}",
    "huge texts": b"{{ messages[0].content }}" + b"Lorem ipsum dolor sit amet. " * 200_000,
    "raising": b"{{ raise_exception('Only tools may speak here') }}",
    "wanting other roles": b"{% if messages[0].role != 'tool' %}{{ raise_exception('No tool began') }}{% endif %}",
    "dividing by zero": b"{{ messages[0].content }}{{ 1 / 0 }}",
    "mixing types": b"{{ messages[0].content + 1 }}",
    "reading a file": b"{% include '/etc/passwd' %}",
    "reaching for Python": b"{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "nested too deep": b"{{ " + b"(" * 20_000 + b"1" + b")" * 20_000 + b" }}",
    "blocks nested too deep": b"{% if 1 %}" * 3_000 + b"x" + b"{% endif %}" * 3_000,
    "not UTF-8": b"{% for message in messages %}\xff\xfe{{ message.content }}\xc3{% endfor %}{{ nothing() }}",
}


def finished(client: EngineClient, *, plain: bool) -> Finished:
    prompt = ChatPrompt(messages=as_chat("Hello").messages, plain=plain)
    return next(event for event in client.generate(prompt, SHORT) if isinstance(event, Finished))


def test_there_are_fifteen_and_more() -> None:
    assert len(TEMPLATES) >= 15


def test_bad_templates_are_sentences_and_the_plain_one_is_the_way_out(
    starter_model: Path, tmp_path: Path, rng: random.Random, long_run: bool
) -> None:
    path = tmp_path / "bad.gguf"
    for name in TEMPLATES if long_run else rng.sample(sorted(TEMPLATES), 6):
        write_with_template(starter_model, path, TEMPLATES[name])
        with EngineClient() as client:
            client.load(LoadSpec(path=str(path), n_ctx=512, n_threads=1))
            started = time.monotonic()
            with pytest.raises(AppError) as caught:
                finished(client, plain=False)
            assert time.monotonic() - started < LONGEST_S, name
            info = caught.value.info
            assert info.kind is ErrorKind.TEMPLATE, name
            assert info.message.startswith("The model's chat template can't be used: "), name
            assert "Plain" in info.advice
            assert finished(client, plain=True).text, name
            assert client.alive(), name


def test_a_bad_template_is_one_sentence_in_the_terminal(starter_model: Path, tmp_path: Path) -> None:
    path = tmp_path / "bad.gguf"
    write_with_template(starter_model, path, TEMPLATES["raising"])
    begin = ("generate", "--json", "--threads", "1", "--prompt", "Hi", "--model", str(path))
    one_sentence(chatapp(*begin), "Only tools may speak here")
    assert chatapp(*begin, "--raw", "--max-tokens", "2").returncode == 0
