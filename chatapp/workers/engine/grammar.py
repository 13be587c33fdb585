"""Follows a text through a grammar, one character after the other, in all ways at once.

Own code and not llama.cpp's: that takes 5 to 90 ms a token where it looks at the whole vocabulary, can't be
interrupted, and an ambiguous grammar lets it fill the memory.
"""

from __future__ import annotations

from chatapp.workers.engine.gbnf import Characters, Grammar, Symbol

MOST_WAYS = 2_000
_MOST_KEPT = 50_000  # states and steps remembered before they are forgotten
_MOST_NODES = 200_000


class TooManyWaysError(ValueError):
    """The text can be read in more than MOST_WAYS ways."""


class _Node:
    """A place in an alternative, and where it goes on behind the end of it; None: there the text is complete."""

    __slots__ = ("parent", "place")

    def __init__(self, place: int, parent: _Node | None) -> None:
        self.place = place
        self.parent = parent


State = frozenset[_Node]
"""All places where the next character may be read; with COMPLETE where the text may also end. Empty: a dead end."""
COMPLETE = _Node(-1, None)


class Machine:
    """Reads texts in one grammar. A state is a value: any number of ways can be tried from it."""

    def __init__(self, grammar: Grammar) -> None:
        self._symbols: list[Symbol | None] = []  # all alternatives, each with a None behind it
        self._starts: list[tuple[int, ...]] = []
        for alternatives in grammar.rules:
            places = []
            for alternative in alternatives:
                places.append(len(self._symbols))
                self._symbols += (*alternative, None)
            self._starts.append(tuple(places))
        self._nodes: dict[tuple[int, _Node | None], _Node] = {}
        self._steps: dict[tuple[State, int], State] = {}
        self.start: State = self._opened([self._node(place, None) for place in self._starts[grammar.root]])

    def step(self, state: State, code_point: int) -> State:
        """After one more character; empty where it can't follow. Raises TooManyWaysError."""
        key = (state, code_point)
        found = self._steps.get(key)
        if found is None:
            after = [
                self._node(node.place + 1, node.parent)
                for node in state
                if node is not COMPLETE and self._characters(node).has(code_point)
            ]
            found = self._opened(after)
            if len(self._steps) >= _MOST_KEPT:
                self._steps.clear()
            self._steps[key] = found
        return found

    def meets(self, state: State, first: int, last: int) -> bool:
        """Whether one of the characters `first` ... `last` can follow."""
        return any(node is not COMPLETE and self._characters(node).meets(first, last) for node in state)

    def tidy(self, state: State) -> None:
        """Forgets all that does not lead on from `state`, where there is much of it: call it after looking at what
        will not be read."""
        if len(self._nodes) < _MOST_NODES // 2:
            return
        needed: set[_Node] = set()
        for node in state:
            step: _Node | None = node
            while step is not None and step not in needed:
                needed.add(step)
                step = step.parent
        self._nodes = {(node.place, node.parent): node for node in needed if node is not COMPLETE}
        self._steps.clear()

    def _characters(self, node: _Node) -> Characters:
        symbol = self._symbols[node.place]
        assert isinstance(symbol, Characters)
        return symbol

    def _opened(self, nodes: list[_Node]) -> State:
        """Follows rules down and ends up until every place is before characters."""
        seen: set[_Node] = set()
        found: set[_Node] = set()
        work = nodes
        while work:
            node = work.pop()
            if node in seen:
                continue
            seen.add(node)
            if len(seen) > MOST_WAYS:
                raise TooManyWaysError
            symbol = self._symbols[node.place]
            if symbol is None:
                if node.parent is None:
                    found.add(COMPLETE)
                else:
                    work.append(node.parent)
            elif isinstance(symbol, int):
                # nothing is left behind a rule that ends its alternative, or lists would grow with their length
                is_last = self._symbols[node.place + 1] is None
                behind = node.parent if is_last else self._node(node.place + 1, node.parent)
                work += [self._node(place, behind) for place in self._starts[symbol]]
            else:
                found.add(node)
        return frozenset(found)

    def _node(self, place: int, parent: _Node | None) -> _Node:
        """The one node with these values, so that equal ones are found to be the same."""
        key = (place, parent)
        found = self._nodes.get(key)
        if found is None:
            if len(self._nodes) >= _MOST_NODES:
                raise TooManyWaysError
            found = self._nodes[key] = _Node(place, parent)
        return found
