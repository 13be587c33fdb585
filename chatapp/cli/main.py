"""The command line: parses it, runs one command, turns the end into an exit code."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from types import ModuleType

from chatapp import __version__
from chatapp.cli.options import add_shared
from chatapp.cli.output import Output
from chatapp.core.errors import AppError, ErrorKind, error
from chatapp.core.sentences import OUTPUT_FAILED

COMMANDS = {
    "generate": "one reply",
    "compare": "one prompt, continued with several settings at once",
    "chat": "a conversation in the terminal",
    "score": "the probability of every token of a given text",
    "finetune": "a LoRA adapter, trained from a model and examples",
    "models": "the model library",
    "components": "parts that are installed on request",
    "backup": "a copy of all chats, now",
    "selfcheck": "does everything work here?",
}
EXAMPLE = "Explain in two sentences why the sky is blue."


def run(words: Sequence[str]) -> int | None:
    """The exit code, or None where no command was given: then it is the window that is wanted."""
    _tolerate_any_text()
    arguments = _parser(words).parse_args(words)
    if arguments.command is None:
        return None
    output = Output(json=arguments.json)
    try:
        code = _module(arguments.command).run(arguments, output)
    except AppError as problem:
        output.error(problem.info)
        return 130 if problem.info.kind is ErrorKind.CANCELLED else 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader of our output has left, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as problem:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        Output(json=False).error(error(OUTPUT_FAILED, reason=problem).info)
        return 1
    assert isinstance(code, int)
    return code


def window_options(words: Sequence[str]) -> tuple[str | None, bool]:
    """(--data-dir as given, whether safe mode is wanted), for the window."""
    arguments = _parser(words).parse_args(words)
    by_environment = os.environ.get("CHATAPP_SAFE_MODE", "") not in ("", "0")
    return arguments.data_dir, arguments.safe_mode or by_environment


def without_window(words: Sequence[str], reason: str) -> int:
    """What `chatapp` does where no window can be shown: a terminal chat, or without a terminal one answer."""
    arguments = _parser(words).parse_args(words)
    options = ["--data-dir", arguments.data_dir] if arguments.data_dir else []
    if arguments.json:
        sys.stderr.write(f"{reason} Here is the answer to one example prompt.\n")
        return run(["generate", "--prompt", EXAMPLE, "--max-tokens", "128", "--json", *options]) or 0
    if sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty():
        sys.stderr.write(f"{reason} This is the chat in the terminal instead.\n")
        return run(["chat", *options]) or 0
    sys.stderr.write(f"{reason} There is no terminal either, so here is the answer to one example prompt.\n")
    print_prompt = Output(json=False)
    print_prompt.words(f"> {EXAMPLE}")
    return run(["generate", "--prompt", EXAMPLE, "--max-tokens", "128", *options]) or 0


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="chatapp",
        description="Chat with a GGUF model on your own machine. Without a command: the desktop app.",
    )
    parser.add_argument("--version", action="version", version=f"chatapp {__version__}")
    parser.add_argument(
        "--safe-mode",
        action="store_true",
        help="the window without a model, its last place and saved contexts (also: CHATAPP_SAFE_MODE=1)",
    )
    add_shared(parser)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for name, summary in COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=summary)
        if name in words:  # only the command in use is imported
            _module(name).configure(command)
            for each in (command, *_nested(command)):
                _add_shared_again(each)
    return parser


def _add_shared_again(parser: argparse.ArgumentParser) -> None:
    """The shared options are also accepted behind the command, without undoing those in front of it."""
    parser.add_argument("--data-dir", metavar="DIR", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print JSON lines on stdout")


def _nested(parser: argparse.ArgumentParser) -> list[argparse.ArgumentParser]:
    actions = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    return [nested for action in actions for nested in action.choices.values()]


def _module(name: str) -> ModuleType:
    import importlib

    return importlib.import_module(f"chatapp.cli.{name}")


def _tolerate_any_text() -> None:
    """A terminal that can't show a character gets an escape instead of ending the command."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever started us
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
