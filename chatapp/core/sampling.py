"""How the next token is drawn: the options of the sampler chain, their ranges and their order.

The order of the chain is SAMPLER_ORDER; the engine builds the llama.cpp samplers in exactly this order
(chatapp/workers/engine/llama/sampler.py) and a test holds the two together.
"""

from __future__ import annotations

from dataclasses import dataclass

from chatapp.core.checks import checked_text
from chatapp.core.errors import error
from chatapp.core.options import QT_TRANSLATE_NOOP, Option, option, options_of, problem_with
from chatapp.core.sentences import OPTION_OUT_OF_RANGE, STOP_TEXT_EMPTY

SAMPLER_ORDER = ("penalties", "top_k", "top_p", "min_p", "temperature", "draw")

MAX_SEED = 2**32 - 2  # 2**32 - 1 asks llama.cpp for a random seed, which could then not be reported


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplingSettings:
    """One lane's sampling. seed None means: choose one at random and report it."""

    max_tokens: int = option(
        512,
        Option(
            label=QT_TRANSLATE_NOOP("options", "Reply length limit"),
            help=QT_TRANSLATE_NOOP(
                "options",
                "The most tokens one reply may have. A token is a word piece of about four letters.",
            ),
            minimum=1,
            maximum=1_000_000,
        ),
    )
    temperature: float = option(
        0.8,
        Option(
            label=QT_TRANSLATE_NOOP("options", "Temperature"),
            help=QT_TRANSLATE_NOOP(
                "options",
                "Divides the logits before the softmax: p = softmax(logit / T). "
                "Low is careful, high is surprising; 0 always takes the most likely token.",
            ),
            minimum=0.0,
            maximum=5.0,
            step=0.05,
        ),
    )
    top_k: int = option(
        40,
        Option(
            label=QT_TRANSLATE_NOOP("options", "Top-k"),
            help=QT_TRANSLATE_NOOP("options", "Only the k most likely tokens may be drawn. 0 switches it off."),
            minimum=0,
            maximum=1_000_000,
            minimum_label=QT_TRANSLATE_NOOP("options", "Off"),
        ),
    )
    top_p: float = option(
        0.95,
        Option(
            label=QT_TRANSLATE_NOOP("options", "Top-p"),
            help=QT_TRANSLATE_NOOP(
                "options",
                "Only the smallest set of tokens whose probabilities add up to p may be drawn. 1 switches it off.",
            ),
            minimum=0.0,
            maximum=1.0,
            step=0.01,
        ),
    )
    min_p: float = option(
        0.05,
        Option(
            label=QT_TRANSLATE_NOOP("options", "Min-p"),
            help=QT_TRANSLATE_NOOP(
                "options",
                "Tokens less likely than this share of the most likely one are cut. 0 switches it off.",
            ),
            minimum=0.0,
            maximum=1.0,
            step=0.01,
        ),
    )
    repeat_penalty: float = option(
        1.0,
        Option(
            label=QT_TRANSLATE_NOOP("options", "Repeat penalty"),
            help=QT_TRANSLATE_NOOP(
                "options",
                "Lowers the logits of the last 64 tokens' ids: positive ones are divided by it. 1 switches it off.",
            ),
            minimum=0.1,
            maximum=5.0,
            step=0.05,
        ),
    )
    seed: int | None = None
    stop: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raises AppError(BAD_INPUT) for a value out of its range."""
        for name, about in options_of(self):
            value = getattr(self, name)
            allowed = problem_with(about, value)
            if allowed is not None:
                raise error(OPTION_OUT_OF_RANGE, name=name, value=value, allowed=allowed)
        if self.seed is not None and not 0 <= self.seed <= MAX_SEED:
            raise error(OPTION_OUT_OF_RANGE, name="seed", value=self.seed, allowed=f"0 … {MAX_SEED}")
        for text in self.stop:
            checked_text(text)
        if "" in self.stop:
            raise error(STOP_TEXT_EMPTY)


PENALTY_WINDOW = 64  # tokens looked back at by the penalties, llama.cpp's own default

PRESETS: tuple[tuple[str, dict[str, float]], ...] = (
    (QT_TRANSLATE_NOOP("options", "Most likely"), {"temperature": 0.0}),
    (QT_TRANSLATE_NOOP("options", "Careful"), {"temperature": 0.3, "top_k": 40, "top_p": 0.9, "min_p": 0.05}),
    (QT_TRANSLATE_NOOP("options", "Balanced"), {"temperature": 0.8, "top_k": 40, "top_p": 0.95, "min_p": 0.05}),
    (QT_TRANSLATE_NOOP("options", "Inventive"), {"temperature": 1.2, "top_k": 0, "top_p": 1.0, "min_p": 0.05}),
    (
        QT_TRANSLATE_NOOP("options", "The model's own distribution"),
        {"temperature": 1.0, "top_k": 0, "top_p": 1.0, "min_p": 0.0},
    ),
)
"""Names and the options that each sets; the others stay as they are."""
