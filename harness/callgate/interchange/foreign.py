"""Another tool's YAML, in which a part may be named again: anchors, aliases, merge keys and `$ref: '#/...'`."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import unquote

import yaml

from callgate.files import MAX_DEPTH, child_of, mistake, place_of

MOST_NODES = 50_000
_STEPS = 50


def expanded(root: yaml.Node, name: str) -> yaml.Node:
    """The tree in which whatever names a part has become that part, at its place. A reference that names nothing in the
    file stays as it is: a schema may have its own. Raises Mistake where a part holds itself or it grows without end."""
    return _Expansion(name, root).node(root)


class _Expansion:
    def __init__(self, name: str, root: yaml.Node) -> None:
        self._name, self._root = name, root
        self._within: list[yaml.Node] = []
        self._count = 0

    def node(self, node: yaml.Node) -> yaml.Node:
        self._count += 1
        if self._count > MOST_NODES:
            raise mistake(place_of(self._name, node), f"aliases make more than {MOST_NODES:,} parts of it")
        if len(self._within) > 5 * MAX_DEPTH or any(node is outer for outer in self._within):
            raise mistake(place_of(self._name, node), "holds itself by an alias or a $ref, or is too deep")
        self._within.append(node)
        try:
            return self._whole(node)
        finally:
            self._within.pop()

    def _whole(self, node: yaml.Node) -> yaml.Node:
        if isinstance(node, yaml.SequenceNode):
            items = [self.node(child) for child in node.value]
            return yaml.SequenceNode(node.tag, items, node.start_mark, node.end_mark)
        if not isinstance(node, yaml.MappingNode):
            return node
        reference = child_of(node, "$ref")
        target = self._named(reference[1]) if reference else None
        if target is not None and len(node.value) == 1:
            return self.node(target)
        merges = [child for key, child in node.value if _merges(key)]
        left_out = {id(reference[0])} if reference and target is not None else set()
        own = [(k, self.node(child)) for k, child in node.value if not _merges(k) and id(k) not in left_out]
        known = {key.value for key, _ in own if isinstance(key, yaml.ScalarNode)}
        for pair in self._pairs([*merges, *([target] if target is not None else [])]):
            if isinstance(pair[0], yaml.ScalarNode) and pair[0].value not in known:
                known.add(pair[0].value)
                own.append(pair)
        return yaml.MappingNode(node.tag, own, node.start_mark, node.end_mark)

    def _pairs(self, merged: Iterable[yaml.Node]) -> Iterable[tuple[yaml.Node, yaml.Node]]:
        """What mappings, or lists of mappings, bring: of several the first goes before."""
        for node in merged:
            whole = self.node(node)
            for part in whole.value if isinstance(whole, yaml.SequenceNode) else [whole]:
                if not isinstance(part, yaml.MappingNode):
                    raise mistake(place_of(self._name, node), "only a mapping can be merged into one")
                yield from part.value

    def _named(self, reference: yaml.Node, steps: int = _STEPS) -> yaml.Node | None:
        """The node that a reference into the same file names; None where it names none."""
        written = reference.value
        if steps == 0 or not isinstance(written, str) or not written.startswith("#/"):
            return None
        found: yaml.Node | None = self._root
        for key in written.removeprefix("#/").split("/"):
            found = self._inside(found, unquote(key).replace("~1", "/").replace("~0", "~"), steps - 1)
        return found

    def _inside(self, node: yaml.Node | None, key: str, steps: int) -> yaml.Node | None:
        """The child of a node, also where a merge key or a reference brings it."""
        if isinstance(node, yaml.SequenceNode):
            is_index = key.isascii() and key.isdecimal() and len(key) < len(str(MOST_NODES)) + 1
            child = child_of(node, int(key)) if is_index else None
            return child[1] if child else None
        child = child_of(node, key)
        if child or steps == 0 or not isinstance(node, yaml.MappingNode):
            return child[1] if child else None
        brought = [child for key_, child in node.value if _merges(key_)]
        parts = [one for part in brought for one in (part.value if isinstance(part, yaml.SequenceNode) else [part])]
        reference = child_of(node, "$ref")
        if reference and (target := self._named(reference[1], steps)) is not None:
            parts.append(target)
        found = (self._inside(part, key, steps - 1) for part in parts)
        return next((one for one in found if one is not None), None)


def _merges(key: yaml.Node) -> bool:
    """Whether a key is the merge key; one in quotation marks is a text."""
    return isinstance(key, yaml.ScalarNode) and key.value == "<<" and not key.style
