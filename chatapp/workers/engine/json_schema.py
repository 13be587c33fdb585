"""Turns a JSON schema into a grammar in GBNF: whatever the grammar allows is JSON that conforms to the schema.

Own code and not llama_cpp's: that quotes texts wrongly, leaves out what stands beside a list of types, takes "integer"
between two bounds for any integer, and runs without end on references that go in circles. What can't be kept here is
refused and not passed over. The properties of an object come in the order of the schema. No reference is fetched.
See https://json-schema.org/draft/2020-12/json-schema-validation
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from chatapp.workers.engine.json_merge import SchemaError, branches, same, types_of
from chatapp.workers.engine.json_numbers import integers_between, numbers_between

MOST_DEPTH = 60
MOST_RULES = 3_000
_BASE = r"""
ws ::= | " " | "\n" [ \t]{0,20}
char ::= [^"\\\x00-\x1F\x7F] | "\\" (["\\/bfnrt] | "u" ([0-9a-cA-Ce-fE-F] hex{3} | [dD] [0-7] hex{2}))
hex ::= [0-9a-fA-F]
string ::= "\"" char* "\""
integer ::= "-"? ("0" | [1-9] [0-9]{0,15})
number ::= integer ("." [0-9]{1,16})? ([eE] [-+]? [0-9]{1,2})?
boolean ::= "true" | "false"
null ::= "null"
value ::= object | array | string | number | boolean | null
object ::= "{" ws (string ws ":" ws value ws ("," ws string ws ":" ws value ws)*)? "}"
array ::= "[" ws (value ws ("," ws value ws)*)? "]"
year-to-day ::= [0-9]{4} "-" ("0" [1-9] | "1" [0-2]) "-" ("0" [1-9] | "1" [0-9] | "2" [0-8])
time-of-day ::= ([01] [0-9] | "2" [0-3]) ":" [0-5] [0-9] ":" [0-5] [0-9] ("." [0-9]{1,9})? zone
zone ::= "Z" | [-+] ([01] [0-9] | "2" [0-3]) ":" [0-5] [0-9]
"""
_FORMATS = {
    "date": r'"\"" year-to-day "\""',
    "time": r'"\"" time-of-day "\""',
    "date-time": r'"\"" year-to-day "T" time-of-day "\""',
    "uuid": r'"\"" hex{8} "-" hex{4} "-" hex{4} "-" hex{4} "-" hex{12} "\""',
}


def grammar_of_schema(text: str) -> str:
    """Raises SchemaError."""
    try:
        schema = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as problem:
        reason = "its values lie too deep in each other" if isinstance(problem, RecursionError) else problem
        raise SchemaError(f"it is no JSON ({reason})") from None
    converter = _Converter(schema)
    root = converter.rule(schema, 0)
    rules = "\n".join(f"{name} ::= {rule}" for name, rule in converter.rules.items())
    return f"root ::= ws {root}\n{rules}{_BASE}"


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not in JSON")


class _Converter:
    """rules: what was made so far, by name; a reference is named before its rule is made, so that it may recur."""

    def __init__(self, schema: Any) -> None:
        self._schema = schema
        self.rules: dict[str, str] = {}
        self._references: dict[str, str] = {}
        self._count = 0

    def rule(self, schema: Any, depth: int) -> str:
        """What stands for a value of `schema` in a rule: the name of another."""
        if depth > MOST_DEPTH:
            raise SchemaError(f"more than {MOST_DEPTH} schemas lie in each other")
        alternatives: list[str] = []
        for branch in branches(schema, self._target):
            if "$ref" in branch:
                alternatives.append(self._reference(branch["$ref"], depth))
            else:
                alternatives += [self._simple(branch, kind, depth) for kind in types_of(branch)]
        if not any(alternatives):
            raise SchemaError("none of the values it names has the type it asks for")
        return self._named(" | ".join(dict.fromkeys(filter(None, alternatives))))

    def _reference(self, reference: Any, depth: int) -> str:
        target = self._target(reference)
        if reference not in self._references:
            self._references[reference] = name = self._new_name()
            self.rules[name] = self.rule(target, depth + 1)
        return self._references[reference]

    def _target(self, reference: Any) -> Any:
        """What a reference within the schema leads to (RFC 6901)."""
        if not isinstance(reference, str) or not (reference == "#" or reference.startswith("#/")):
            raise SchemaError(f"the reference {reference!r:.100} leads elsewhere, and nothing is fetched")
        found = self._schema
        for part in reference.split("/")[1:]:
            key = part.replace("~1", "/").replace("~0", "~")
            if isinstance(found, list) and key.isdecimal() and int(key) < len(found):
                found = found[int(key)]
            elif isinstance(found, dict) and key in found:
                found = found[key]
            else:
                raise SchemaError(f"the reference {reference!r:.100} leads nowhere")
        return found

    def _simple(self, schema: Mapping[str, Any], kind: str, depth: int) -> str:
        """A value of one type, of a schema without anyOf and the like."""
        if "enum" in schema or "const" in schema:
            return _constants(schema, kind)
        makers: dict[str, Callable[[Mapping[str, Any], int], str]] = {
            "object": self._object,
            "array": self._array,
            "string": self._string,
            "integer": lambda schema, _depth: integers_between(schema),
            "number": lambda schema, _depth: numbers_between(schema),
        }
        return makers[kind](schema, depth) if kind in makers else kind

    def _string(self, schema: Mapping[str, Any], _depth: int) -> str:
        least, most = schema.get("minLength", 0), schema.get("maxLength")
        known = _FORMATS.get(str(schema.get("format")))
        if most is not None and least > most:
            raise SchemaError("minLength is more than maxLength")
        if known and (least or most is not None):
            raise SchemaError("a length beside a format is not supported")
        if known or (not least and most is None):
            return known or "string"
        return f'"\\"" char{_repetition(least, most)} "\\""'

    def _array(self, schema: Mapping[str, Any], depth: int) -> str:
        if schema.get("uniqueItems"):
            raise SchemaError("uniqueItems is not supported")
        items, first = schema.get("items", True), schema.get("prefixItems", [])
        if isinstance(items, list):  # until 2019 these were the first ones
            items, first = schema.get("additionalItems", True), items
        least, most = schema.get("minItems", 0), schema.get("maxItems")
        if most is not None and least > most:
            raise SchemaError("minItems is more than maxItems")
        head = [self.rule(item, depth + 1) for item in first[:most]]
        least, most = max(0, least - len(head)), None if most is None else most - len(head)
        if items is False:
            if least:
                raise SchemaError("minItems asks for more items than there may be")
            most = 0
        rest = "" if most == 0 else self.rule(items, depth + 1)
        if not head:
            if not rest:
                return '"[" ws "]"'
            more = _repetition(max(0, least - 1), None if most is None else most - 1)
            inside = f'{rest} ws ("," ws {rest} ws){more}'
            return f'"[" ws {inside if least else f"({inside})?"} "]"'
        inside = ' "," ws '.join(f"{item} ws" for item in head)  # a prefix may be cut short; here it never is
        tail = f' ("," ws {rest} ws){_repetition(least, most)}' if rest else ""
        return f'"[" ws {inside}{tail} "]"'

    def _object(self, schema: Mapping[str, Any], depth: int) -> str:
        properties, required = schema.get("properties", {}), schema.get("required", [])
        others = schema.get("additionalProperties", True)
        undeclared = {name: others for name in required if name not in properties}
        wanted = {**properties, **undeclared}
        least, most = schema.get("minProperties", 0), schema.get("maxProperties")
        if not wanted:
            return self._map(others, least, most, depth)
        optional = len([name for name in wanted if name not in required])
        if least > len(wanted) - optional or (most is not None and most < len(wanted)):
            raise SchemaError("minProperties and maxProperties are not supported beside properties")
        pairs = [
            (f'{_quoted(name)} ws ":" ws {self.rule(value, depth + 1)} ws', name in required)
            for name, value in wanted.items()
            if value is not False or name in required
        ]
        return self._named(self._members(pairs))

    def _members(self, pairs: list[tuple[str, bool]]) -> str:
        """In their order, each that is not required may be left out: one rule for what may follow the first members,
        and one for what may follow where there is none yet."""
        after, before = "", ""  # behind the last of them
        for pair, is_required in reversed(pairs):
            name = self._named(pair)
            with_it = f'"," ws {name} {after}'
            first = f"{name} {after}"
            if is_required:
                after, before = self._named(with_it), self._named(first)
            else:
                after = self._named(f"{with_it} | {after}" if after else f"({with_it})?")
                before = self._named(f"{first} | {before}" if before else f"({first})?")
        return f'"{{" ws {before} "}}"'

    def _map(self, others: Any, least: int, most: int | None, depth: int) -> str:
        """Any names: two of them may be the same, so no more than one can be asked for."""
        if least > 1:
            raise SchemaError("minProperties of more than 1 is not supported without properties")
        if others is False or most == 0:
            if least:
                raise SchemaError("minProperties asks for more than there may be")
            return '"{" ws "}"'
        pair = f'string ws ":" ws {self.rule(others, depth + 1)} ws'
        inside = f'{pair} ("," ws {pair}){_repetition(0, None if most is None else most - 1)}'
        return f'"{{" ws {inside if least else f"({inside})?"} "}}"'

    def _named(self, rule: str) -> str:
        name = self._new_name()
        self.rules[name] = rule
        return name

    def _new_name(self) -> str:
        self._count += 1
        if self._count > MOST_RULES:
            raise SchemaError(f"it needs more than {MOST_RULES:,} rules")
        return f"r{self._count}"


def _constants(schema: Mapping[str, Any], kind: str) -> str:
    """Those of the values named that have this type; "" where none has."""
    values = schema.get("enum", [schema.get("const")])
    if set(schema) - {"enum", "const", "type"}:
        raise SchemaError("beside enum or const only a type is supported")
    fitting = [value for value in values if kind == "value" or _has_type(value, kind)]
    fitting = [value for value in fitting if "const" not in schema or same(value, schema["const"])]
    return " | ".join(_quoted(value) for value in fitting)


def _has_type(value: object, kind: str) -> bool:
    match value:
        case bool():
            return kind == "boolean"
        case int():
            return kind in ("integer", "number")
        case float():
            return kind == "number" or (kind == "integer" and value.is_integer())
        case None:
            return kind == "null"
    return kind == ("string" if isinstance(value, str) else "array" if isinstance(value, list) else "object")


def _is_text(text: str) -> bool:
    """Whether it has no half characters."""
    return text.encode("utf-8", "ignore").decode("utf-8") == text


def _quoted(value: object) -> str:
    """Its JSON as a literal of GBNF."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except ValueError:
        raise SchemaError("a number in it is too large") from None
    if not _is_text(text):
        text = json.dumps(value)
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _repetition(least: int, most: int | None) -> str:
    return f"{{{least},{'' if most is None else most}}}"
