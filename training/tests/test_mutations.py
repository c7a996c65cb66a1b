"""Every bug class is injected where it should be, and the result still parses."""

import random

import pytest

from verity_training.dataset import _pairs_of
from verity_training.mutations import all_mutations
from verity_training.snippets import Snippet, extract, render
from verity_training.sources import Project, SourceFile

PYTHON = """
def total(items, limit=None):
    count = 0
    for item in items:
        if item is None:
            continue
        if count > 10 and item.active:
            break
        count += item.price
    return round(count)


async def fetch(client, path, seen):
    if path in seen:
        return None
    try:
        reply = await client.get(path, timeout=2)
        seen.append(path)
    except OSError:
        raise
    client.close()
    return parse(reply, path)
"""

TYPESCRIPT = """
function pages(total: number, size: number): number[] {
  const list = [];
  for (let page = 0; page < total / size; page++) {
    if (!list.includes(page)) list.push(page + 1);
    list.push(page);
  }
  return list.slice(0, list.length);
}

async function load(store: Store, key: string) {
  if (key === undefined) {
    throw new Error("no key");
  }
  const found = await store.find(key, true);
  store.release(key);
  switch (found?.kind) {
    case 1:
      handle(key);
      break;
    default:
      store.add(found);
  }
  return found && Math.max(found.width, found.height);
}
"""


def snippets(language: str, text: str) -> list[Snippet]:
    return list(extract(SourceFile(Project("pypi", "sample", "1", "MIT", "train"), "sample", language, text)))


def mutants(language: str, text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for snippet in snippets(language, text):
        for mutation in all_mutations(snippet):
            found.setdefault(mutation.bug, []).append(render(snippet.source, snippet.root, list(mutation.edits)))
    return found


@pytest.mark.parametrize(
    ("bug", "line"),
    [
        ("inverted condition", "if item is not None:"),
        ("wrong comparison", "if count < 10 and item.active:"),
        ("off by one", "if count >= 10 and item.active:"),
        ("wrong logical operator", "if count > 10 or item.active:"),
        ("dropped condition", "if item.active:"),
        ("lost accumulation", "count = item.price"),
        ("wrong jump", "break"),
        ("return inside the loop", "        return round(count)"),
        ("missing return", "    round(count)"),
        ("mutable default", "def total(items, limit=[]):"),
        ("missing await", "reply = client.get(path, timeout=2)"),
        ("swapped arguments", "return parse(path, reply)"),
        ("swallowed exception", "pass"),
        ("wrong constant", "count = 1"),
    ],
)
def test_python_bugs(bug: str, line: str) -> None:
    assert any(line in mutant for mutant in mutants("python", PYTHON)[bug])


@pytest.mark.parametrize(
    ("bug", "line"),
    [
        ("off by one", "page <= total / size"),
        ("wrong arithmetic operator", "page < total * size"),
        ("inverted condition", "if (list.includes(page)) list.push"),
        ("wrong method", "Math.min(found.width, found.height)"),
        ("missing await", "const found = store.find(key, true);"),
        ("dropped null check", "switch (found.kind)"),
        ("flipped boolean", "store.find(key, false)"),
        ("wrong logical operator", "return found || Math.max"),
        ("wrong variable", "list.push(total)"),
    ],
)
def test_typescript_bugs(bug: str, line: str) -> None:
    assert any(line in mutant for mutant in mutants("typescript", TYPESCRIPT)[bug])


def test_dropped_lines_are_gone() -> None:
    found = mutants("typescript", TYPESCRIPT)
    assert any("store.release" not in mutant for mutant in found["resource leak"])
    assert any("no key" not in mutant for mutant in found["dropped guard"])
    assert any("break" not in mutant for mutant in found["missing break"])


@pytest.mark.parametrize(("language", "text"), [("python", PYTHON), ("typescript", TYPESCRIPT)])
def test_every_mutant_parses_and_differs(language: str, text: str) -> None:
    originals = {snippet.text for snippet in snippets(language, text)}
    for bug, found in mutants(language, text).items():
        for mutant in found:
            assert mutant not in originals, bug
            # `return` dropped before an object or a stray exit changes no syntax: one function, no error node.
            assert len(snippets(language, mutant)) == 1, f"{bug}:\n{mutant}"


def test_pairs_follow_from_the_seed() -> None:
    snippet = snippets("python", PYTHON)[0]
    first = list(_pairs_of(snippet, random.Random(3)))
    assert first == list(_pairs_of(snippet, random.Random(3)))
    assert len({pair.bug for pair in first}) == len(first) > 3
    assert all(pair.right_lines != pair.wrong_lines for pair in first)
