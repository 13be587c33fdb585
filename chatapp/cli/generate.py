"""chatapp generate: one reply."""

from __future__ import annotations

import argparse
import sys

from chatapp.cli.engine import exit_code, loaded_engine, stream_reply
from chatapp.cli.options import add_model, add_sampling, sampling_of
from chatapp.cli.output import Output
from chatapp.core.chat import ChatMessage, Role
from chatapp.core.checks import checked_prompt, checked_text
from chatapp.core.errors import error
from chatapp.core.sentences import INPUT_NOT_UTF8, OPTION_OUT_OF_RANGE
from chatapp.core.token_record import MOST_CANDIDATES
from chatapp.protocol.engine import ChatPrompt, Prompt, PromptShown, RawPrompt


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--prompt", required=True, metavar="TEXT|-", help="the prompt; - reads it from stdin")
    parser.add_argument("--system", default="", metavar="TEXT", help="a system prompt put before it")
    parser.add_argument("--raw", action="store_true", help="continue the text itself, without a chat template")
    parser.add_argument("--show-prompt", action="store_true", help="first print the exact tokens the model is given")
    parser.add_argument(
        "--probs", type=int, default=0, metavar="K",
        help=f"record each token's probability and its K most likely alternatives (1 to {MOST_CANDIDATES})",
    )  # fmt: skip
    add_model(parser)
    add_sampling(parser)


def run(arguments: argparse.Namespace, output: Output) -> int:
    """Raises AppError."""
    text = read_stdin() if arguments.prompt == "-" else arguments.prompt
    prompt = make_prompt(text, checked_text(arguments.system), raw=arguments.raw)
    sampling = sampling_of(arguments)
    check_probs(arguments.probs)
    with loaded_engine(arguments, chats=not arguments.raw) as client:
        if arguments.show_prompt:
            print_prompt(client.show_prompt(prompt, sampling.max_tokens), output)
        return exit_code(stream_reply(client, prompt, sampling, output, probs=arguments.probs))


def check_probs(probs: int) -> None:
    """Raises AppError(BAD_INPUT)."""
    if not 0 <= probs <= MOST_CANDIDATES:
        raise error(OPTION_OUT_OF_RANGE, name="--probs", value=probs, allowed=f"0 … {MOST_CANDIDATES}")


def make_prompt(text: str, system: str, *, raw: bool) -> Prompt:
    """Raises AppError(BAD_INPUT)."""
    return RawPrompt(text=checked_prompt(text)) if raw else chat_prompt(text, system)


def chat_prompt(text: str, system: str) -> ChatPrompt:
    """Raises AppError(BAD_INPUT)."""
    checked_prompt(text)
    first = (ChatMessage(role=Role.SYSTEM, text=system),) if system else ()
    return ChatPrompt(messages=(*first, ChatMessage(role=Role.USER, text=text)))


def print_prompt(shown: PromptShown, output: Output) -> None:
    """Every token between bars, control tokens by their names."""
    for index, token in enumerate(shown.tokens):
        source = "template" if token.message is None else "message"
        output.record(
            "prompt_token", index=index, id=token.id, text=token.text, bytes=token.data.hex(), control=token.control,
            source=source,
        )  # fmt: skip
    output.words(f"Prompt, {len(shown.tokens)} tokens: |{'|'.join(token.text for token in shown.tokens)}|\n")


def read_stdin() -> str:
    """Raises AppError(BAD_INPUT) where it is not UTF-8."""
    data = sys.stdin.buffer.read() if sys.stdin is not None else b""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as problem:
        raise error(INPUT_NOT_UTF8, position=problem.start + 1) from None
