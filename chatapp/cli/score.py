"""chatapp score: the log-probability of every token of a given text, and its perplexity."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from rich.console import Console
from rich.text import Text

from chatapp.cli.engine import ctrl_c_cancels, loaded_engine
from chatapp.cli.generate import chat_prompt, check_probs
from chatapp.cli.options import add_model
from chatapp.cli.output import Output, progress_bar
from chatapp.core.checks import checked_text
from chatapp.core.errors import error
from chatapp.core.generation import Token
from chatapp.core.sentences import INPUT_NOT_UTF8, INPUT_UNREADABLE
from chatapp.core.token_export import token_values
from chatapp.core.token_record import MOST_CANDIDATES, perplexity
from chatapp.protocol.engine import ChatPrompt, PromptProgress, Scored, TokensScored

_FIGURES = ("logprob", "entropy", "rank")
_OF_PROBS = ("p", "p_sampled", "top", "others")


def configure(parser: argparse.ArgumentParser) -> None:
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--text", metavar="TEXT", help="the text itself")
    source.add_argument("--file", metavar="F", help="a file; its bytes go to the tokenizer as they are")
    parser.add_argument(
        "--chat", action="store_true", help="as a message in the chat template, all of whose tokens count"
    )
    parser.add_argument("--system", default="", metavar="TEXT", help="a system prompt put before it, with --chat")
    parser.add_argument(
        "--probs", type=int, default=0, metavar="K",
        help=f"tell each token's K most likely alternatives too (1 to {MOST_CANDIDATES})",
    )  # fmt: skip
    add_model(parser)


def run(arguments: argparse.Namespace, output: Output) -> int:
    """Raises AppError."""
    data = os.fsencode(arguments.text) if arguments.text is not None else _read(Path(arguments.file))
    check_probs(arguments.probs)
    text = _as_chat(data, arguments.system) if arguments.chat else data
    with (
        loaded_engine(arguments, chats=arguments.chat) as client,
        progress_bar("Scoring") as bar,
        ctrl_c_cancels(client),
    ):
        for event in client.score(text, arguments.probs):
            match event:
                case PromptProgress(done=done, total=total):
                    bar.set(done / total)
                case TokensScored(tokens=tokens):
                    for token in tokens:
                        _print_token(token, output, with_probs=arguments.probs > 0)
                case Scored():
                    bar.set(1.0)
                    _print_done(event, output)
    return 0


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except (OSError, ValueError) as problem:
        raise error(INPUT_UNREADABLE, path=path, reason=problem) from None


def _as_chat(data: bytes, system: str) -> ChatPrompt:
    """Raises AppError(BAD_INPUT)."""
    try:
        return chat_prompt(data.decode("utf-8"), checked_text(system))
    except UnicodeDecodeError as problem:
        raise error(INPUT_NOT_UTF8, position=problem.start + 1) from None


def _print_token(token: Token, output: Output, *, with_probs: bool) -> None:
    """Without a record its values are null."""
    record = token.record
    values = dict.fromkeys(_FIGURES) | token_values(token)
    output.record("token", **{name: value for name, value in values.items() if with_probs or name not in _OF_PROBS})
    if output.json:
        return
    figures = "" if record is None else f"{record.logprob:9.4f} {record.entropy:8.4f} {record.rank:6d}"
    Console(highlight=False).print(Text(f"{figures:25}  {token.text!r}"))


def _print_done(event: Scored, output: Output) -> None:
    value = perplexity(event.nll, event.n_scored)
    output.record("done", tokens=event.n_tokens, nll=event.nll, perplexity=value)
    output.words(f"{event.n_tokens} tokens, {event.nll:.4f} nats, perplexity {value:.3f}")
