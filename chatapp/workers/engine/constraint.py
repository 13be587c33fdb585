"""What the text of a reply has to be: from the settings to a checked grammar."""

from __future__ import annotations

from functools import lru_cache

from chatapp.core.errors import error
from chatapp.core.sampling import SamplingSettings
from chatapp.core.sampling_sentences import GRAMMAR_BAD, SCHEMA_BAD
from chatapp.workers.engine.gbnf import Grammar, GrammarError, parse_grammar
from chatapp.workers.engine.json_merge import SchemaError
from chatapp.workers.engine.json_schema import grammar_of_schema


def constraint_of(settings: SamplingSettings) -> Grammar | None:
    """None: the reply is free. Raises AppError(BAD_INPUT)."""
    if settings.grammar:
        return _of_grammar(settings.grammar)
    return _of_schema(settings.json_schema) if settings.json_schema else None


@lru_cache(maxsize=1)
def _of_grammar(text: str) -> Grammar:
    try:
        return parse_grammar(text)
    except GrammarError as problem:
        raise error(GRAMMAR_BAD, reason=problem) from None


@lru_cache(maxsize=1)
def _of_schema(text: str) -> Grammar:
    try:
        return parse_grammar(grammar_of_schema(text))
    except SchemaError as problem:
        raise error(SCHEMA_BAD, reason=problem) from None
    except (GrammarError, RecursionError) as problem:  # the one is made by circles, the other by depth
        detail = str(problem)
        reason = "it is too large" if "more than" in detail else "its references go in a circle, so no value conforms"
        raise error(SCHEMA_BAD, reason=reason, detail=detail) from None
