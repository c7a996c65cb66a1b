"""Real code cut where someone might be typing: what stands before the cursor, and the rest of the statement."""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..sources import Project, load_manifest, read_files
from .scenarios import Split

#: What the policy is shown before the cursor, in characters; a token has about three.
MIN_BEFORE, MAX_BEFORE = 60, 1100
#: A longer statement is completed to the end of its line, and a longer line not at all.
MAX_STATEMENT = 240
MAX_LINES = 6
#: Share of cuts at the beginning of a line, behind its indentation; the others are anywhere within one.
LINE_START_SHARE = 0.5
CUTS_PER_FILE, CUTS_PER_PROJECT = 8, 240

STRING = re.compile(r'"""|\'\'\'|["\'`]')
COMMENT = ("#", "//", "*", "/*", '"""', "'''")


@dataclass(frozen=True)
class Cut:
    """Text before the cursor and the rest of its statement, without the line end."""

    language: str
    before: str
    rest: str


def statement_end(text: str, position: int, language: str) -> int:
    """Where the statement around ``position`` ends: the first line end outside brackets and strings.

    A block's brace is no bracket: the head of a compound statement ends at it, as at Python's colon.
    """
    at = text.rfind("\n", 0, position) + 1
    limit, lines, depth, quote = position + MAX_STATEMENT, 0, 0, ""
    while at < len(text):
        character = text[at]
        if quote:
            if character == "\\":
                at += 1
            elif text.startswith(quote, at):
                at += len(quote) - 1
                quote = ""
        elif found := STRING.match(text, at):
            quote = found[0]
            at += len(quote) - 1
        elif character in "([" or (character == "{" and (depth > 0 or language == "python")):
            depth += 1
        elif character in ")]}":
            depth -= 1
        if character == "\n":
            lines += 1
            if at >= position and ((depth <= 0 and not quote) or lines >= MAX_LINES or at > limit):
                break
        at += 1
    first = text.find("\n", position)
    end = min(at, len(text))
    return end if end <= limit and lines < MAX_LINES else (len(text) if first < 0 else first)


def draw_cut(text: str, language: str, rng: random.Random) -> Cut | None:
    """A random cut; None where the drawn place is no code or has too little before it."""
    line = rng.randrange(len(text))
    start = text.rfind("\n", 0, line) + 1
    end = text.find("\n", start)
    content = text[start : end if end >= 0 else len(text)]
    stripped = content.strip()
    if len(stripped) < 4 or stripped.startswith(COMMENT) or len(content) > MAX_STATEMENT:
        return None
    indent = len(content) - len(content.lstrip())
    position = (
        start + indent if rng.random() < LINE_START_SHARE else start + rng.randrange(indent, len(content.rstrip()))
    )
    first = max(0, position - rng.randint(MIN_BEFORE, MAX_BEFORE))
    if first > 0:
        first = text.find("\n", first) + 1
    if position - first < MIN_BEFORE:
        return None
    rest = text[position : statement_end(text, position, language)].rstrip()
    return Cut(language, text[first:position], rest) if rest.strip() else None


def project_cuts(project: Project, seed: int) -> list[Cut]:
    """Cuts in one project's files."""
    rng = random.Random(f"{seed}:{project.name}")
    files = list(read_files(project))
    rng.shuffle(files)
    found: list[Cut] = []
    for file in files:
        drawn = (draw_cut(file.text, file.language, rng) for _ in range(CUTS_PER_FILE) if len(file.text) > MIN_BEFORE)
        found += [cut for cut in drawn if cut is not None]
        if len(found) >= CUTS_PER_PROJECT:
            break
    return found[:CUTS_PER_PROJECT]


def cuts(split: Split, seed: int) -> Iterator[Cut]:
    """All cuts of a split's projects, shuffled."""
    found = [cut for project in load_manifest() if project.split == split for cut in project_cuts(project, seed)]
    random.Random(seed).shuffle(found)
    yield from found
