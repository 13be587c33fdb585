"""The options of the chat, a section of the settings."""

from __future__ import annotations

from dataclasses import dataclass

from chatapp.core.chat import WhenFull
from chatapp.core.options import QT_TRANSLATE_NOOP, Option, option
from chatapp.core.token_record import MOST_CANDIDATES


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatSettings:
    token_colors: str = option(
        "off",
        Option(
            label=QT_TRANSLATE_NOOP("options", "Colour replies by"),
            help=QT_TRANSLATE_NOOP(
                "options",
                "Colours each token by what the model thought of it: its probability p, its surprisal -log2 p, the "
                "entropy of all alternatives, or its rank among them. Replies then show as plain text.",
            ),
            choices=(
                ("off", QT_TRANSLATE_NOOP("options", "Off")),
                ("probability", QT_TRANSLATE_NOOP("options", "Probability")),
                ("surprisal", QT_TRANSLATE_NOOP("options", "Surprisal")),
                ("entropy", QT_TRANSLATE_NOOP("options", "Entropy")),
                ("rank", QT_TRANSLATE_NOOP("options", "Rank")),
            ),
        ),
    )
    token_marks: str = option(
        "colors",
        Option(
            label=QT_TRANSLATE_NOOP("options", "Mark tokens with"),
            help=QT_TRANSLATE_NOOP(
                "options", "Colours behind the words, or lines below them that can be told apart without colour."
            ),
            choices=(
                ("colors", QT_TRANSLATE_NOOP("options", "Colours")),
                ("lines", QT_TRANSLATE_NOOP("options", "Lines")),
            ),
        ),
    )
    alternatives: int = option(
        20,
        Option(
            label=QT_TRANSLATE_NOOP("options", "Alternatives kept per token"),
            help=QT_TRANSLATE_NOOP(
                "options",
                "How many of the most likely tokens are recorded at each step, with their probabilities before and "
                "after sampling. They take about 100 bytes a token on the disk at 20.",
            ),
            minimum=0,
            maximum=MOST_CANDIDATES,
            minimum_label=QT_TRANSLATE_NOOP("options", "Off"),
        ),
    )
    send_key: str = option(
        "enter",
        Option(
            label=QT_TRANSLATE_NOOP("options", "Send with"),
            help=QT_TRANSLATE_NOOP(
                "options", "The key that sends a message. Shift+Enter always starts a new line in it."
            ),
            choices=(("enter", "Enter"), ("ctrl_enter", "Ctrl+Enter")),
        ),
    )
    notify: str = option(
        "on",
        Option(
            label=QT_TRANSLATE_NOOP("options", "Tell when a reply is finished"),
            help=QT_TRANSLATE_NOOP("options", "While you work in another window; this one then asks for attention."),
            choices=(("on", QT_TRANSLATE_NOOP("options", "On")), ("off", QT_TRANSLATE_NOOP("options", "Off"))),
        ),
    )
    when_full: str = option(
        WhenFull.DROP_OLDEST.value,
        Option(
            label=QT_TRANSLATE_NOOP("options", "When the context is full"),
            help=QT_TRANSLATE_NOOP(
                "options",
                "What happens when a chat has more tokens than the model can see: the oldest messages are left out "
                "of the prompt, and the chat says so, or it stops with a message.",
            ),
            choices=(
                (WhenFull.DROP_OLDEST.value, QT_TRANSLATE_NOOP("options", "Leave out the oldest")),
                (WhenFull.STOP.value, QT_TRANSLATE_NOOP("options", "Stop")),
            ),
        ),
    )
    template: str = option(
        "model",
        Option(
            label=QT_TRANSLATE_NOOP("options", "Chat template"),
            help=QT_TRANSLATE_NOOP(
                "options",
                "How messages become one text. The model's own is what it was trained with; the plain one "
                "(User: … Assistant: …) helps where that one fails.",
            ),
            choices=(
                ("model", QT_TRANSLATE_NOOP("options", "The model's own")),
                ("plain", QT_TRANSLATE_NOOP("options", "Plain")),
            ),
        ),
    )
