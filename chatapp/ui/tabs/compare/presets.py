"""Sets of lanes that show something together."""

from __future__ import annotations

from dataclasses import replace

from chatapp.core.sampling import SamplingSettings

LADDER = (0.0, 0.4, 0.8, 1.2, 1.5)
SEED_COUNTS = (2, 4, 8)
_SEED = 42
_FREE = {"temperature": 1.0, "top_k": 0, "top_p": 1.0, "min_p": 0.0, "typical": 1.0, "top_n_sigma": 0.0}
_DUELLISTS: tuple[dict[str, float], ...] = ({"top_k": 40}, {"top_p": 0.9}, {"min_p": 0.1}, {})


def ladder(base: SamplingSettings) -> tuple[SamplingSettings, ...]:
    """The same seed at each temperature, so that nothing else differs."""
    seed = _SEED if base.seed is None else base.seed
    return tuple(replace(base, temperature=temperature, seed=seed) for temperature in LADDER)


def seeds(base: SamplingSettings, count: int) -> tuple[SamplingSettings, ...]:
    """The seeds 1 to `count`."""
    return tuple(replace(base, seed=seed) for seed in range(1, count + 1))


def duel(base: SamplingSettings) -> tuple[SamplingSettings, ...]:
    """Top-k, top-p and min-p, each alone, and the model's own distribution."""
    seed = _SEED if base.seed is None else base.seed
    free = replace(base, seed=seed, mirostat="0", xtc_probability=0.0, dynatemp=0.0, **_FREE)  # type: ignore[arg-type]
    return tuple(replace(free, **values) for values in _DUELLISTS)  # type: ignore[arg-type]
