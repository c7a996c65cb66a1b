"""Cuts functions and methods out of source files with tree-sitter."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import tree_sitter_javascript
import tree_sitter_python
import tree_sitter_typescript
from tree_sitter import Language, Node, Parser

from .sources import SourceFile

MIN_LINES, MAX_LINES, MAX_CHARS = 3, 26, 1000

FUNCTIONS = {
    "function_definition",
    "function_declaration",
    "generator_function_declaration",
    "method_definition",
}
#: `const f = (…) => {…}` is cut out with its declaration.
DECLARATIONS = {"lexical_declaration"}
FUNCTION_VALUES = {"arrow_function", "function_expression"}


@dataclass(frozen=True)
class Snippet:
    """A function within its file: ``root`` is its node, offsets are bytes of ``source``."""

    project: str
    license: str
    split: str
    language: str
    source: bytes
    root: Node

    @property
    def text(self) -> str:
        """The function's lines, dedented."""
        return render(self.source, self.root, [])


Edit = tuple[int, int, bytes]
"""Replace bytes [start, end) of the file by the new bytes."""


@cache
def _parser(language: str) -> Parser:
    grammar = {
        "python": tree_sitter_python.language,
        "javascript": tree_sitter_javascript.language,
        "typescript": tree_sitter_typescript.language_typescript,
    }[language]
    return Parser(Language(grammar()))


def render(source: bytes, root: Node, edits: list[Edit]) -> str:
    """The function's whole lines after the edits, dedented by the first line's indentation."""
    start = source.rfind(b"\n", 0, root.start_byte) + 1
    out, position = b"", start
    for edit_start, edit_end, replacement in sorted(edits):
        out += source[position:edit_start] + replacement
        position = edit_end
    lines = (out + source[position : root.end_byte]).decode("utf-8").split("\n")
    indent = re.match(r"[ \t]*", lines[0])
    margin = indent.group() if indent else ""
    dedented = [line[len(margin) :] if line.startswith(margin) else line.lstrip() for line in lines]
    return "\n".join(line.rstrip() for line in dedented if line.strip()) + "\n"


def _is_function(node: Node) -> bool:
    if node.type in FUNCTIONS:
        return True
    if node.type not in DECLARATIONS or len(node.named_children) != 1:
        return False
    value = node.named_children[0].child_by_field_name("value")
    return value is not None and value.type in FUNCTION_VALUES


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it, in source order."""
    yield node
    for child in node.children:
        yield from walk(child)


def _fits(source: bytes, node: Node) -> bool:
    lines = node.end_point[0] - node.start_point[0] + 1
    size = node.end_byte - node.start_byte
    before = source[source.rfind(b"\n", 0, node.start_byte) + 1 : node.start_byte]
    return MIN_LINES <= lines <= MAX_LINES and size <= MAX_CHARS and not before.strip() and not node.has_error


def extract(file: SourceFile) -> Iterator[Snippet]:
    """Functions of a size that fits; nested ones only where the outer one is too long."""
    source = file.text.encode("utf-8")
    pending = [_parser(file.language).parse(source).root_node]
    while pending:
        node = pending.pop()
        if _is_function(node) and _fits(source, node):
            project = file.project
            yield Snippet(project.name, project.license, project.split, file.language, source, node)
        else:
            pending.extend(node.children)


def fingerprint(text: str) -> str:
    """Equal for snippets that differ only in white space, strings, numbers and comments."""
    bare = re.sub(r"#.*|//.*", "", text)
    bare = re.sub(r"'[^'\n]*'|\"[^\"\n]*\"|\d+", "0", bare)
    return hashlib.sha1(re.sub(r"\s+", "", bare).encode()).hexdigest()
