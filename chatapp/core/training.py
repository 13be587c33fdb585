"""A training run: what is asked for, what happens in it, how it ended. The loop is in workers/trainer.

LoRA (Hu et al. 2021): a weight W stays as it is and alpha / rank * B A is added to it; only A and B are trained.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from chatapp.core.options import QT_TRANSLATE_NOOP, Option, option


class Split(int, Enum):
    """Which part of the data an example is in. TEST stays untouched until the end, as UNSEEN does: a second file,
    measured beside it."""

    TRAIN = 0
    VALIDATION = 1
    TEST = 2
    UNSEEN = 3


class Stage(str, Enum):
    """What a run is doing now, in this order."""

    READING_DATA = "reading_data"
    TOKENIZING = "tokenizing"
    READING_MODEL = "reading_model"
    MEASURING = "measuring"  # the losses before the first step
    TRAINING = "training"
    TESTING = "testing"
    EXPORTING = "exporting"
    CHECKING = "checking"  # the engine against the trainer


class StopReason(str, Enum):
    """Why a run trained no further."""

    DONE = "done"
    PATIENCE = "patience"
    MINUTES = "minutes"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingSettings:
    """Hyper-parameters of one run. A step is one update of the weights, of batch x accumulate examples."""

    rank: int = option(
        16,
        Option(
            label=QT_TRANSLATE_NOOP("options", "Rank r"),
            help=QT_TRANSLATE_NOOP(
                "options",
                "The width r of the two small matrices A (r × in) and B (out × r) that are trained for each weight. "
                "More can learn more, and needs more memory and data.",
            ),
            minimum=1,
            maximum=256,
        ),
    )
    alpha: float = option(
        32.0,
        Option(
            label=QT_TRANSLATE_NOOP("options", "Alpha"),
            help=QT_TRANSLATE_NOOP(
                "options", "How strongly the adapter is added: W + (alpha / rank) · B A. Twice the rank is usual."
            ),
            minimum=0.1,
            maximum=1024.0,
            advanced=True,
        ),
    )
    dropout: float = option(
        0.0,
        Option(
            label=QT_TRANSLATE_NOOP("options", "Dropout"),
            help=QT_TRANSLATE_NOOP(
                "options",
                "The share of the adapter's inputs set to zero at each step, against over-fitting. 0 switches it off.",
            ),
            minimum=0.0,
            maximum=0.9,
            step=0.05,
            advanced=True,
        ),
    )
    targets: str = option(
        "all",
        Option(
            label=QT_TRANSLATE_NOOP("options", "Trained weights"),
            help=QT_TRANSLATE_NOOP(
                "options", "Which weights get an adapter: those of attention alone, or those of the MLP as well."
            ),
            choices=(
                ("all", QT_TRANSLATE_NOOP("options", "Attention and MLP")),
                ("attention", QT_TRANSLATE_NOOP("options", "Attention only")),
            ),
            advanced=True,
        ),
    )
    learning_rate: float = option(
        2e-4,
        Option(
            label=QT_TRANSLATE_NOOP("options", "Learning rate"),
            help=QT_TRANSLATE_NOOP(
                "options", "How far each step goes. Too high and the loss jumps, too low and it hardly falls."
            ),
            minimum=1e-7,
            maximum=0.1,
            step=1e-5,
        ),
    )
    schedule: str = option(
        "cosine",
        Option(
            label=QT_TRANSLATE_NOOP("options", "Schedule"),
            help=QT_TRANSLATE_NOOP("options", "How the learning rate changes after the warm-up until the last step."),
            choices=(
                ("cosine", QT_TRANSLATE_NOOP("options", "Cosine, to 0")),
                ("linear", QT_TRANSLATE_NOOP("options", "Linear, to 0")),
                ("constant", QT_TRANSLATE_NOOP("options", "Constant")),
            ),
            advanced=True,
        ),
    )
    warmup: float = option(
        0.05,
        Option(
            label=QT_TRANSLATE_NOOP("options", "Warm-up"),
            help=QT_TRANSLATE_NOOP("options", "The share of all steps in which the learning rate rises from 0."),
            minimum=0.0,
            maximum=0.5,
            step=0.01,
            advanced=True,
        ),
    )
    batch: int = option(
        4,
        Option(
            label=QT_TRANSLATE_NOOP("options", "Batch"),
            help=QT_TRANSLATE_NOOP("options", "How many examples are computed at once. More needs more memory."),
            minimum=1,
            maximum=256,
        ),
    )
    accumulate: int = option(
        1,
        Option(
            label=QT_TRANSLATE_NOOP("options", "Accumulate"),
            help=QT_TRANSLATE_NOOP(
                "options", "How many batches make one step: as a larger batch would, without its memory."
            ),
            minimum=1,
            maximum=256,
            advanced=True,
        ),
    )
    epochs: float = option(
        3.0,
        Option(
            label=QT_TRANSLATE_NOOP("options", "Epochs"),
            help=QT_TRANSLATE_NOOP("options", "How often the training part is gone through."),
            minimum=0.01,
            maximum=1000.0,
        ),
    )
    steps: int = option(
        0,
        Option(
            label=QT_TRANSLATE_NOOP("options", "Steps"),
            help=QT_TRANSLATE_NOOP("options", "How many steps to train, whatever the epochs are."),
            minimum=0,
            maximum=1_000_000,
            minimum_label=QT_TRANSLATE_NOOP("options", "By epochs"),
            advanced=True,
        ),
    )
    minutes: float = option(
        0.0,
        Option(
            label=QT_TRANSLATE_NOOP("options", "Minutes"),
            help=QT_TRANSLATE_NOOP("options", "Training ends after this time, with what it has reached."),
            minimum=0.0,
            maximum=100_000.0,
            minimum_label=QT_TRANSLATE_NOOP("options", "No limit"),
            advanced=True,
        ),
    )
    weight_decay: float = option(
        0.0,
        Option(
            label=QT_TRANSLATE_NOOP("options", "Weight decay"),
            help=QT_TRANSLATE_NOOP("options", "Pulls the trained weights towards 0 at each step (AdamW)."),
            minimum=0.0,
            maximum=1.0,
            step=0.01,
            advanced=True,
        ),
    )
    max_length: int = option(
        512,
        Option(
            label=QT_TRANSLATE_NOOP("options", "Longest example"),
            help=QT_TRANSLATE_NOOP("options", "In tokens; what goes beyond is cut off. Longer needs more memory."),
            minimum=8,
            maximum=131_072,
            step=64,
        ),
    )
    packing: bool = option(
        False,
        Option(
            label=QT_TRANSLATE_NOOP("options", "Packing"),
            help=QT_TRANSLATE_NOOP(
                "options",
                "Puts several short examples in one row, each blind to the others, so that less of a batch is padding.",
            ),
            advanced=True,
        ),
    )
    evaluate_every: int = option(
        0,
        Option(
            label=QT_TRANSLATE_NOOP("options", "Steps between evaluations"),
            help=QT_TRANSLATE_NOOP("options", "How often the validation loss is measured and samples are written."),
            minimum=0,
            maximum=1_000_000,
            minimum_label=QT_TRANSLATE_NOOP("options", "Ten times a run"),
            advanced=True,
        ),
    )
    patience: int = option(
        0,
        Option(
            label=QT_TRANSLATE_NOOP("options", "Patience"),
            help=QT_TRANSLATE_NOOP(
                "options",
                "Training ends early when the validation loss has not fallen in this many evaluations. "
                "The best adapter is kept in any case.",
            ),
            minimum=0,
            maximum=1000,
            minimum_label=QT_TRANSLATE_NOOP("options", "Off"),
            advanced=True,
        ),
    )
    validation: float = option(
        0.1,
        Option(
            label=QT_TRANSLATE_NOOP("options", "Validation part"),
            help=QT_TRANSLATE_NOOP(
                "options", "The share of the examples that is not trained on and tells when training goes too far."
            ),
            minimum=0.0,
            maximum=0.5,
            step=0.05,
            advanced=True,
        ),
    )
    test: float = option(
        0.1,
        Option(
            label=QT_TRANSLATE_NOOP("options", "Test part"),
            help=QT_TRANSLATE_NOOP(
                "options", "The share of the examples that nothing is decided by; it is measured once, at the end."
            ),
            minimum=0.0,
            maximum=0.5,
            step=0.05,
            advanced=True,
        ),
    )
    seed: int = option(
        1,
        Option(
            label=QT_TRANSLATE_NOOP("options", "Seed"),
            help=QT_TRANSLATE_NOOP(
                "options",
                "Of the split, of the order of examples and of A's first values: the same seed, the same run.",
            ),
            minimum=0,
            maximum=2**31 - 1,
            advanced=True,
        ),
    )
    memory: str = option(
        "auto",
        Option(
            label=QT_TRANSLATE_NOOP("options", "Memory"),
            help=QT_TRANSLATE_NOOP(
                "options",
                "Dense unpacks the model's weights once and is fastest; packed leaves them quantised, unpacks a layer "
                "at a time and computes activations twice. Auto takes dense where it fits.",
            ),
            choices=(
                ("auto", QT_TRANSLATE_NOOP("options", "Auto")),
                ("dense", QT_TRANSLATE_NOOP("options", "Dense")),
                ("packed", QT_TRANSLATE_NOOP("options", "Packed")),
            ),
            advanced=True,
        ),
    )
    device: str = option(
        "auto",
        Option(
            label=QT_TRANSLATE_NOOP("options", "Device"),
            help=QT_TRANSLATE_NOOP("options", "What computes. Auto takes a graphics card where PyTorch can use one."),
            choices=(
                ("auto", QT_TRANSLATE_NOOP("options", "Auto")),
                ("cpu", "CPU"),
                ("cuda", "CUDA"),
                ("mps", "MPS"),
            ),
            advanced=True,
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSpec:
    """All of a run that is asked for; `run.json` in its folder. Paths are absolute.

    data: the file of examples; unseen: a second one that is only measured, "" for none; out: where the adapter goes,
    "" for nowhere but the run's folder; samples: prompts answered at each evaluation; exports: of gguf, peft, merged.
    """

    model: str
    data: str
    unseen: str = ""
    out: str = ""
    title: str = ""
    created_at: float = 0.0
    settings: TrainingSettings = TrainingSettings()
    samples: tuple[str, ...] = ()
    exports: tuple[str, ...] = ("gguf",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Losses:
    """Mean negative log-probability (nats) of the tokens counted, of each part; None where a part is empty."""

    validation: float | None = None
    test: float | None = None
    unseen: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainedAdapter:
    """What the trainer reached. before, after: without the adapter and with the best one, by the trainer; best_step:
    the one that is exported; peak_bytes: most memory the process held; folder: of the export."""

    adapter: str
    n_steps: int
    best_step: int
    stopped: StopReason
    before: Losses
    after: Losses
    seconds: float
    tokens_per_second: float
    peak_bytes: int
    mode: str
    device: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Parity:
    """The engine beside the trainer, on what was held out, with the adapter. kl: KL(trainer || engine) of a token's
    distribution, in nats. loss_relative: |engine - trainer| / trainer; ok: what is asked of both."""

    trainer_loss: float
    engine_loss: float
    loss_relative: float
    kl_mean: float
    kl_max: float
    n_tokens: int
    ok: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """How a run ended; `result.json` in its folder. engine_before: the engine's held-out loss without the adapter,
    switched off again after it was on."""

    trained: TrainedAdapter
    parity: Parity | None = None
    engine: Losses = Losses()
    engine_before: Losses = Losses()
    files: tuple[str, ...] = ()
