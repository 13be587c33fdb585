"""How smooth the probabilities stay: work per flush while a coloured reply streams in, and choosing a token of it.

Usage: python -m benchmarks.panel [--tokens 4000] [--more 1200] [--profile]
Offscreen and without a model: what is measured is the window, with the inspector open. Run it on an idle machine.
Prints a Markdown table. --profile: what the time went to, in place of it.
"""

from __future__ import annotations

import argparse
import cProfile
import math
import os
import pstats
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from typing import cast

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QApplication

from benchmarks.transcript import p99, timed
from chatapp.app import App
from chatapp.core.chat import Conversation, Message, Role
from chatapp.core.generation import Token
from chatapp.core.token_record import Alternatives, Candidate, TokenRecord
from chatapp.services.replies import TextAdded, TokensAdded
from chatapp.storage.chats import ChatStore
from chatapp.storage.paths import find_paths
from chatapp.storage.token_store import TokenStore
from chatapp.ui.panels.probabilities.heat_text import HeatText
from chatapp.ui.tabs.chat.transcript import FLUSH_MS
from chatapp.ui.tabs.chat.view import ChatView

TOP = 20
A_FLUSH = 2  # tokens, as at 60 a second
CHOSEN = 200  # tokens that are chosen
WORDS = ("", "the", "of", "river", "mill", "came down", "it", "told", "stories", "north.", "温度", "越高。", "随机")
PARAGRAPH = 120  # tokens


def record_of(rng: random.Random) -> TokenRecord:
    """As of a model: a few likely ones, then ever less."""
    steps = sorted((rng.expovariate(0.25) for _ in range(TOP)), reverse=False)
    total = sum(math.exp(-step) for step in steps) * 1.05
    top = tuple(
        Candidate(
            id=rng.randrange(49_152),
            data=rng.choice(WORDS).encode(),
            logprob=-step - math.log(total),
            p_sampled=0.0 if place > 8 else math.exp(-step) / total,
            cut_by="top_p" if place > 8 else None,
        )
        for place, step in enumerate(steps)
    )
    rank = min(TOP - 1, int(rng.expovariate(0.7)))
    return TokenRecord(
        logprob=top[rank].logprob,
        entropy=rng.random() * 5,
        rank=rank,
        p_sampled=top[rank].p_sampled,
        alternatives=Alternatives.of(top),
        others_p=0.05,
        others_p_sampled=0.0,
    )


def token_of(index: int, rng: random.Random, paragraph: int) -> Token:
    text = "\n\n" if index % paragraph == paragraph - 1 else f" {rng.choice(WORDS)}"
    return Token(
        lane=0, index=index, id=rng.randrange(49_152), text=text, data=text.encode(), record=record_of(rng)
    )  # fmt: skip


def opened(app: App, tokens: list[Token]) -> HeatText:
    """A chat with a reply of these tokens, coloured, its probabilities on show."""
    text = "".join(token.text for token in tokens)
    conversation = Conversation(id="c", title="c", created_at=1.0, updated_at=1.0, leaf_id="r")
    question = Message(id="q", conversation_id="c", parent_id=None, role=Role.USER, text="Why?", created_at=1.0)
    reply = Message(id="r", conversation_id="c", parent_id="q", role=Role.ASSISTANT, text=text, created_at=2.0)
    ChatStore(app._database).add_turn(conversation, [question, reply])
    TokenStore(app._database).put("r", tokens)
    app.context.shelf.put(conversation)
    app.context.preferences.set_option("chat", "token_colors", "probability")
    chat = cast(ChatView, app.window.page("chat"))
    chat.show_parts(list_shown=True, inspector_shown=True)
    chat.inspector.setCurrentWidget(chat.inspector.probabilities)
    app.context.conversations.open("c")
    while (view := chat.transcript.view_of("r")) is None or view.heat is None:
        QApplication.processEvents()
    for _ in range(20):
        timed(lambda: time.sleep(0.05))
    return view.heat


def streamed(app: App, first: int, count: int, rng: random.Random, paragraph: int) -> Iterator[float]:
    """Milliseconds of all the window does between two flushes, which come as they do at 60 tokens a second."""
    transcript, replies = cast(ChatView, app.window.page("chat")).transcript, app.context.replies
    due = time.perf_counter()
    for at in range(first, first + count, A_FLUSH):
        tokens = tuple(token_of(at + step, rng, paragraph) for step in range(A_FLUSH))
        text = "".join(token.text for token in tokens)

        def work(tokens: tuple[Token, ...] = tokens, text: str = text) -> None:
            replies.tokens_added.emit(TokensAdded(message_id="r", tokens=tokens))
            replies.text_added.emit(TextAdded(message_id="r", text=text))
            transcript._flush()

        due += FLUSH_MS / 1000
        time.sleep(max(0.0, due - time.perf_counter()))
        yield timed(work)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokens", type=int, default=4000)
    parser.add_argument("--more", type=int, default=1200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--profile", action="store_true")
    arguments = parser.parse_args()
    application = QApplication([])
    if not arguments.profile:
        print("| | ms |\n|---|---|")
    for name, paragraph in (("in paragraphs", PARAGRAPH), ("in one paragraph", 1 << 30)):
        with tempfile.TemporaryDirectory() as home:
            app = App(application, find_paths(home))
            app.window.resize(1280, 860)
            app.window.show()
            measure(app, arguments, name, paragraph)
            app.close()
            app.window.close()


def measure(app: App, arguments: argparse.Namespace, name: str, paragraph: int) -> None:
    """Prints rows, or what the time went to."""
    rng, profile = random.Random(arguments.seed), cProfile.Profile()
    heat = opened(app, [token_of(at, rng, paragraph) for at in range(arguments.tokens)])
    if arguments.profile:
        profile.enable()
    flushes = list(streamed(app, arguments.tokens, arguments.more, rng, paragraph))
    places = rng.sample(range(len(heat.tokens())), CHOSEN)
    choices = [timed(lambda place=place: heat.choose(place)) for place in places]  # type: ignore[misc]
    if arguments.profile:
        profile.disable()
        pstats.Stats(profile).sort_stats("tottime").print_stats(25)
        return
    print(f"| flush at {arguments.tokens:,} tokens {name}, median | {statistics.median(flushes):.1f} |")
    print(f"| p99 (mark: below 16) | {p99(flushes):.1f} |\n| longest | {max(flushes):.1f} |")
    print(f"| choosing a token, median (mark: below 50) | {statistics.median(choices):.1f} |")
    print(f"| longest | {max(choices):.1f} |", flush=True)


if __name__ == "__main__":
    main()
