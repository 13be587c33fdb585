"""What stands in the prompt box of a chat that is not stored yet: a file of its own, so that it outlives the window."""

from __future__ import annotations

from chatapp.core.errors import error
from chatapp.core.sentences import OUTPUT_FAILED
from chatapp.storage.files import read_ordinary, replace_file
from chatapp.storage.paths import Paths

_MOST_BYTES = 64 << 20


class NewDraft:
    def __init__(self, paths: Paths) -> None:
        self._path = paths.new_draft

    def read(self) -> str:
        """ "" where there is none or it can't be read: a draft must not keep the window from opening."""
        try:
            return read_ordinary(self._path, _MOST_BYTES).decode("utf-8", "replace")
        except OSError:
            return ""

    def save(self, text: str) -> None:
        """Raises AppError(STORAGE)."""
        try:
            if text:
                replace_file(self._path, text.encode("utf-8"))
            else:
                self._path.unlink(missing_ok=True)
        except OSError as problem:
            raise error(OUTPUT_FAILED, reason=problem.strerror or problem) from problem
