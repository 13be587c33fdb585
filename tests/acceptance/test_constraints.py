"""Done when: 30 bad grammars and JSON schemas give 30 sentences and no dead worker. And good ones are kept to: what is
written under a schema is JSON that conforms."""

from __future__ import annotations

import json
import random
import time
from contextlib import suppress
from pathlib import Path
from typing import cast

import jsonschema
import numpy as np
import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chatapp.app import App
from chatapp.core.errors import AppError, ErrorKind
from chatapp.core.generation import FinishReason
from chatapp.core.sampling import SamplingSettings
from chatapp.protocol.engine import Finished, RawPrompt, TokensEmitted
from chatapp.services.engine_status import EngineState
from chatapp.storage.paths import Paths
from chatapp.ui.tabs.chat.view import ChatView
from chatapp.ui.widgets.error_card import ErrorCard
from chatapp.workers.client import EngineClient
from chatapp.workers.engine.gbnf import parse_grammar
from chatapp.workers.engine.grammar import COMPLETE, Machine
from chatapp.workers.engine.json_schema import grammar_of_schema
from tests.acceptance.bad_constraints import BAD_GRAMMARS, BAD_SCHEMAS
from tests.acceptance.prompts import as_chat
from tests.acceptance.test_bad_input import chatapp, one_sentence

pytestmark = pytest.mark.model

LONGEST_S = 20.0  # that none hangs; on an idle machine none takes a quarter of a second
BAD = [("grammar", text, words) for text, words in BAD_GRAMMARS.items()]
BAD += [("json_schema", text, words) for text, words in BAD_SCHEMAS.items()]

PERSON = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 30},
        "age": {"type": "integer", "minimum": 0, "maximum": 120},
        "height": {"type": "number", "minimum": 0.5, "maximum": 2.5},
        "tags": {"type": "array", "items": {"enum": ["red", 'a "quoted" \\ one\n', "天空", 3, None]}, "maxItems": 4},
        "note": {"type": ["string", "null"], "maxLength": 20},
    },
    "required": ["name", "age"],
    "additionalProperties": False,
}
SCHEMAS: list[object] = [
    PERSON,
    {"$ref": "#/$defs/tree", "$defs": {"tree": {"type": "object", "properties": {
        "value": {"type": "integer"}, "left": {"anyOf": [{"$ref": "#/$defs/tree"}, {"type": "null"}]}},
        "required": ["value"]}}},
    {"allOf": [{"properties": {"a": {"type": "integer"}}, "required": ["a"]},
               {"properties": {"a": {"minimum": -5}, "b": {"const": "x"}}, "required": ["b"]}], "type": "object"},
    {"oneOf": [{"properties": {"kind": {"const": "cat"}, "lives": {"type": "integer", "exclusiveMaximum": 10}},
                "required": ["kind"], "type": "object"},
               {"properties": {"kind": {"const": "dog"}}, "required": ["kind"], "type": "object"}]},
    {"type": "array", "prefixItems": [{"type": "boolean"}, {"format": "date"}], "items": {"type": "number"},
     "minItems": 3, "maxItems": 5},
    {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}, "minProperties": 1},
    {"type": "string", "format": "date-time"},
    {"type": "number", "exclusiveMinimum": -3, "exclusiveMaximum": 12.5},
    {"type": "integer", "minimum": -1234, "maximum": 98765},
    {"enum": ["a", 1, 1.5, None, True, {"x": []}]},
    {"type": ["integer", "string"], "enum": [1, "one", 2.5]},
    {"required": ["x"], "properties": {"y": {"type": "null"}}, "type": "object"},
    {"type": "object", "properties": {f"p{n}": {"type": "boolean"} for n in range(30)}},
    True,
]  # fmt: skip


def finished(client: EngineClient, settings: SamplingSettings, text: str = "Describe a person.") -> Finished:
    return next(event for event in client.generate(as_chat(text), settings) if isinstance(event, Finished))


def test_there_are_thirty_and_more() -> None:
    assert len(BAD) >= 30


def test_bad_grammars_and_schemas_are_sentences_and_the_worker_lives(engine: EngineClient) -> None:
    pid = engine.pid
    for field, text, words in BAD:
        started = time.monotonic()
        with pytest.raises(AppError) as caught:
            finished(engine, SamplingSettings(**{field: text}))  # type: ignore[arg-type]
        info = caught.value.info
        assert info.kind is ErrorKind.BAD_INPUT, text[:80]
        assert words in info.message, text[:80]
        assert info.message.count("\n") == 0
        assert info.message.endswith(".")
        assert info.advice
        assert time.monotonic() - started < LONGEST_S, text[:80]
    assert engine.alive()
    assert engine.pid == pid
    assert finished(engine, SamplingSettings(max_tokens=3)).text


def test_bad_grammars_and_schemas_are_sentences_in_the_terminal(
    starter_library: Paths, tmp_path: Path, rng: random.Random, long_run: bool
) -> None:
    file = tmp_path / "constraint"
    for field, text, words in BAD if long_run else rng.sample(BAD, 3):
        file.write_text(text)
        option = f"--{field.replace('_', '-')}"
        one_sentence(chatapp("generate", "--json", "--threads", "1", "--prompt", "Hi", option, str(file)), words)


def test_bad_grammars_are_cards_in_the_window_and_the_worker_lives(
    qapp: QApplication, qtbot: QtBot, starter_library: Paths, rng: random.Random, long_run: bool
) -> None:
    app = App(qapp, starter_library)
    app.window.show()
    app.begin()
    chat = cast(ChatView, app.window.page("chat"))
    inference, conversations = app.context.inference, app.context.conversations
    losses: list[object] = []

    def cards() -> list[str]:
        return [card.info.message for card in app.window.findChildren(ErrorCard) if card.isVisible()]

    def ask(text: str) -> None:
        chat.prompt.set_text(text)
        chat.prompt.button.click()

    def written() -> str:
        current = conversations.current
        return conversations.text_of(current.leaf_id or "") if current is not None else ""

    try:
        qtbot.waitUntil(lambda: inference.status.state is EngineState.READY, timeout=60_000)
        inference.status_changed.connect(lambda status: losses.append(status.state))
        for field, text, words in BAD if long_run else rng.sample(BAD, 4):
            conversations.set_sampling(SamplingSettings(**{field: text}))  # type: ignore[arg-type]
            ask("Hello")
            qtbot.waitUntil(lambda w=words: any(w in card for card in cards()), timeout=20_000)
            qtbot.waitUntil(lambda: not conversations.writing, timeout=5000)
            conversations.new()
        conversations.set_sampling(SamplingSettings(grammar='root ::= "yes" | "no"'))
        ask("Is the sky blue?")
        qtbot.waitUntil(lambda: written() in ("yes", "no"), timeout=20_000)
        assert set(losses) <= {EngineState.READY, EngineState.GENERATING}
    finally:
        app.close()
        app.window.close()


def test_files_that_are_none_are_sentences_in_the_terminal(tmp_path: Path) -> None:
    good, latin, empty, long = (tmp_path / name for name in ("good", "latin", "empty", "long"))
    good.write_text("root ::= [a]")
    latin.write_bytes(b"root ::= [\xe9]")
    empty.write_text(" \n")
    long.write_text("#" * 70_000)
    begin = ("generate", "--json", "--prompt", "Hi")
    for options, words in (
        (["--grammar", str(tmp_path / "none")], "can't be read"),
        (["--grammar", str(tmp_path)], "can't be read"),
        (["--json-schema", str(latin)], "not valid UTF-8"),
        (["--grammar", str(empty)], "is empty"),
        (["--grammar", str(long)], "too long"),
        (["--grammar", "/dev/zero"], "too long"),
        (["--grammar", str(good), "--json-schema", str(good)], "at once"),
        (["--logit-bias", "x=1"], "can't be read"),
        (["--logit-bias", "5=1000"], "logit_bias can't be 1000"),
    ):
        one_sentence(chatapp(*begin, *options), words)


def test_a_bias_for_a_token_the_model_has_not_is_a_sentence(engine: EngineClient) -> None:
    from chatapp.core.sampling import LogitBias

    with pytest.raises(AppError, match="tokens end at 49151"):
        finished(engine, SamplingSettings(logit_bias=(LogitBias(token=49_152, bias=1.0),)))
    assert finished(engine, SamplingSettings(max_tokens=1, logit_bias=(LogitBias(token=49_151, bias=1.0),)))


def test_a_grammar_read_in_too_many_ways_keeps_the_reply_and_the_worker(engine: EngineClient) -> None:
    """llama.cpp would double its memory with each letter."""
    kept: list[str] = []

    def ask() -> None:
        grammar = 'root ::= "a" root "x" | "a" root "y" | "a"'
        settings = SamplingSettings(grammar=grammar, temperature=0.0, max_tokens=100)
        for event in engine.generate(RawPrompt(text="a a a aaaaaaaaaaaaaaaaaaaaa aaaaaaaaaaaaaaaaaaaa"), settings):
            if isinstance(event, TokensEmitted):
                kept.append(event.text)

    with pytest.raises(AppError, match="more than 2,000 ways"):
        ask()
    assert set("".join(kept)) == {"a"}
    assert finished(engine, SamplingSettings(max_tokens=3)).text


def test_a_reply_keeps_to_its_grammar_and_ends_with_it(engine: EngineClient, rng: random.Random) -> None:
    for temperature in (0.0, 0.8, 2.0):
        settings = SamplingSettings(
            grammar='root ::= ("yes" | "no") ", " [a-z ]{3,12} "." "\\n天"?',
            temperature=temperature,
            seed=rng.randrange(2**31),
            max_tokens=40,
        )
        done = finished(engine, settings, "Is the sky blue?")
        again = finished(engine, settings, "Is the sky blue?")
        assert done.text.startswith(("yes, ", "no, "))
        assert done.text.rstrip("\n天").endswith(".")
        assert done.finish_reason is FinishReason.STOP
        assert (done.text, done.reproducible) == (again.text, True)


def test_a_stop_text_ends_a_reply_inside_its_grammar(engine: EngineClient) -> None:
    settings = SamplingSettings(grammar='root ::= "one two three four"', stop=("three",), max_tokens=40)
    done = finished(engine, settings)
    assert (done.text, done.finish_reason) == ("one two ", FinishReason.STOP)


@pytest.mark.parametrize("sampler", [{}, {"top_k": 1}, {"mirostat": "2"}, {"xtc_probability": 0.5}])
def test_a_reply_under_a_schema_is_json_that_conforms(
    sampler: dict[str, object], engine: EngineClient, rng: random.Random, long_run: bool
) -> None:
    complete = 0
    for schema in (PERSON, SCHEMAS[2], SCHEMAS[3]) if not long_run else SCHEMAS:
        settings = SamplingSettings(
            json_schema=json.dumps(schema), seed=rng.randrange(2**31), max_tokens=200, temperature=1.0, **sampler
        )  # type: ignore[arg-type]
        done = finished(engine, settings)
        if done.finish_reason is FinishReason.STOP:  # else its length ended it
            complete += 1
            jsonschema.validate(json.loads(done.text), schema)  # type: ignore[arg-type]
    assert complete


def test_all_that_the_grammar_of_a_schema_allows_conforms(rng: random.Random, long_run: bool) -> None:
    """Random walks, one character after the other, whatever a model would write."""
    for schema in SCHEMAS:
        text = json.dumps(schema, ensure_ascii=False)
        machine = Machine(parse_grammar(grammar_of_schema(text)))
        alphabet = sorted(set(text) | set('"\\{}[],:.-+eEtrufalsnTZ0123456789 \n天😀/b'))
        for _ in range(400 if long_run else 40):
            written = _walk(machine, alphabet, rng)
            value = json.loads(written)
            jsonschema.validate(value, schema)  # type: ignore[arg-type]
            assert "\ud800" not in written


def _walk(machine: Machine, alphabet: list[str], rng: random.Random) -> str:
    state, written = machine.start, ""
    while True:
        if COMPLETE in state and (len(written) > 60 or rng.random() < 0.3 or len(state) == 1):
            return written
        possible = [character for character in alphabet if machine.step(state, ord(character))]
        ending = [character for character in '"}]0123456789enlutrsfaZ.,:' if character in possible]
        character = ending[0] if len(written) > 60 and ending else rng.choice(possible)
        state, written = machine.step(state, ord(character)), written + character


@pytest.mark.parametrize("name", ["minimum", "exclusiveMinimum"])
def test_bounds_of_numbers_let_all_integers_between_them_through(name: str, rng: random.Random) -> None:
    for _ in range(30):
        low = rng.randrange(-3000, 3000)
        high = low + rng.randrange(2, 400)
        schema = {"type": "integer", name: low, "maximum": high}
        machine = Machine(parse_grammar(grammar_of_schema(json.dumps(schema))))
        first = low + (name == "exclusiveMinimum")
        for value in {first - 1, first, high, high + 1, *rng.sample(range(low - 500, high + 500), 30)}:
            assert _reads(machine, str(value)) is (first <= value <= high), (schema, value)


def _reads(machine: Machine, text: str) -> bool:
    state = machine.start
    for character in text:
        state = machine.step(state, ord(character))
    return COMPLETE in state


def test_random_bytes_are_never_more_than_a_sentence(rng: random.Random, long_run: bool) -> None:
    """Cut, swapped and doubled pieces of good grammars and schemas: read, or refused with a reason, in time."""
    from chatapp.workers.engine.constraint import constraint_of

    grammars = [text for text in BAD_GRAMMARS if len(text) < 200] + [grammar_of_schema(json.dumps(PERSON))]
    schemas = [text for text in BAD_SCHEMAS if len(text) < 200] + [json.dumps(schema) for schema in SCHEMAS]
    numbers = np.random.default_rng(rng.randrange(2**31))
    for _ in range(3000 if long_run else 150):
        for field, texts in (("grammar", grammars), ("json_schema", schemas)):
            characters = list(rng.choice(texts))
            for place in numbers.integers(0, len(characters), rng.randint(1, 6)):
                characters[place] = rng.choice(characters) * rng.randint(0, 2)
            started = time.monotonic()
            with suppress(AppError):
                constraint_of(SamplingSettings(**{field: "".join(characters)}))  # type: ignore[arg-type]
            assert time.monotonic() - started < LONGEST_S
