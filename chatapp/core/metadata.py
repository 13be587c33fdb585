"""Typed looks at the values of a GGUF header, as strict as llama.cpp's: a value of another type is refused."""

from __future__ import annotations

from chatapp.core.gguf import GgufHeader
from chatapp.core.gguf_cursor import DamagedGgufError, ValueType

_UNSIGNED = 0xFFFFFFFF


class Metadata:
    """Methods raise DamagedGgufError; `default` is what is given where the key is missing."""

    def __init__(self, header: GgufHeader) -> None:
        self._header = header

    def has(self, key: str) -> bool:
        return key in self._header.kinds

    def number(self, key: str, default: int | None = None) -> int:
        return int(self._value(key, ValueType.UINT32, default))

    def real(self, key: str, default: float | None = None) -> float:
        return float(self._value(key, ValueType.FLOAT32, default))

    def flag(self, key: str, default: bool | None = None) -> bool:
        return bool(self._value(key, ValueType.BOOL, default))

    def text(self, key: str, default: str | None = None) -> str:
        return str(self._value(key, ValueType.STRING, default))

    def per_layer(self, key: str, n_layers: int, default: tuple[int, ...]) -> tuple[int, ...]:
        """n_layers numbers, given as a list or as one number for all layers."""
        if not self.has(key):
            return default
        array = self._header.arrays.get(key)
        if array is None:
            return (self.number(key),) * n_layers
        if array.kind not in (ValueType.UINT32, ValueType.INT32, ValueType.BOOL):
            raise DamagedGgufError(f"{key} is a list of {array.kind.name}")
        if array.length != n_layers:
            raise DamagedGgufError(f"{key} has {array.length} numbers for {n_layers} layers")
        return tuple(int(value) & _UNSIGNED for value in array.numbers)

    def pattern(self, key: str, default: int) -> int | tuple[int, ...]:
        """A period, or a number for each layer."""
        array = self._header.arrays.get(key)
        if array is None:
            return self.number(key, default)
        if array.kind not in (ValueType.UINT32, ValueType.INT32, ValueType.BOOL) or not array.numbers:
            raise DamagedGgufError(f"{key} is a list of {array.length} {array.kind.name}")
        return tuple(int(value) for value in array.numbers)

    def length(self, key: str, *kinds: ValueType) -> int | None:
        """Of a list with elements of one of these types; None where the key is missing."""
        if not self.has(key):
            return None
        array = self._header.arrays.get(key)
        if array is None:
            raise DamagedGgufError(f"{key} is no list")
        if array.kind not in kinds:
            raise DamagedGgufError(f"{key} is a list of {array.kind.name} instead of {kinds[0].name}")
        return array.length

    def _value(self, key: str, kind: ValueType, default: str | float | None) -> str | float:
        found = self._header.kinds.get(key)
        if found is None:
            if default is None:
                raise DamagedGgufError(f"{key} is missing")
            return default
        if found is not kind:
            raise DamagedGgufError(f"{key} has the type {found.name} instead of {kind.name}")
        return self._header.values[key]
