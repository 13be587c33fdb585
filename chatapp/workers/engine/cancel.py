"""The flag that ends a request: set on the reader thread, read once a token in Python and by native code in between."""

from __future__ import annotations

import ctypes


class CancelFlag:
    """Two bytes of memory: "" while clear, "\\1" when set.

    Native code polls it between graph nodes by calling strlen on `address`, so a running llama_decode sees the
    flag without the interpreter lock; a callback written in Python would cost more than a token's own work.
    """

    def __init__(self) -> None:
        self._cell = ctypes.create_string_buffer(2)
        self.lanes: set[int] = set()
        """The lanes that are to end while the others go on; read once a step."""

    @property
    def address(self) -> int:
        """Where the flag lies; valid as long as this object lives."""
        return ctypes.addressof(self._cell)

    def set(self) -> None:
        self._cell[0] = b"\x01"

    def clear(self) -> None:
        self._cell[0] = b"\x00"
        self.lanes.clear()

    def is_set(self) -> bool:
        return self._cell[0] != b"\x00"
