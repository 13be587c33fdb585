"""JSON schemas made of several: references, allOf, anyOf and oneOf, taken apart into schemas without them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from itertools import combinations
from typing import Any

MOST_BRANCHES = 500
MOST_DEPTH = 60
MOST_COUNT = 1_000
TYPES = ("object", "array", "string", "integer", "number", "boolean", "null")
_KEYWORDS = {
    "object": ("properties", "required", "additionalProperties", "minProperties", "maxProperties"),
    "array": ("items", "prefixItems", "additionalItems", "minItems", "maxItems", "uniqueItems"),
    "string": ("minLength", "maxLength", "format"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}
_COMBINING = ("$ref", "allOf", "anyOf", "oneOf")
_UNSUPPORTED = (
    "not", "if", "then", "else", "pattern", "patternProperties", "propertyNames", "contains", "dependentRequired",
    "dependentSchemas", "dependencies", "unevaluatedProperties", "unevaluatedItems", "$dynamicRef", "$recursiveRef",
)  # fmt: skip
_OF_ANY_TYPE = ("type", "enum", "const", *_COMBINING, *_UNSUPPORTED)
_CONSTRAINTS = {*_OF_ANY_TYPE, *(name for words in _KEYWORDS.values() for name in words)}
_COUNTS = ("minLength", "minItems", "minProperties", "maxLength", "maxItems", "maxProperties")
_LISTS = ("required", "enum", "prefixItems", "allOf", "anyOf", "oneOf")
_SHAPES: dict[str, type] = {"properties": dict, **dict.fromkeys(_LISTS, list), **dict.fromkeys(_COUNTS, int)}
_IN_WORDS: dict[type, str] = {list: "a list", dict: "an object", int: f"a whole number from 0 to {MOST_COUNT:,}"}
_LOWER, _UPPER = _COUNTS[:3], _COUNTS[3:]

Schema = Mapping[str, Any]
Target = Callable[[Any], Any]
"""From a reference to the schema it leads to."""


class SchemaError(ValueError):
    """The message completes the sentence "The JSON schema can't be used: ..."."""


def constraints(schema: Any) -> dict[str, Any]:
    """What of a schema says anything of a value; titles, defaults and unknown words do not. Raises SchemaError."""
    if schema is True:
        return {}
    if not isinstance(schema, dict):
        raise SchemaError("nothing conforms to false" if schema is False else "a schema is an object, true or false")
    for name in _UNSUPPORTED:
        if name in schema:
            raise SchemaError(f"{name} is not supported")
    for name, shape in _SHAPES.items():
        if name in schema and not _has_shape(schema[name], shape):
            raise SchemaError(f"{name} is not {_IN_WORDS[shape]}")
    if not all(isinstance(name, str) for name in schema.get("required", ())):
        raise SchemaError("required is a list of names")
    return {name: value for name, value in schema.items() if name in _CONSTRAINTS}


def _has_shape(value: Any, shape: type) -> bool:
    if shape is int:
        return type(value) is int and 0 <= value <= MOST_COUNT
    return isinstance(value, shape)


def branches(schema: Any, target: Target, depth: int = 0) -> list[dict[str, Any]]:
    """Schemas of which a value conforms to one where it conforms to `schema`. Each is either nothing but a reference
    or has none of the words that combine schemas. Raises SchemaError."""
    if depth > MOST_DEPTH:
        raise SchemaError("its references go in a circle, or its schemas lie too deep in each other")
    said = constraints(schema)
    if list(said) == ["$ref"]:
        return [said]
    found = [{name: value for name, value in said.items() if name not in _COMBINING}]
    if "$ref" in said:
        found = _all_of(found, [{"$ref": said["$ref"]}], target, depth)
    for part in said.get("allOf", ()):
        found = _all_of(found, branches(part, target, depth + 1), target, depth)
    for name in ("anyOf", "oneOf"):
        if name in said:
            cases = [branches(part, target, depth + 1) for part in said[name]]
            if not cases:
                raise SchemaError(f"{name} has no cases")
            if name == "oneOf" and not _exclude_each_other(cases, target, depth):
                raise SchemaError("a value may conform to two cases of a oneOf; with anyOf it may")
            found = _all_of(found, [branch for case in cases for branch in case], target, depth)
    return found


def types_of(schema: Schema) -> list[str]:
    """The types a value may have; ["value"] for any. Raises SchemaError."""
    named = schema.get("type")
    if named is not None:
        types = [named] if isinstance(named, str) else named
        if not isinstance(types, list) or not types or not all(kind in TYPES for kind in types):
            raise SchemaError(f"the type {named!r:.100} is unknown")
        return types
    if "enum" in schema or "const" in schema:
        return ["value"]
    return [kind for kind, words in _KEYWORDS.items() if any(word in schema for word in words)] or ["value"]


def same(one: Any, other: Any) -> bool:
    """Whether they are the same value of JSON: for Python true is 1."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _resolved(cases: Iterable[dict[str, Any]], target: Target, depth: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for case in cases:
        if "$ref" in case:
            found += _resolved(branches(target(case["$ref"]), target, depth + 1), target, depth + 1)
        else:
            found.append(case)
    return found


def _all_of(
    some: list[dict[str, Any]], others: list[dict[str, Any]], target: Target, depth: int
) -> list[dict[str, Any]]:
    """What conforms to one of `some` and to one of `others`."""
    if some == [{}] or others == [{}]:
        return others if some == [{}] else some
    some, others = _resolved(some, target, depth), _resolved(others, target, depth)
    if len(some) * len(others) > MOST_BRANCHES:
        raise SchemaError(f"its parts combine in more than {MOST_BRANCHES} ways")
    found = [both for one in some for other in others if (both := _both(one, other)) is not None]
    if not found:
        raise SchemaError("its parts exclude each other")
    return found


def _both(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any] | None:
    """A schema for what conforms to both; None where nothing can."""
    for closed, beside in ((one, other), (other, one)):
        names = {*beside.get("properties", ()), *beside.get("required", ())} - {*closed.get("properties", ())}
        if closed.get("additionalProperties", True) is not True and names:
            raise SchemaError("additionalProperties is not supported beside the properties of another part")
    found = {**one, **other}
    for name in one.keys() & other.keys():
        mine, theirs = one[name], other[name]
        if same(mine, theirs):
            continue
        if name == "properties":
            found[name] = {**mine, **theirs}
            for common in mine.keys() & theirs.keys():
                found[name][common] = {"allOf": [mine[common], theirs[common]]}
        elif name == "required":
            found[name] = [*mine, *theirs]
        elif name == "type":
            found[name] = [kind for kind in types_of(one) if kind in types_of(other)]
            if not found[name]:
                return None
        elif name == "enum":
            found[name] = [value for value in mine if any(same(value, known) for known in theirs)]
            if not found[name]:
                return None
        elif name in (*_LOWER, *_UPPER):
            found[name] = (max if name in _LOWER else min)(mine, theirs)
        else:
            raise SchemaError(f"{name} in two parts of a schema is not supported")
    return found


def _exclude_each_other(cases: list[list[dict[str, Any]]], target: Target, depth: int) -> bool:
    resolved = [_resolved(case, target, depth) for case in cases]
    return all(_exclusive(one, other) for some, others in combinations(resolved, 2) for one in some for other in others)


def _exclusive(one: Schema, other: Schema) -> bool:
    """By their types, or by the values of a property that both require, or by their own."""
    mine, theirs = ({"number" if kind == "integer" else kind for kind in types_of(schema)} for schema in (one, other))
    if "value" not in mine | theirs and not mine & theirs:
        return True
    if _values_differ(one, other):
        return True
    if mine == theirs == {"object"}:
        common = set(one.get("required", ())) & set(other.get("required", ()))
        return any(
            _values_differ(one.get("properties", {}).get(name, {}), other.get("properties", {}).get(name, {}))
            for name in common
        )
    return False


def _values_differ(one: Any, other: Any) -> bool:
    mine, theirs = _values(one), _values(other)
    return bool(mine and theirs) and not any(same(value, known) for value in mine for known in theirs)


def _values(schema: Any) -> list[Any]:
    if not isinstance(schema, dict):
        return []
    found = [schema["const"]] if "const" in schema else schema.get("enum", [])
    return found if isinstance(found, list) else []
