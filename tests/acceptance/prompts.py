"""Twenty prompts of several kinds and lengths."""

from __future__ import annotations

from chatapp.core.chat import ChatMessage, Role
from chatapp.protocol.engine import ChatPrompt

PROMPTS = [
    "The capital of France is",
    "Once upon a time, in a village by the sea,",
    "def fibonacci(n):\n    ",
    "1, 2, 4, 8, 16,",
    "水是由",
    "The three laws of motion are",
    "Q: What is the boiling point of water?\nA:",
    "Dear Sir or Madam,\n\nI am writing to",
    "SELECT name FROM",
    "Roses are red, violets are blue,",
    "Der schnelle braune Fuchs",
    "The meaning of life 😀 is",
    "In 1969, the first human",
    "Ingredients:\n- flour\n- eggs\n-",
    "To be, or not to be,",
    "The derivative of x squared is",
    "She opened the door and saw",
    "A list of planets: Mercury, Venus,",
    "import numpy as np\n\nx = np.",
    "The quick brown fox jumps over the lazy dog. The quick brown fox",
]


def as_chat(text: str) -> ChatPrompt:
    return ChatPrompt(messages=(ChatMessage(role=Role.USER, text=text),))
