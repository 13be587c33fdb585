"""Grammars followed by our own machine beside llama.cpp's: the same tokens of a whole vocabulary may follow."""

from __future__ import annotations

import ctypes
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import llama_cpp
import numpy as np
import pytest

from chatapp.core.errors import AppError
from chatapp.core.models import LoadSpec
from chatapp.core.sampling import SamplingSettings
from chatapp.workers.engine.cancel import CancelFlag
from chatapp.workers.engine.gbnf import parse_grammar
from chatapp.workers.engine.json_schema import grammar_of_schema
from chatapp.workers.engine.llama.model import Model
from chatapp.workers.engine.llama.sampler import SamplerChain
from chatapp.workers.engine.llama.vocabulary import Vocabulary
from chatapp.workers.engine.token_grammar import TokenGrammar, token_table

pytestmark = pytest.mark.model

GRAMMARS = {
    "words": 'root ::= word (" " word){0,20} "."\nword ::= [a-zA-Z]{1,12} | [0-9]+',
    "not these": 'root ::= [^a-m"\\n]* "a" .{0,3}',
    "chinese": 'root ::= [一-鿿]{2,8} ("，" [一-鿿]+)* "。"?',
    "nested": 'root ::= "(" root ")" | "[" root "]" | "x" | "(" "x" "]"',
    "escapes": 'root ::= ("\\x41" | "\\u00e9" | "\\U0001F600" | "\\t\\n\\"\\\\" | [\\[\\]\\-])+',
    "sums": 'root ::= term ([-+*/] term)* "\\n"\nterm ::= [0-9]+ | "(" ws root2 ws ")" # a comment\n'
    "root2 ::= term ([-+*/] term)*\nws ::= [ \\t]*",
    "json": grammar_of_schema(
        '{"type": "object", "properties": {"a": {"type": "integer"}, "b": {}}, "required": ["b"]}'
    ),
}


@pytest.fixture(scope="module")
def vocabulary(starter_model: Path) -> Iterator[Vocabulary]:
    model = Model(LoadSpec(path=str(starter_model)), CancelFlag(), lambda _fraction: None)
    yield model.vocabulary
    model.close()


class LlamaGrammar:
    """llama.cpp's own, but for control tokens, whose names it takes for what they write."""

    def __init__(self, vocabulary: Vocabulary, text: str) -> None:
        self._n_vocab = vocabulary.n_tokens
        self._control = {t for t, piece in enumerate(vocabulary.table.pieces) if not piece} - vocabulary.table.ends
        self._sampler: Any = llama_cpp.llama_sampler_init_grammar(vocabulary.handle, text.encode(), b"root")
        assert self._sampler

    def allowed(self) -> set[int]:
        data = (llama_cpp.llama_token_data * self._n_vocab)()
        for token in range(self._n_vocab):
            data[token].id = token
        array = llama_cpp.llama_token_data_array(data, self._n_vocab, -1, False)
        llama_cpp.llama_sampler_apply(self._sampler, ctypes.byref(array))
        return {entry.id for entry in data if entry.logit == 0.0} - self._control

    def accept(self, token: int) -> None:
        llama_cpp.llama_sampler_accept(self._sampler, token)

    def close(self) -> None:
        llama_cpp.llama_sampler_free(self._sampler)


@pytest.mark.parametrize("name", GRAMMARS)
def test_the_same_tokens_may_follow_as_llama_cpp_says(name: str, vocabulary: Vocabulary, rng: random.Random) -> None:
    ours = TokenGrammar(parse_grammar(GRAMMARS[name]), vocabulary.table)
    theirs = LlamaGrammar(vocabulary, GRAMMARS[name])
    every = np.arange(vocabulary.n_tokens, dtype=np.int32)
    written = b""
    for _ in range(7):
        allowed = {token for token in range(vocabulary.n_tokens) if ours.allows(token)}
        assert set(every[ours.allowed_among(every)].tolist()) == allowed, name
        some = np.array(rng.sample(range(vocabulary.n_tokens), 40), dtype=np.int32)
        assert ours.allowed_among(some).tolist() == [token in allowed for token in some.tolist()]
        expected = theirs.allowed()
        different = allowed ^ expected
        # a class that leaves some characters out: llama.cpp refuses any half character that could become one of them
        assert [vocabulary.piece(t) for t in different if _is_whole(written + vocabulary.piece(t))] == [], name
        assert expected <= allowed
        followed = sorted(expected - vocabulary.table.ends)
        if not followed:
            break
        token = rng.choice(followed)
        written += vocabulary.piece(token)
        ours.accept(token)
        theirs.accept(token)
    theirs.close()


def softmax_over(ids: set[int], logits: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
    """float64 (n_vocab,), nothing for the others."""
    kept = np.isin(np.arange(len(logits)), list(ids))
    shifted = np.where(kept, logits.astype(np.float64), -np.inf)
    weights = np.exp(shifted - shifted.max())
    found: np.ndarray = weights / weights.sum()  # type: ignore[type-arg]
    return found


@pytest.mark.parametrize("top_k", [0, 30, 2000])
@pytest.mark.parametrize("name", ["words", "nested", "sums"])
def test_what_is_seen_of_a_draw_is_the_softmax_of_all_that_the_grammar_allows(
    name: str, top_k: int, vocabulary: Vocabulary, rng: random.Random
) -> None:
    n_vocab = vocabulary.n_tokens
    numbers = np.random.default_rng(rng.randrange(2**31))
    settings = SamplingSettings(temperature=1.0, top_k=top_k, top_p=1.0, min_p=0.0)
    theirs = LlamaGrammar(vocabulary, GRAMMARS[name])
    chains = [
        SamplerChain(
            settings, seed=7, n_vocab=n_vocab, grammar=TokenGrammar(parse_grammar(GRAMMARS[name]), vocabulary.table)
        )
        for _ in range(2)
    ]
    seen, unseen = chains
    seen.watched = True
    for some in (10, 10, 0, 3, 0):
        allowed = theirs.allowed()
        logits = numbers.normal(0, 3, n_vocab).astype(np.float32)
        logits[rng.sample(sorted(allowed), min(some, len(allowed)))] += 15.0  # else most draws are refused
        token = seen.draw(logits)
        assert unseen.draw(logits) == token
        best = set(np.argsort(-logits)[: top_k or n_vocab].tolist())
        left = allowed & best or set(sorted(allowed, key=lambda t: -logits[t])[: top_k or n_vocab])
        found = np.zeros(n_vocab)
        found[seen.candidates["id"]] = seen.candidates["p"]
        assert np.allclose(found, softmax_over(left, logits), rtol=1e-3, atol=1e-9)
        assert {*seen.last_draw().cuts[-1][1].tolist()} == left
        assert "grammar" in dict(seen.last_draw().cuts)
        if token in vocabulary.table.ends:
            break
        theirs.accept(token)
    theirs.close()
    for chain in chains:
        chain.close()


def test_looking_around_leaves_room_for_what_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Brackets inside brackets make new places all the time; none that lies behind is kept."""
    text = 'root ::= "a" root "b" | "b" root "1" | "c"'
    read = [A] * 60 + [C] + [B] * 60
    alone = grammar_of(text)
    for token in read:
        alone.accept(token)
    monkeypatch.setattr("chatapp.workers.engine.grammar._MOST_NODES", len(alone._machine._nodes) + 60)
    grammar = grammar_of(text)
    for token in read:
        grammar.allowed_among(np.array([A, AB, B, C], dtype=np.int32))
        grammar.accept(token)
    assert grammar.is_over


def _is_whole(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


PIECES = [b"a", b"b", b"ab", b"c", b"\xe5", b"\xa4\xa9", b"\xe5\xa4", b"\xa9", b"", b"\0", b"1", b'"']
A, B, AB, C, FIRST, REST, TWO, LAST, END, NUL, ONE, QUOTE = range(12)
TABLE = token_table(PIECES, frozenset({END}))


def grammar_of(text: str) -> TokenGrammar:
    return TokenGrammar(parse_grammar(text), TABLE)


def chain_with(grammar: TokenGrammar, **settings: object) -> SamplerChain:
    free: dict[str, object] = {"temperature": 1.0, "top_k": 0, "top_p": 1.0, "min_p": 0.0}
    return SamplerChain(SamplingSettings(**{**free, **settings}), seed=1, n_vocab=12, grammar=grammar)  # type: ignore[arg-type]


def logits_of(**best: float) -> np.ndarray:  # type: ignore[type-arg]
    values = np.zeros(12, dtype=np.float32)
    for name, logit in best.items():
        values[globals()[name]] = logit
    return values


def test_a_token_may_end_inside_a_character() -> None:
    grammar = grammar_of('root ::= "天" "1"')
    assert [token for token in range(12) if grammar.allows(token)] == [FIRST, TWO]
    grammar.accept(FIRST)
    assert [token for token in range(12) if grammar.allows(token)] == [REST]
    grammar.accept(REST)
    assert [token for token in range(12) if grammar.allows(token)] == [ONE]
    other = grammar_of('root ::= [^天]* "1"')
    other.accept(TWO)  # could still become 夨
    assert not other.allows(LAST)
    assert not other.is_over


def test_a_reply_ends_only_where_it_is_complete() -> None:
    grammar = grammar_of('root ::= "a" "b"?')
    assert not grammar.allows(END)
    grammar.accept(A)
    assert grammar.allows(END)
    assert not grammar.is_over
    grammar.accept(B)
    assert grammar.is_over
    assert [token for token in range(12) if grammar.allows(token)] == [END]


@pytest.mark.parametrize("top_k", [0, 2, 5])
def test_the_draw_is_from_what_the_samplers_and_the_grammar_leave(top_k: int, rng: random.Random) -> None:
    logits = logits_of(C=3.0, ONE=2.5, A=2.0, B=1.0, QUOTE=0.5, AB=0.2)
    grammar = grammar_of("root ::= [abc1]*")  # the quotation mark is refused
    left = [C, ONE, A, B, QUOTE, AB][: top_k or None]
    weights = {token: float(np.exp(logits[token])) for token in left if token != QUOTE}
    chain = chain_with(grammar, top_k=top_k)
    drawn = np.bincount([chain.draw(logits) for _ in range(4000)], minlength=12) / 4000
    chain.close()
    total = sum(weights.values())
    assert all(abs(drawn[token] - weight / total) < 0.03 for token, weight in weights.items())
    assert drawn[QUOTE] == 0.0


@pytest.mark.parametrize("settings", [{}, {"top_k": 1}, {"temperature": 0.0}, {"mirostat": "1"}, {"mirostat": "2"}])
def test_what_the_grammar_wants_is_found_below_all_that_the_samplers_leave(settings: dict[str, object]) -> None:
    grammar = grammar_of('root ::= ("a" "b")*')
    logits = logits_of(C=100.0, ONE=90.0, A=-50.0, B=-60.0, AB=-200.0, END=-300.0)
    chain = chain_with(grammar, **settings)
    assert [chain.draw(logits) for _ in range(6)] == [A, B, A, B, A, B]
    chain.close()


def test_a_dead_end_and_too_many_ways_are_sentences() -> None:
    chain = chain_with(grammar_of('root ::= "a" "z"'))
    assert chain.draw(logits_of()) == A
    with pytest.raises(AppError, match="allows no token"):
        chain.draw(logits_of())
    chain.close()
    with pytest.raises(AppError, match="more than 2,000 ways"):
        grammar_of('root ::= ("a"?){1000}')
    chain = chain_with(grammar_of('root ::= "a" root "b" | "a" root "c" | "a"'))
    with pytest.raises(AppError, match="more than 2,000 ways"):
        [chain.draw(logits_of(A=100.0)) for _ in range(40)]
    chain.close()


def test_a_long_list_does_not_grow_what_is_remembered() -> None:
    for first in (A, B):
        again = grammar_of('root ::= "a" ("1" "a")* | list\nlist ::= "b" "1" list | "b"')
        for _ in range(50):
            again.accept(first)
            again.accept(ONE)
        count = len(again._machine._nodes)
        for _ in range(500):
            again.accept(first)
            again.accept(ONE)
        assert len(again._machine._nodes) == count
