"""A YAML file that a person edits: each fault with its line and column."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from credit.errors import FedCreditError

Model = TypeVar("Model", bound=BaseModel)
Location = Sequence[int | str]
_HINTS = {
    "extra_forbidden": "there is no such key",
    "string_type": "Input should be a valid string: put quotes around it",
}


def read_yaml(path: Path, model: type[Model], fault: type[FedCreditError]) -> Model:
    """The `model` that the file at `path` describes.

    Raises `fault` naming file, line, column and key where it is no YAML, names a key twice or breaks a rule, and
    OSError where it can't be read.
    """
    root, content = _parsed(path, fault)
    if twice := next(_repeated(root), None):
        raise fault(f"{path}, {_place(twice)}: {twice.value} is named twice; keep one")
    try:
        return model.model_validate(content)
    except ValidationError as error:
        told = [_told(path, root, e["loc"], _HINTS.get(e["type"], e["msg"])) for e in error.errors()]
        raise fault("\n".join(told)) from error


def _parsed(path: Path, fault: type[FedCreditError]) -> tuple[yaml.Node | None, object]:
    try:
        loader = yaml.CSafeLoader(path.read_text("utf-8-sig"))
        root = loader.get_single_node()
        return root, None if root is None else loader.construct_document(root)
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise fault(f"{path}, line {line}: is not UTF-8; save the file as UTF-8") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        begun = error.context_mark
        since = f" {error.context} that begins at line {begun.line + 1}" if error.context and begun else ""
        raise fault(f"{path}{at}: not valid YAML: {error.problem}{since}") from error
    except yaml.YAMLError as error:
        raise fault(f"{path}: not valid YAML: {' '.join(str(error).split())}") from error


def _told(path: Path, root: yaml.Node | None, location: Location, message: str) -> str:
    node = _nearest(root, location)
    key = ".".join(map(str, location)) or "the file"
    return f"{path}, {_place(node)}: {key}: {message.removeprefix('Value error, ')}"


def _place(node: yaml.Node | None) -> str:
    mark = node.start_mark if node is not None else None
    return f"line {mark.line + 1}, column {mark.column + 1}" if mark else "line 1"


def _nearest(node: yaml.Node | None, location: Location) -> yaml.Node | None:
    """What stands at `location`, of a mapping its key, or the nearest above it that is there."""
    told = node
    for step in location:
        # The kind of a union is a step of the location that the file does not have.
        if step in (children := _children(node)):
            told, node = children[step]
    return told


def _children(node: yaml.Node | None) -> dict[int | str, tuple[yaml.Node, yaml.Node]]:
    if isinstance(node, yaml.MappingNode):
        return {key.value: (key, value) for key, value in node.value if isinstance(key, yaml.ScalarNode)}
    if isinstance(node, yaml.SequenceNode):
        return {i: (item, item) for i, item in enumerate(node.value)}
    return {}


def _repeated(node: yaml.Node | None) -> Iterator[yaml.Node]:
    """Keys that a mapping has named before: YAML would keep the last and say nothing."""
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                yield key
            seen.add(key.value if isinstance(key, yaml.ScalarNode) else None)
            yield from _repeated(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _repeated(item)
