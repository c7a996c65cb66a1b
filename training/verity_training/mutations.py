"""Injects one bug into a function. Every rule yields all its places; the builder picks among them.

A rule sees syntax nodes and answers with byte edits, so the result parses as the original does: operators are
exchanged for operators, statements are dropped only where others remain.
"""

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from tree_sitter import Node

from .snippets import Edit, Snippet, walk


@dataclass(frozen=True)
class Mutation:
    """One possible bug: its class, the edits that make it, and why the buggy version is wrong."""

    bug: str
    edits: tuple[Edit, ...]
    reason: str


Rule = Callable[[Snippet, Node], Iterator[Mutation]]


def text(node: Node) -> str:
    """The node's source, on one line and cut to a length that a review would quote."""
    raw = node.text.decode("utf-8") if node.text else ""
    line = re.sub(r"\s+", " ", raw)
    return line if len(line) <= 40 else line[:37] + "..."


def replace(node: Node, new: str) -> Edit:
    """The edit that puts ``new`` in the node's place."""
    return (node.start_byte, node.end_byte, new.encode())


def delete_lines(snippet: Snippet, node: Node) -> Edit | None:
    """Drops the statement's whole lines; None where it shares a line with something else."""
    source = snippet.source
    start = source.rfind(b"\n", 0, node.start_byte) + 1
    end = source.find(b"\n", node.end_byte)
    if end < 0 or source[start : node.start_byte].strip() or source[node.end_byte : end].strip(b" \t;"):
        return None
    return (start, end + 1, b"")


def is_block(node: Node | None) -> bool:
    """Whether the node is a braced or indented block."""
    return node is not None and node.type in {"block", "statement_block"}


def statements(block: Node) -> list[Node]:
    """The block's statements, without comments."""
    return [child for child in block.named_children if child.type != "comment"]


def _operator(node: Node) -> Node | None:
    if node.type == "comparison_operator":
        anonymous = [child for child in node.children if not child.is_named]
        return anonymous[0] if len(anonymous) == 1 else None
    if node.type in {
        "binary_expression",
        "binary_operator",
        "boolean_operator",
        "augmented_assignment",
        "augmented_assignment_expression",
    }:
        return node.child_by_field_name("operator")
    return None


BOUNDARY = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
DIRECTION = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
EQUALITY = {
    "==": "!=",
    "!=": "==",
    "===": "!==",
    "!==": "===",
    "is": "is not",
    "is not": "is",
    "in": "not in",
    "not in": "in",
}
LOGIC = {"&&": "||", "||": "&&", "and": "or", "or": "and"}
ARITHMETIC = {
    "+": "-",
    "-": "+",
    "*": "/",
    "/": "*",
    "%": "/",
    "//": "/",
    "<<": ">>",
    ">>": "<<",
    "&": "|",
    "|": "&",
    "+=": "-=",
    "-=": "+=",
    "*=": "/=",
}
ACCUMULATION = {"+=": "=", "-=": "=", "|=": "=", "*=": "="}


def operators(snippet: Snippet, node: Node) -> Iterator[Mutation]:
    """Exchanged comparison, logical, arithmetic and accumulating operators."""
    operator = _operator(node)
    if operator is None or node.named_child_count < 2:
        return
    old, left, right = text(operator), text(node.named_children[0]), text(node.named_children[-1])
    stringy = any(child.type in {"string", "template_string", "concatenated_string"} for child in walk(node))

    def with_operator(bug: str, new: str, reason: str) -> Mutation:
        return Mutation(bug, (replace(operator, new),), reason)

    if old in BOUNDARY:
        new = BOUNDARY[old]
        side = "lets in" if "=" in new else "leaves out"
        yield with_operator("off by one", new, f"`{left} {new} {right}` {side} the boundary; it must be `{old}`")
    if old in DIRECTION:
        new = DIRECTION[old]
        yield with_operator(
            "wrong comparison", new, f"`{left} {new} {right}` compares the wrong way round; it must be `{old}`"
        )
    if old in EQUALITY and (old != "in" or snippet.language == "python"):
        new = EQUALITY[old]
        yield with_operator("inverted condition", new, f"`{new}` negates the test of `{left}` that needs `{old}`")
    if old in LOGIC:
        new = LOGIC[old]
        needs = "both parts" if old in {"&&", "and"} else "only one part"
        yield with_operator(
            "wrong logical operator", new, f"`{new}` joins the conditions where `{old}` is needed: {needs} must hold"
        )
    if old in ARITHMETIC and not stringy:
        new = ARITHMETIC[old]
        yield with_operator(
            "wrong arithmetic operator", new, f"`{left} {new} {right}` computes the wrong value; it must be `{old}`"
        )
    if old in ACCUMULATION:
        yield with_operator(
            "lost accumulation", "=", f"`{left} = {right}` overwrites `{left}` where `{old}` must accumulate"
        )


def conditions(snippet: Snippet, node: Node) -> Iterator[Mutation]:
    """`if (x)` becomes `if (!x)` and the reverse."""
    if node.type not in {"if_statement", "ternary_expression", "while_statement"}:
        return
    condition = node.child_by_field_name("condition")
    if condition is None:
        return
    inner = condition.named_children[0] if condition.type == "parenthesized_expression" else condition
    if inner.type in {"not_operator", "unary_expression"} and inner.children[0].type in {"not", "!"}:
        argument = inner.named_children[0]
        edit = (inner.start_byte, argument.start_byte, b"")
        yield Mutation(
            "inverted condition",
            (edit,),
            f"the negation of `{text(argument)}` is gone, so the branch runs in the wrong case",
        )
    elif inner.type in {"identifier", "call", "call_expression", "attribute", "member_expression"}:
        negation = "not " if snippet.language == "python" else "!"
        edit = (inner.start_byte, inner.start_byte, negation.encode())
        yield Mutation(
            "inverted condition",
            (edit,),
            f"the test of `{text(inner)}` is negated, so the branch runs in the wrong case",
        )


def numbers(_: Snippet, node: Node) -> Iterator[Mutation]:
    """0, 1 and 2 shifted by one, and dropped `+ 1` or `- 1`."""
    if node.type in {"integer", "number"} and text(node) in {"0", "1", "2"}:
        parent = node.parent.type if node.parent else ""
        if parent in {
            "subscript",
            "slice",
            "subscript_expression",
            "arguments",
            "argument_list",
            "variable_declarator",
            "return_statement",
            "comparison_operator",
            "binary_expression",
            "assignment",
        }:
            old = text(node)
            new = {"0": "1", "1": "0", "2": "1"}[old]
            where = text(node.parent) if node.parent else old
            yield Mutation("wrong constant", (replace(node, new),), f"`{new}` stands where `{where}` needs `{old}`")
    if node.type in {"binary_expression", "binary_operator"}:
        operator, right = node.child_by_field_name("operator"), node.child_by_field_name("right")
        left = node.child_by_field_name("left")
        if operator and right and left and text(operator) in "+-" and text(right) == "1":
            edit = (left.end_byte, node.end_byte, b"")
            yield Mutation("off by one", (edit,), f"`{text(left)}` lacks `{text(operator)} 1`, so it is off by one")


def lengths(_: Snippet, node: Node) -> Iterator[Mutation]:
    """`x.length` and `len(x)` off by one."""
    is_length = node.type == "member_expression" and text(node).endswith(".length")
    is_len = node.type == "call" and text(node).startswith("len(")
    parent = node.parent
    if (
        (is_length or is_len)
        and parent
        and parent.type
        in {"binary_expression", "comparison_operator", "argument_list", "arguments", "subscript_expression", "slice"}
    ):
        for shift, effect in ((" - 1", "stops one too early"), (" + 1", "goes one too far")):
            edit = (node.end_byte, node.end_byte, shift.encode())
            yield Mutation("off by one", (edit,), f"`{text(node)}{shift}` {effect}; the length itself is the bound")


def arguments(_: Snippet, node: Node) -> Iterator[Mutation]:
    """Two neighbouring arguments exchanged."""
    if node.type not in {"arguments", "argument_list"} or node.parent is None:
        return
    given = node.named_children
    plain = {
        "identifier",
        "attribute",
        "member_expression",
        "string",
        "integer",
        "number",
        "this",
        "call",
        "call_expression",
    }
    callee = text(node.parent.children[0])
    for first, second in pairwise(given):
        if {first.type, second.type} <= plain and first.text != second.text:
            edits = (replace(first, (second.text or b"").decode()), replace(second, (first.text or b"").decode()))
            reason = f"`{callee}` takes `{text(first)}` before `{text(second)}`; the two are exchanged"
            yield Mutation("swapped arguments", edits, reason)


def awaits(_: Snippet, node: Node) -> Iterator[Mutation]:
    """A dropped `await`."""
    if node.type in {"await", "await_expression"} and node.named_child_count == 1:
        awaited = node.named_children[0]
        edit = (node.start_byte, awaited.start_byte, b"")
        kind = "coroutine" if node.type == "await" else "promise"
        yield Mutation(
            "missing await", (edit,), f"`{text(awaited)}` is not awaited, so a {kind} is used in place of its value"
        )


def guards(snippet: Snippet, node: Node) -> Iterator[Mutation]:
    """A dropped early exit or null check."""
    if node.type == "if_statement" and is_block(node.parent) and node.child_by_field_name("alternative") is None:
        body, condition = node.child_by_field_name("consequence"), node.child_by_field_name("condition")
        if body is None or condition is None or len(statements(node.parent)) < 2:  # type: ignore[arg-type]
            return
        inside = statements(body) if is_block(body) else [body]
        exits = {"return_statement", "raise_statement", "throw_statement", "continue_statement", "break_statement"}
        edit = delete_lines(snippet, node)
        if edit and len(inside) == 1 and inside[0].type in exits:
            case = text(condition).removeprefix("(").removesuffix(")")
            yield Mutation("dropped guard", (edit,), f"the guard for `{case}` is missing, so that case runs on")
    if node.type == "optional_chain" and node.text == b"?.":
        owner = text(node.parent.children[0]) if node.parent else "the value"
        followed = node.parent.children[-1].type if node.parent else ""
        if followed == "property_identifier":
            yield Mutation(
                "dropped null check",
                (replace(node, "."),),
                f"`{owner}` may be null or undefined; without `?.` this throws",
            )
    if node.type in {"binary_expression", "boolean_operator"}:
        operator, left, right = (node.child_by_field_name(name) for name in ("operator", "left", "right"))
        if operator and left and right and text(operator) in {"&&", "and"}:
            edit = (left.start_byte, right.start_byte, b"")
            yield Mutation("dropped condition", (edit,), f"the check `{text(left)}` is missing before `{text(right)}`")


def returns(snippet: Snippet, node: Node) -> Iterator[Mutation]:
    """A result that is computed and not returned, or returned too early."""
    if node.type != "return_statement" or node.named_child_count != 1 or not is_block(node.parent):
        return
    value = node.named_children[0]
    if value.type in {"call", "call_expression"}:
        edit = (node.start_byte, value.start_byte, b"")
        yield Mutation("missing return", (edit,), f"the result of `{text(value)}` is dropped instead of returned")
    siblings = statements(node.parent)  # type: ignore[arg-type]
    position = siblings.index(node)
    before = siblings[position - 1] if position else None
    if snippet.language == "python" and before is not None and before.type in {"for_statement", "while_statement"}:
        line_start = snippet.source.rfind(b"\n", 0, node.start_byte) + 1
        if not snippet.source[line_start : node.start_byte].strip() and before.end_point[0] < node.start_point[0]:
            edit = (line_start, line_start, b"    ")
            yield Mutation(
                "return inside the loop",
                (edit,),
                f"`return {text(value)}` stands inside the loop, so only the first round runs",
            )


RELEASES = re.compile(
    r"(^|[._])(close|release|unlock|dispose|destroy|unsubscribe|removeEventListener|removeListener|off|clearTimeout|"
    r"clearInterval|cancel|abort|disconnect|cleanup|shutdown|unlink|rollback|terminate|reset|stop|end|clear|flush|pop|"
    r"delete|remove)$"
)
ESSENTIAL = re.compile(
    r"(^|[._])(push|append|add|set|extend|update|emit|write|resolve|reject|next|commit|save|register)$"
)


def _called(node: Node) -> tuple[str, Node] | None:
    """Callee's text and call of an expression statement that is one call."""
    if node.type != "expression_statement" or node.named_child_count != 1:
        return None
    call = node.named_children[0]
    if call.type not in {"call", "call_expression"}:
        return None
    function = call.child_by_field_name("function")
    return (text(function), call) if function else None


def calls(snippet: Snippet, node: Node) -> Iterator[Mutation]:
    """Resources not released, effects dropped or done twice."""
    called = _called(node)
    if called is None or not is_block(node.parent):
        return
    name, call = called
    line = snippet.source[snippet.source.rfind(b"\n", 0, node.start_byte) + 1 : node.end_byte]
    if len(statements(node.parent)) >= 2:  # type: ignore[arg-type]
        edit = delete_lines(snippet, node)
        if edit and RELEASES.search(name):
            yield Mutation("resource leak", (edit,), f"`{text(call)}` is never called, so the resource is not released")
        elif edit and ESSENTIAL.search(name):
            yield Mutation("missing call", (edit,), f"`{text(call)}` is missing, so its effect is lost")
    if ESSENTIAL.search(name) and not line[: -len(node.text or b"")].strip() and b"\n" not in (node.text or b""):
        terminator = b"" if snippet.source[node.end_byte - 1 : node.end_byte] in {b";", b")"} else b";"
        edit = (node.end_byte, node.end_byte, terminator + b"\n" + line)
        yield Mutation("duplicated call", (edit,), f"`{text(call)}` runs twice, so its effect is doubled")


def jumps(snippet: Snippet, node: Node) -> Iterator[Mutation]:
    """`break` for `continue`, a dropped `break`, a dropped step of a counter."""
    if node.type in {"break_statement", "continue_statement"} and node.named_child_count == 0:
        old = "break" if node.type == "break_statement" else "continue"
        new = "continue" if old == "break" else "break"
        in_switch = node.parent is not None and node.parent.type in {"switch_case", "switch_default"}
        edit = (node.start_byte, node.start_byte + len(old), new.encode())
        if not in_switch:
            effect = "ends the loop too early" if new == "break" else "keeps the loop running when it is done"
            yield Mutation("wrong jump", (edit,), f"`{new}` {effect}; it must be `{old}`")
        elif dropped := delete_lines(snippet, node):
            yield Mutation("missing break", (dropped,), "without `break` this case falls through into the next")


def literals(_: Snippet, node: Node) -> Iterator[Mutation]:
    """A flipped boolean."""
    if node.type in {"true", "false"}:
        old = text(node)
        new = {"true": "false", "false": "true", "True": "False", "False": "True"}.get(old)
        if new:
            where = text(node.parent) if node.parent else old
            yield Mutation("flipped boolean", (replace(node, new),), f"`{new}` is the opposite of what `{where}` needs")


def defaults(snippet: Snippet, node: Node) -> Iterator[Mutation]:
    """A mutable default argument (Python)."""
    if node.type in {"default_parameter", "typed_default_parameter"}:
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if name and value and value.text == b"None":
            whole = snippet.root.text or b""
            new = "{}" if re.search(rb"%s = (\{\}|dict)" % (name.text or b""), whole) else "[]"
            reason = f"the default of `{text(name)}` is one `{new}` shared by all calls"
            yield Mutation("mutable default", (replace(value, new),), reason)


def exceptions(snippet: Snippet, node: Node) -> Iterator[Mutation]:
    """An exception that is caught and no longer passed on."""
    if node.type not in {"raise_statement", "throw_statement"} or not is_block(node.parent):
        return
    handler = node.parent.parent if node.parent else None
    if handler is None or handler.type not in {"except_clause", "catch_clause"}:
        return
    alone = len(statements(node.parent)) == 1  # type: ignore[arg-type]
    if alone and snippet.language == "python":
        yield Mutation(
            "swallowed exception",
            (replace(node, "pass"),),
            "the exception is swallowed and the caller goes on as if all were well",
        )
    elif not alone and (edit := delete_lines(snippet, node)):
        yield Mutation("swallowed exception", (edit,), f"`{text(node)}` is gone, so the failure is swallowed")


def insertions(snippet: Snippet, node: Node) -> Iterator[Mutation]:
    """A line too many: a stray exit, a leftover of debugging, a reset within a loop."""
    if not is_block(node.parent) or not node.type.endswith(("statement", "declaration", "assignment")):
        return
    source = snippet.source
    line_start = source.rfind(b"\n", 0, node.start_byte) + 1
    indent = source[line_start : node.start_byte]
    if indent.strip() or node.start_byte == snippet.root.start_byte:
        return
    python = snippet.language == "python"

    def before(bug: str, statement: str, reason: str) -> Mutation:
        end = "" if python else ";"
        return Mutation(bug, ((line_start, line_start, indent + f"{statement}{end}\n".encode()),), reason)

    siblings = statements(node.parent)  # type: ignore[arg-type]
    loop = _enclosing_loop(node)
    if siblings.index(node) > 0:
        stray = "return" if loop is None else "break"
        yield before("stray exit", stray, f"the stray `{stray}` leaves before `{text(node)}` can run")
    names = [name for name in _variables_above(snippet, node) if len(name) > 1]
    if names:
        leftover = f"print({names[-1]})" if python else f"console.log({names[-1]})"
        yield before(
            "debugging leftover", leftover, f"`{leftover}` is a leftover of debugging that does not belong here"
        )
    changed = _accumulator(node)
    if loop is not None and changed:
        name, initial = changed
        reason = f"`{name} = {initial}` within the loop throws away what earlier rounds collected"
        yield before("reset in loop", f"{name} = {initial}", reason)


def _enclosing_loop(node: Node) -> Node | None:
    while node.parent is not None and node.type not in FUNCTION_NODES:
        node = node.parent
        if node.type in {"for_statement", "while_statement", "for_in_statement"}:
            return node
    return None


FUNCTION_NODES = {
    "function_definition",
    "function_declaration",
    "method_definition",
    "arrow_function",
    "lambda",
    "function_expression",
}


def _accumulator(node: Node) -> tuple[str, str] | None:
    """The variable a statement collects into, and what it would start from."""
    inner = node.named_children[0] if node.type == "expression_statement" and node.named_children else node
    if inner.type in {"augmented_assignment", "augmented_assignment_expression"}:
        left = inner.child_by_field_name("left")
        return (text(left), "0") if left is not None and left.type == "identifier" else None
    called = _called(node)
    if called and called[0].endswith((".append", ".push")):
        owner = called[0].rsplit(".", 1)[0]
        return (owner, "[]") if owner.isidentifier() else None
    return None


PAIRS = [
    ("push", "unshift"), ("pop", "shift"), ("min", "max"), ("floor", "ceil"), ("startsWith", "endsWith"),
    ("startswith", "endswith"), ("append", "extend"), ("some", "every"), ("any", "all"), ("indexOf", "lastIndexOf"),
    ("toLowerCase", "toUpperCase"), ("lower", "upper"), ("lstrip", "rstrip"), ("find", "filter"), ("keys", "values"),
    ("map", "forEach"), ("addEventListener", "removeEventListener"), ("on", "off"), ("add", "delete"),
    ("add", "remove"),
    ("first", "last"), ("start", "end"), ("left", "right"), ("width", "height"), ("left", "right"), ("get", "set"),
    ("encode", "decode"), ("parse", "stringify"), ("loads", "dumps"), ("before", "after"), ("resolve", "reject"),
    ("slice", "splice"), ("head", "tail"), ("prev", "next"), ("row", "col"), ("x", "y"), ("open", "close"),
    ("read", "write"), ("source", "target"), ("key", "value"), ("top", "bottom"), ("parent", "child"), ("src", "dst"),
    ("items", "keys"), ("items", "values"), ("enable", "disable"), ("show", "hide"), ("lock", "unlock"),
]  # fmt: skip
COUNTERPART: dict[str, str] = {}
for _one, _other in PAIRS:
    COUNTERPART.setdefault(_one, _other)
    COUNTERPART.setdefault(_other, _one)


def counterparts(_: Snippet, node: Node) -> Iterator[Mutation]:
    """The wrong one of a pair of names: `min` for `max`, `push` for `unshift`."""
    if node.type in {"property_identifier", "identifier"} and node.parent:
        member = node.parent.type in {"member_expression", "attribute"} and node.parent.children[-1] == node
        callee = node.parent.type == "call" and node.parent.children[0] == node
        new = COUNTERPART.get(text(node))
        if new and (member or callee):
            yield Mutation("wrong method", (replace(node, new),), f"`{new}` is used where `{text(node)}` is meant")


READS = {
    "arguments", "argument_list", "binary_expression", "binary_operator", "comparison_operator", "boolean_operator",
    "return_statement", "subscript_expression", "subscript", "parenthesized_expression", "assignment", "if_statement",
    "variable_declarator", "assignment_expression", "member_expression", "attribute", "for_in_statement",
    "for_statement",
    "template_substitution", "interpolation", "not_operator", "unary_expression", "spread_element", "keyword_argument",
}  # fmt: skip


def _is_read(node: Node) -> bool:
    parent = node.parent
    if parent is None or parent.type not in READS:
        return False
    if parent.type in {"member_expression", "attribute"}:
        return parent.children[0] == node
    if parent.type == "keyword_argument":
        return parent.child_by_field_name("value") == node
    written = parent.child_by_field_name("left") or parent.child_by_field_name("name")
    writes = {"assignment", "variable_declarator", "assignment_expression", "for_in_statement", "for_statement"}
    return not (parent.type in writes and written == node)


def variables(snippet: Snippet, node: Node) -> Iterator[Mutation]:
    """Another variable of the function, used or declared above, in place of the right one."""
    if node.type != "identifier" or not _is_read(node):
        return
    if text(node) in {"self", "cls", "undefined"} or len(text(node)) < 2:
        return
    names = [name for name in _variables_above(snippet, node) if name != text(node)]
    for name in names[-3:]:
        where = text(node.parent) if node.parent else name
        yield Mutation(
            "wrong variable", (replace(node, name),), f"`{name}` stands where `{where}` needs `{text(node)}`"
        )


def _variables_above(snippet: Snippet, node: Node) -> list[str]:
    """Parameters and locals declared before the node, in order."""
    seen: list[str] = []
    for other in walk(snippet.root):
        if other.start_byte >= node.start_byte:
            break
        if other.type == "identifier" and _is_variable(other) and text(other) not in seen and len(text(other)) < 30:
            seen.append(text(other))
    return seen


def _is_variable(node: Node) -> bool:
    parent = node.parent
    if parent is None or text(node) in {"self", "cls", "undefined"}:
        return False
    if parent.type in {"variable_declarator", "assignment", "for_statement", "for_in_statement"}:
        return (parent.child_by_field_name("name") or parent.child_by_field_name("left")) == node
    return parent.type in {
        "parameters",
        "formal_parameters",
        "required_parameter",
        "optional_parameter",
        "typed_parameter",
        "default_parameter",
        "pattern_list",
        "array_pattern",
    }


RULES: list[Rule] = [
    operators, conditions, numbers, lengths, arguments, awaits, guards, returns, calls, jumps, literals, defaults,
    exceptions, counterparts, variables, insertions,
]  # fmt: skip


def all_mutations(snippet: Snippet) -> list[Mutation]:
    """Every bug that can be injected into the snippet."""
    return [mutation for node in walk(snippet.root) for rule in RULES for mutation in rule(snippet, node)]


def pick(mutations: list[Mutation], count: int, rng: random.Random) -> list[Mutation]:
    """Draws up to ``count`` mutations, each of another class."""
    by_bug: dict[str, list[Mutation]] = {}
    for mutation in mutations:
        by_bug.setdefault(mutation.bug, []).append(mutation)
    bugs = rng.sample(sorted(by_bug), min(count, len(by_bug)))
    return [rng.choice(by_bug[bug]) for bug in bugs]
