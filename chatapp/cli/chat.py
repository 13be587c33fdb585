"""chatapp chat: a conversation in the terminal. Ctrl+C ends a reply, Ctrl+D or /quit the conversation."""

from __future__ import annotations

import argparse
import sys
from contextlib import suppress

from chatapp.cli.engine import loaded_engine, stream_reply
from chatapp.cli.options import add_model, add_sampling, sampling_of
from chatapp.cli.output import Output
from chatapp.core.chat import ChatMessage, Role, WhenFull
from chatapp.core.checks import checked_prompt, checked_text
from chatapp.core.errors import AppError
from chatapp.core.generation import Token, reply_ids
from chatapp.core.sampling import SamplingSettings
from chatapp.protocol.engine import ChatPrompt
from chatapp.workers.client import EngineClient

WELCOME = "Ask anything. Ctrl+C ends a reply, /quit or Ctrl+D the conversation, /new starts afresh."
QUIT, NEW = ("/quit", "/exit"), "/new"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--system", default="", metavar="TEXT", help="a system prompt put before the conversation")
    parser.add_argument(
        "--when-full",
        choices=[choice.value for choice in WhenFull],
        default=WhenFull.DROP_OLDEST.value,
        help="when the context is full: leave out the oldest messages, or stop",
    )
    add_model(parser)
    add_sampling(parser)


def run(arguments: argparse.Namespace, output: Output) -> int:
    """Raises AppError where no conversation can begin; trouble with one message ends only that message."""
    sampling = sampling_of(arguments)
    system = checked_text(arguments.system)
    first = [ChatMessage(role=Role.SYSTEM, text=system)] if system else []
    with suppress(ImportError):
        import readline  # noqa: F401 - line editing and history for input()
    when_full = WhenFull(arguments.when_full)
    with loaded_engine(arguments, chats=True) as client:
        output.words(WELCOME)
        messages = list(first)
        while (text := _ask(output)) is not None:
            if text.strip() in QUIT:
                break
            if text.strip() == NEW:
                messages = list(first)
            elif text.strip():
                _answer(client, messages, text, when_full, sampling, output)
    return 0


def _answer(
    client: EngineClient,
    messages: list[ChatMessage],
    text: str,
    when_full: WhenFull,
    sampling: SamplingSettings,
    output: Output,
) -> None:
    """Appends the question and the reply; after known trouble `messages` is as it was."""
    try:
        question = ChatMessage(role=Role.USER, text=checked_prompt(text))
        tokens: list[Token] = []
        prompt = ChatPrompt(messages=(*messages, question), when_full=when_full)
        finished = stream_reply(client, prompt, sampling, output, tokens)
    except AppError as problem:
        if not client.alive():
            raise
        output.error(problem.info)
        return
    messages += (question, ChatMessage(role=Role.ASSISTANT, text=finished.text, ids=reply_ids(tokens, finished.text)))


def _ask(output: Output) -> str | None:
    try:
        if output.json or not sys.stdin.isatty():
            line = sys.stdin.readline()
            return line.removesuffix("\n") if line else None
        return input("> ")
    except EOFError:
        output.words("")
        return None
    except KeyboardInterrupt:
        output.words("")
        return ""
