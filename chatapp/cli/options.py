"""Options that several commands share, made from the options' own descriptions where they have one."""

from __future__ import annotations

import argparse

from chatapp.core.options import options_of
from chatapp.core.sampling import SamplingSettings


def add_shared(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data-dir", metavar="DIR", help="where chats, settings and models are kept")
    parser.add_argument("--json", action="store_true", help="print JSON lines on stdout and nothing else there")


def add_model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", metavar="PATH|NAME", help="default: the model used last, else the starter model")
    parser.add_argument("--ctx", type=int, default=0, metavar="N", help="context length in tokens, 0: automatic")
    parser.add_argument("--threads", type=int, default=0, metavar="N", help="0: all physical cores")


def add_sampling(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("sampling")
    defaults = SamplingSettings()
    for name, about in options_of(defaults):
        default = getattr(defaults, name)
        group.add_argument(
            f"--{name.replace('_', '-')}",
            type=type(default),
            default=default,
            metavar="N" if isinstance(default, int) else "X",
            help=f"{about.help.replace('%', '%%')} Default: {default}.",
        )
    group.add_argument("--seed", type=int, metavar="N", help="Default: random, and reported.")
    group.add_argument("--stop", action="append", default=[], metavar="TEXT", help="Ends the reply; repeatable.")


def sampling_of(arguments: argparse.Namespace) -> SamplingSettings:
    """Raises AppError(BAD_INPUT)."""
    values = {name: getattr(arguments, name) for name, _ in options_of(SamplingSettings)}
    return SamplingSettings(**values, seed=arguments.seed, stop=tuple(arguments.stop))
