"""Options that several commands share, made from the options' own descriptions where they have one."""

from __future__ import annotations

import argparse
from collections.abc import Collection
from pathlib import Path

from chatapp.core.errors import error
from chatapp.core.models import AUTO_GPU_LAYERS, KV_TYPES
from chatapp.core.options import options_of
from chatapp.core.sampling import MAX_GRAMMAR, SamplingSettings, biases_of
from chatapp.core.sampling_sentences import GRAMMAR_EMPTY
from chatapp.core.sentences import INPUT_NOT_UTF8, INPUT_UNREADABLE

MAX_GPU_LAYERS = 9999


def add_shared(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data-dir", metavar="DIR", help="where chats, settings and models are kept")
    parser.add_argument("--json", action="store_true", help="print JSON lines on stdout and nothing else there")


def add_model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", metavar="PATH|NAME", help="default: the model used last, else the starter model")
    parser.add_argument(
        "--adapter",
        action="append",
        default=[],
        metavar="PATH[:SCALE]",
        help="a LoRA adapter for the model, and how much of it is added (1 where no scale is given); repeatable",
    )
    parser.add_argument("--ctx", type=int, default=0, metavar="N", help="context length in tokens, 0: automatic")
    parser.add_argument(
        "--threads", type=int, default=0, metavar="N", help="0: the physical cores that are free, measured all the time"
    )
    parser.add_argument(
        "--gpu-layers",
        type=_gpu_layers,
        default=AUTO_GPU_LAYERS,
        metavar="auto|N",
        help="how many layers a GPU computes; auto: as many as fit in its memory, 0: none",
    )
    parser.add_argument("--kv-type", choices=KV_TYPES, default=KV_TYPES[0], help="precision of the KV cache")


def _gpu_layers(text: str) -> int:
    if text == "auto":
        return AUTO_GPU_LAYERS
    if not text.isdecimal() or int(text) > MAX_GPU_LAYERS:
        raise argparse.ArgumentTypeError(f"auto or 0 to {MAX_GPU_LAYERS}, not {text!r}")
    return int(text)


def add_sampling(parser: argparse.ArgumentParser, several: Collection[str] = ()) -> None:
    """several: the names of options that take one value or more; they are lists, or None where they were not given."""
    group = parser.add_argument_group("sampling")
    defaults = SamplingSettings()
    for name, about in options_of(defaults):
        default = getattr(defaults, name)
        group.add_argument(
            f"--{name.replace('_', '-')}",
            type=type(default),
            default=None if name in several else default,
            nargs="+" if name in several else None,
            choices=[value for value, _ in about.choices] or None,
            metavar="N" if isinstance(default, int) or about.choices else "X",
            help=f"{about.help.replace('%', '%%')} Default: {default}.",
        )
    group.add_argument("--seed", type=int, metavar="N", help="Default: random, and reported.")
    group.add_argument("--stop", action="append", default=[], metavar="TEXT", help="Ends the reply; repeatable.")
    group.add_argument(
        "--logit-bias",
        action="append",
        default=[],
        metavar="ID=X",
        help="Added to the logit of the token with that id, -100 to 100; repeatable.",
    )
    group.add_argument("--grammar", metavar="F", help="A file in GBNF whose language the reply belongs to.")
    group.add_argument("--json-schema", metavar="F", help="A file with a JSON schema; the reply is JSON that fits it.")


def sampling_of(arguments: argparse.Namespace) -> SamplingSettings:
    """Raises AppError(BAD_INPUT)."""
    values = {name: getattr(arguments, name) for name, _ in options_of(SamplingSettings)}
    return SamplingSettings(
        **values,
        seed=arguments.seed,
        stop=tuple(arguments.stop),
        logit_bias=biases_of(arguments.logit_bias),
        grammar=_text_of(arguments.grammar),
        json_schema=_text_of(arguments.json_schema),
    )


def _text_of(path: str | None) -> str:
    """Not more of it than shows that it is too long: the file may be endless. Raises AppError(BAD_INPUT)."""
    if path is None:
        return ""
    try:
        with Path(path).open("rb") as stream:
            text = stream.read(4 * MAX_GRAMMAR + 4).decode("utf-8")
    except UnicodeDecodeError as problem:
        raise error(INPUT_NOT_UTF8, position=problem.start + 1) from None
    except (OSError, ValueError) as problem:
        raise error(INPUT_UNREADABLE, path=path, reason=problem) from None
    if not text.strip():
        raise error(GRAMMAR_EMPTY, path=path)
    return text
