"""Whether a completed file parses: the prompt's open brackets are closed for it, the completion's own are not."""

import ast

from ..snippets import _parser

CLOSING = {"(": ")", "[": "]", "{": "}"}


def closers(text: str) -> str:
    """What closes the brackets that JavaScript text leaves open, in order; templates are strings here."""
    opened: list[str] = []
    quote, escaped = "", False
    for index, character in enumerate(text):
        if escaped:
            escaped = False
        elif quote:
            escaped = character == "\\"
            quote = "" if character == quote else quote
        elif text.startswith("//", index):
            quote = "\n"
        elif character in "\"'`":
            quote = character
        elif character in CLOSING:
            opened.append(CLOSING[character])
        elif character in CLOSING.values() and opened:
            opened.pop()
    return "".join(f"\n{bracket}" if bracket == "}" else bracket for bracket in reversed(opened))


def parses(language: str, prompt: str, completion: str) -> bool:
    """Whether prompt and completion are a file, once what was open before the completed line is closed.

    A completion may open one block; what else it opens it must close itself.
    """
    return (
        python_parses(completed_python(prompt, completion))
        if language == "python"
        else _script(language, prompt, completion)
    )


def completed_python(prompt: str, completion: str) -> str:
    """The file with a body for the block that the completion may have opened."""
    body = "\n" + " " * 24 + "pass" if completion.rstrip().endswith(":") else ""
    return prompt + completion.rstrip() + body + "\n"


def python_parses(text: str) -> bool:
    """By Python's own parser."""
    try:
        ast.parse(text)
    except (SyntaxError, ValueError):
        return False
    return True


def _script(language: str, prompt: str, completion: str) -> bool:
    before = prompt[: prompt.rfind("\n") + 1]
    block = "\n}" if completion.rstrip().endswith("{") else ""
    text = prompt + completion + block + closers(before) + "\n"
    return not _parser(language).parse(text.encode()).root_node.has_error
