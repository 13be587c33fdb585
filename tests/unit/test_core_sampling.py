from __future__ import annotations

import math

import pytest

from chatapp.core.errors import AppError, ErrorKind
from chatapp.core.options import options_of, problem_with
from chatapp.core.sampling import MAX_SEED, SamplingSettings


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
    ],
)
def test_values_out_of_range_are_refused_with_the_range(values: dict[str, object]) -> None:
    with pytest.raises(AppError) as caught:
        SamplingSettings(**values)  # type: ignore[arg-type]
    info = caught.value.info
    assert info.kind is ErrorKind.BAD_INPUT
    assert info.params.get("name", "stop") in values
    assert "…" in info.params.get("allowed", "…")


def test_defaults_are_the_documented_ones() -> None:
    defaults = SamplingSettings()
    assert (defaults.max_tokens, defaults.temperature, defaults.top_k) == (512, 0.8, 40)
    assert (defaults.top_p, defaults.min_p, defaults.repeat_penalty) == (0.95, 0.05, 1.0)
    assert (defaults.seed, defaults.stop) == (None, ())


def test_every_option_accepts_its_own_default_and_borders() -> None:
    for name, about in options_of(SamplingSettings()):
        for value in (getattr(SamplingSettings(), name), about.minimum, about.maximum):
            assert problem_with(about, value) is None, name
