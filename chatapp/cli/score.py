"""chatapp score: the log-probability of every token of a given text, and its perplexity."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from rich.console import Console
from rich.text import Text

from chatapp.cli.engine import ctrl_c_cancels, loaded_engine
from chatapp.cli.options import add_model
from chatapp.cli.output import Output, progress_bar
from chatapp.core.errors import error
from chatapp.core.generation import Token
from chatapp.core.sentences import INPUT_UNREADABLE
from chatapp.core.token_record import perplexity
from chatapp.protocol.engine import PromptProgress, Scored, TokensScored


def configure(parser: argparse.ArgumentParser) -> None:
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--text", metavar="TEXT", help="the text itself")
    source.add_argument("--file", metavar="F", help="a file; its bytes go to the tokenizer as they are")
    add_model(parser)


def run(arguments: argparse.Namespace, output: Output) -> int:
    """Raises AppError."""
    data = os.fsencode(arguments.text) if arguments.text is not None else _read(Path(arguments.file))
    with loaded_engine(arguments) as client, progress_bar("Scoring") as bar, ctrl_c_cancels(client):
        for event in client.score(data):
            match event:
                case PromptProgress(done=done, total=total):
                    bar.set(done / total)
                case TokensScored(tokens=tokens):
                    for token in tokens:
                        _print_token(token, output)
                case Scored():
                    bar.set(1.0)
                    _print_done(event, output)
    return 0


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except (OSError, ValueError) as problem:
        raise error(INPUT_UNREADABLE, path=path, reason=problem) from None


def _print_token(token: Token, output: Output) -> None:
    record = token.record
    output.record(
        "token",
        index=token.index,
        id=token.id,
        text=token.text,
        bytes=token.data.hex(),
        logprob=None if record is None else record.logprob,
        entropy=None if record is None else record.entropy,
        rank=None if record is None else record.rank,
    )
    if output.json:
        return
    figures = "" if record is None else f"{record.logprob:9.4f} {record.entropy:8.4f} {record.rank:6d}"
    Console(highlight=False).print(Text(f"{figures:25}  {token.text!r}"))


def _print_done(event: Scored, output: Output) -> None:
    value = perplexity(event.nll, event.n_scored)
    output.record("done", tokens=event.n_tokens, nll=event.nll, perplexity=value)
    output.words(f"{event.n_tokens} tokens, {event.nll:.4f} nats, perplexity {value:.3f}")
