from __future__ import annotations

from chatapp.core import model_sentences, sentences
from chatapp.core.errors import ErrorKind, Sentence, error, fill


def test_values_fill_the_sentence_and_half_characters_do_not_break_it() -> None:
    info = error(sentences.MODEL_MISSING, path="/x/\udcff.gguf").info
    assert info.message == "There is no file at /x/\\udcff.gguf."
    info.message.encode("utf-8")


def test_a_template_that_does_not_fit_its_values_stays_readable() -> None:
    assert fill("{name} is gone", {}) == "{name} is gone"
    assert fill("broken {", {"name": "x"}) == "broken {"


def test_braces_in_a_value_are_left_alone() -> None:
    assert fill("{path}!", {"path": "{0}{path}"}) == "{0}{path}!"


def test_every_sentence_is_a_sentence_with_a_way_out() -> None:
    everything = {**vars(sentences), **vars(model_sentences)}
    found = [value for value in everything.values() if isinstance(value, Sentence)]
    assert len(found) > 30
    for sentence in found:
        assert sentence.text.endswith("."), sentence
        assert len(sentence.hint) > 10, sentence
        assert sentence.kind in ErrorKind
