"""A token of a prompt, with where it comes from: what "show exact prompt" shows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptToken:
    """text: how it reads, "" while a character is still open; data: its exact bytes, empty for a control token, whose
    text is its name. message: the place, in the request, of the message it belongs to; None: the template's own."""

    id: int
    text: str
    data: bytes
    control: bool = False
    message: int | None = None
