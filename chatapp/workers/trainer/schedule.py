"""The learning rate of each step."""

from __future__ import annotations

import math

from chatapp.core.training import TrainingSettings


def learning_rate(step: int, n_steps: int, settings: TrainingSettings) -> float:
    """Of a step, from 1: rises evenly during the warm-up, then follows the schedule, which ends at 0 after the last."""
    done, warm = step - 1, math.ceil(settings.warmup * n_steps)
    if done < warm:
        return settings.learning_rate * step / warm
    progress = (done - warm) / max(1, n_steps - warm)
    match settings.schedule:
        case "linear":
            return settings.learning_rate * (1 - progress)
        case "cosine":
            return settings.learning_rate * 0.5 * (1 + math.cos(math.pi * progress))
        case _:
            return settings.learning_rate
