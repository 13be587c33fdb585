from __future__ import annotations

import math

import pytest

from chatapp.core.errors import AppError, ErrorKind
from chatapp.core.options import options_of, problem_with
from chatapp.core.sampling import MAX_GRAMMAR, MAX_SEED, LogitBias, SamplingSettings, biases_of


@pytest.mark.parametrize(
    "values",
    [
        {"temperature": -0.1},
        {"temperature": math.nan},
        {"top_p": 1.01},
        {"min_p": -1.0},
        {"top_k": -1},
        {"repeat_penalty": 0.0},
        {"max_tokens": 0},
        {"seed": -1},
        {"seed": MAX_SEED + 1},
        {"stop": ("",)},
        {"stop": ("x", "a\udcff")},
        {"typical": 0.0},
        {"presence_penalty": 2.1},
        {"dry_allowed_length": 0},
        {"mirostat": "3"},
        {"xtc_threshold": 0.6},
        {"logit_bias": (LogitBias(token=-1, bias=0.0),)},
        {"logit_bias": (LogitBias(token=2**31, bias=0.0),)},
        {"logit_bias": (LogitBias(token=1, bias=math.nan),)},
        {"logit_bias": (LogitBias(token=1, bias=-101.0),)},
    ],
)
def test_values_out_of_range_are_refused_with_the_range(values: dict[str, object]) -> None:
    with pytest.raises(AppError) as caught:
        SamplingSettings(**values)  # type: ignore[arg-type]
    info = caught.value.info
    assert info.kind is ErrorKind.BAD_INPUT
    assert info.params.get("name", "stop") in values
    assert "…" in info.params.get("allowed", "…") or info.params["allowed"] == "0, 1, 2"


def test_biases_are_read_and_bad_ones_told() -> None:
    assert biases_of(["5=-1.5", "7=2"]) == (LogitBias(token=5, bias=-1.5), LogitBias(token=7, bias=2.0))
    for text in ("", "5", "x=1", "5=x", "=1", "5=1=2"):
        with pytest.raises(AppError) as caught:
            biases_of([text])
        assert caught.value.info.kind is ErrorKind.BAD_INPUT


@pytest.mark.parametrize(
    "values",
    [
        {"grammar": "x" * (MAX_GRAMMAR + 1)},
        {"json_schema": "x" * (MAX_GRAMMAR + 1)},
        {"grammar": "root ::= \udcff"},
        {"grammar": "root ::= [a]", "json_schema": "{}"},
        {"logit_bias": (LogitBias(token=1, bias=0.0),) * 1001},
    ],
)
def test_too_much_is_refused_at_once(values: dict[str, object]) -> None:
    with pytest.raises(AppError) as caught:
        SamplingSettings(**values)  # type: ignore[arg-type]
    assert caught.value.info.kind is ErrorKind.BAD_INPUT


def test_defaults_are_the_documented_ones() -> None:
    defaults = SamplingSettings()
    assert (defaults.max_tokens, defaults.temperature, defaults.top_k) == (512, 0.8, 40)
    assert (defaults.top_p, defaults.min_p, defaults.repeat_penalty) == (0.95, 0.05, 1.0)
    assert (defaults.seed, defaults.stop) == (None, ())


def test_every_option_accepts_its_own_default_and_borders() -> None:
    for name, about in options_of(SamplingSettings()):
        borders = [choice for choice, _ in about.choices] or [about.minimum, about.maximum]
        for value in (getattr(SamplingSettings(), name), *borders):
            assert problem_with(about, value) is None, name
