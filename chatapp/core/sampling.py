"""How the next token is drawn: the options of the sampler chain, their ranges and their order.

The order of the chain is SAMPLER_ORDER; the engine applies the samplers in exactly this order
(chatapp/workers/engine/llama/sampler.py) and a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from chatapp.core.checks import checked_text
from chatapp.core.errors import error
from chatapp.core.options import QT_TRANSLATE_NOOP, Option, option, options_of, problem_with
from chatapp.core.sampling_sentences import BIAS_UNREADABLE, GRAMMAR_AND_SCHEMA, GRAMMAR_TOO_LARGE, TOO_MANY_BIASES
from chatapp.core.sentences import OPTION_OUT_OF_RANGE, STOP_TEXT_EMPTY

SAMPLER_ORDER = (
    "logit_bias",
    "penalties",
    "dry",
    "top_n_sigma",
    "top_k",
    "typical",
    "top_p",
    "min_p",
    "xtc",
    "temperature",
    "grammar",
    "draw",
)
MIROSTAT_ORDER = ("logit_bias", "penalties", "dry", "temperature", "grammar", "mirostat")
"""With mirostat, which cuts and draws by itself: what cuts by other rules would mislead it."""

MAX_SEED = 2**32 - 2  # 2**32 - 1 asks llama.cpp for a random seed, which could then not be reported
MAX_BIAS = 100.0
MAX_BIASES = 1000
MAX_GRAMMAR = 65_536  # characters of a grammar or a schema


@dataclass(frozen=True, slots=True, kw_only=True)
class LogitBias:
    """`bias` is added to the logit of the token with the id `token`."""

    token: int
    bias: float


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
    typical: float = option(
        1.0,
        Option(
            label=QT_TRANSLATE_NOOP("options", "Typical"),
            help=QT_TRANSLATE_NOOP(
                "options",
                "Keeps the tokens whose surprise -ln p is nearest the entropy H of the distribution, until they add up "
                "to this share: smallest |H + ln p| first. 1 switches it off.",
            ),
            minimum=0.01,
            maximum=1.0,
            step=0.01,
            advanced=True,
        ),
    )
    presence_penalty: float = option(
        0.0,
        Option(
            label=QT_TRANSLATE_NOOP("options", "Presence penalty"),
            help=QT_TRANSLATE_NOOP(
                "options",
                "Is subtracted from the logit of every token among the reply's last 64. 0 switches it off, less than 0 "
                "rewards repetition.",
            ),
            minimum=-2.0,
            maximum=2.0,
            step=0.05,
            advanced=True,
        ),
    )
    frequency_penalty: float = option(
        0.0,
        Option(
            label=QT_TRANSLATE_NOOP("options", "Frequency penalty"),
            help=QT_TRANSLATE_NOOP(
                "options",
                "Is subtracted once for each time a token occurs among the reply's last 64: logit - n × penalty. "
                "0 switches it off.",
            ),
            minimum=-2.0,
            maximum=2.0,
            step=0.05,
            advanced=True,
        ),
    )
    dry_multiplier: float = option(
        0.0,
        Option(
            label=QT_TRANSLATE_NOOP("options", "DRY multiplier"),
            help=QT_TRANSLATE_NOOP(
                "options",
                "Lowers the logit of a token that would lengthen a repetition of n tokens by multiplier × "
                "base ^ (n - allowed length). 0 switches it off; 0.8 is a good start.",
            ),
            minimum=0.0,
            maximum=5.0,
            step=0.05,
            advanced=True,
        ),
    )
    dry_base: float = option(
        1.75,
        Option(
            label=QT_TRANSLATE_NOOP("options", "DRY base"),
            help=QT_TRANSLATE_NOOP(
                "options",
                "How fast the DRY penalty grows with the length of the repetition: by this factor for each token. "
                "It matters only where the DRY multiplier is above 0.",
            ),
            minimum=1.0,
            maximum=4.0,
            step=0.05,
            advanced=True,
        ),
    )
    dry_allowed_length: int = option(
        2,
        Option(
            label=QT_TRANSLATE_NOOP("options", "DRY allowed length"),
            help=QT_TRANSLATE_NOOP(
                "options",
                "Repetitions of fewer tokens than this are not penalised. Line ends, colons, quotation marks and "
                "asterisks begin anew.",
            ),
            minimum=1,
            maximum=100,
            advanced=True,
        ),
    )
    xtc_probability: float = option(
        0.0,
        Option(
            label=QT_TRANSLATE_NOOP("options", "XTC probability"),
            help=QT_TRANSLATE_NOOP(
                "options",
                "How often the most likely tokens are excluded at a step: all those above the XTC threshold but the "
                "least likely of them. 0 switches it off.",
            ),
            minimum=0.0,
            maximum=1.0,
            step=0.05,
            advanced=True,
        ),
    )
    xtc_threshold: float = option(
        0.1,
        Option(
            label=QT_TRANSLATE_NOOP("options", "XTC threshold"),
            help=QT_TRANSLATE_NOOP(
                "options",
                "The probability from which a token counts as one of the most likely for XTC. Above 0.5 there is only "
                "ever one and nothing is excluded.",
            ),
            minimum=0.0,
            maximum=0.5,
            step=0.01,
            advanced=True,
        ),
    )
    top_n_sigma: float = option(
        0.0,
        Option(
            label=QT_TRANSLATE_NOOP("options", "Top-n-sigma"),
            help=QT_TRANSLATE_NOOP(
                "options",
                "Keeps the tokens whose logit is at least max - n × σ, σ being the standard deviation of all logits. "
                "0 switches it off; it cuts the same tokens at any temperature.",
            ),
            minimum=0.0,
            maximum=10.0,
            step=0.1,
            advanced=True,
        ),
    )
    mirostat: str = option(
        "0",
        Option(
            label=QT_TRANSLATE_NOOP("options", "Mirostat"),
            help=QT_TRANSLATE_NOOP(
                "options",
                "Cuts so that the surprise of the drawn tokens, -log2 p, stays near the target. It takes the place of "
                "top-k, top-p, min-p, typical, top-n-sigma and XTC, which are then not applied.",
            ),
            choices=(
                ("0", QT_TRANSLATE_NOOP("options", "Off")),
                ("1", QT_TRANSLATE_NOOP("options", "Version 1")),
                ("2", QT_TRANSLATE_NOOP("options", "Version 2")),
            ),
            advanced=True,
        ),
    )
    mirostat_tau: float = option(
        5.0,
        Option(
            label=QT_TRANSLATE_NOOP("options", "Mirostat target (τ)"),
            help=QT_TRANSLATE_NOOP(
                "options",
                "The surprise in bits that mirostat aims at. Low is careful, high is surprising.",
            ),
            minimum=0.0,
            maximum=20.0,
            step=0.1,
            advanced=True,
        ),
    )
    mirostat_eta: float = option(
        0.1,
        Option(
            label=QT_TRANSLATE_NOOP("options", "Mirostat learning rate (η)"),
            help=QT_TRANSLATE_NOOP(
                "options",
                "How far mirostat corrects its cut μ after each token: μ - η × (surprise - τ). 0 never corrects it.",
            ),
            minimum=0.0,
            maximum=1.0,
            step=0.01,
            advanced=True,
        ),
    )
    dynatemp: float = option(
        0.0,
        Option(
            label=QT_TRANSLATE_NOOP("options", "Dynamic temperature"),
            help=QT_TRANSLATE_NOOP(
                "options",
                "Lets the temperature run from T - r where the model is certain to T + r where it is not: "
                "T - r + 2r × H / H max. 0 switches it off.",
            ),
            minimum=0.0,
            maximum=5.0,
            step=0.05,
            advanced=True,
        ),
    )
    seed: int | None = None
    stop: tuple[str, ...] = ()
    logit_bias: tuple[LogitBias, ...] = ()
    grammar: str = ""
    json_schema: str = ""

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
        self._check_biases()
        self._check_grammar()

    def _check_biases(self) -> None:
        if len(self.logit_bias) > MAX_BIASES:
            raise error(TOO_MANY_BIASES, count=len(self.logit_bias), limit=MAX_BIASES)
        for entry in self.logit_bias:
            if not 0 <= entry.token < 2**31:
                raise error(OPTION_OUT_OF_RANGE, name="logit_bias", value=entry.token, allowed=f"0 … {2**31 - 1}")
            if not -MAX_BIAS <= entry.bias <= MAX_BIAS:
                allowed = f"{-MAX_BIAS:g} … {MAX_BIAS:g}"
                raise error(OPTION_OUT_OF_RANGE, name="logit_bias", value=entry.bias, allowed=allowed)

    def _check_grammar(self) -> None:
        """Only what costs nothing; whether it is a grammar is found out where it is used."""
        for text in (self.grammar, self.json_schema):
            checked_text(text)
            if len(text) > MAX_GRAMMAR:
                raise error(GRAMMAR_TOO_LARGE, count=f"{len(text):,}", limit=f"{MAX_GRAMMAR:,}")
        if self.grammar and self.json_schema:
            raise error(GRAMMAR_AND_SCHEMA)


def biases_of(entries: Iterable[str]) -> tuple[LogitBias, ...]:
    """Each of `entries` is ID=X. Raises AppError(BAD_INPUT)."""
    found = []
    for text in entries:
        token, _, bias = text.partition("=")
        try:
            found.append(LogitBias(token=int(token), bias=float(bias)))
        except ValueError:
            raise error(BIAS_UNREADABLE, text=text) from None
    return tuple(found)


PENALTY_WINDOW = 64  # tokens of the reply looked back at by the penalties, llama.cpp's own default
DRY_WINDOW = 1024  # the same by DRY

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
