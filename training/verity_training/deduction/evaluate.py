"""How the embedded model does on what is held out: honesty and over-abstention apart, by depth."""

import json
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from . import data, heldout, names
from .decoding import Decoder
from .instances import FORMALIZE, LA, Instance, deduce_prompt
from .rewards import Verdict, verdict
from .trajectories import Trace, solve_prices, solve_propositions

#: Beside the weights.
EVALUATION = "eval.json"
MAX_FORMAL, EXTRA = 96, 64


def relabelled(found: Instance, first_label: int) -> str:
    """The ground truth with labels from another start."""
    solve: Any = solve_prices if found.task == LA else solve_propositions
    trace: Trace = solve(found.statements, found.goal, first_label, 10_000)[1]
    return "".join(f"{line}\n" for line in trace.lines) + f"= {found.answer}"


def deduce(decoder: Decoder, instances: list[Instance]) -> list[str]:
    """The model's completions on formal premises."""
    prompts, truths = [item.prompt for item in instances], [item.completion for item in instances]
    starts = decoder.favourite_label(prompts, truths)
    likely = [
        truth if start is None else relabelled(item, start)
        for item, truth, start in zip(instances, truths, starts, strict=True)
    ]
    longest = max(len(decoder.tokenizer.encode(truth).ids) for truth in truths)
    return decoder.answers(prompts, likely, longest + EXTRA)


def figures(pairs: Iterable[tuple[Instance, Verdict]]) -> dict[str, float]:
    """Shares of one group. Unwarranted: an answer where none follows; over-abstention: none where one does."""
    pairs = list(pairs)
    answerable = [v for item, v in pairs if item.shape.answerable]
    unanswerable = [v for item, v in pairs if not item.shape.answerable]

    def share(verdicts: list[Verdict], kind: str) -> float:
        return sum(getattr(v, kind) for v in verdicts) / max(1, len(verdicts))

    return {
        "instances": len(pairs),
        "right": share([v for _, v in pairs], "right"),
        "answerable_right": share(answerable, "right"),
        "unanswerable_right": share(unanswerable, "right"),
        "unwarranted": sum(v.formed and not v.abstained for v in unanswerable) / max(1, len(unanswerable)),
        "over_abstention": share(answerable, "abstained"),
        "malformed": 1 - share([v for _, v in pairs], "formed"),
    }


def grouped(instances: list[Instance], completions: list[str]) -> dict[str, Any]:
    """Figures by task and depth, at the training depths, and at twice the largest."""
    judged = [
        (item, verdict(completion, True, item.answer)) for item, completion in zip(instances, completions, strict=True)
    ]
    groups: dict[str, list[tuple[Instance, Verdict]]] = defaultdict(list)
    for item, found in judged:
        depth = item.shape.depth
        groups["training depths" if depth <= data.LARGEST_DEPTH else "twice the largest depth"].append((item, found))
        groups[f"{item.task} depth {depth}"].append((item, found))
    exact = [item for item, text in zip(instances, completions, strict=True) if _same(item, text)]
    return {"groups": {name: figures(group) for name, group in groups.items()}, "exact_trajectories": len(exact)}


def _same(item: Instance, completion: str) -> bool:
    """Whether a completion is the ground truth but for where its labels start."""
    return any(relabelled(item, start) == completion for start in range(26))


def formalize(decoder: Decoder, sentences: list[tuple[str, str]]) -> list[str]:
    """The model's formals of (sentence, likely formal) pairs."""
    prompts = [f"{FORMALIZE}{sentence}\n" for sentence, _ in sentences]
    return decoder.answers(prompts, [formal for _, formal in sentences], MAX_FORMAL)


def formalize_figures(decoder: Decoder) -> dict[str, Any]:
    """Share of sentences formalized exactly: held-out wordings and names, by relation."""
    examples = [data.formalize_example(seed, names.HELDOUT) for seed in range(1, heldout.SENTENCES + 1)]
    pairs = [(str(e["prompt"]).removeprefix(FORMALIZE).rstrip("\n"), str(e["completion"])) for e in examples]
    answers = formalize(decoder, pairs)
    by_kind: dict[str, list[bool]] = defaultdict(list)
    wrong = []
    for example, (sentence, formal), answer in zip(examples, pairs, answers, strict=True):
        by_kind[str(example["kind"])].append(answer == formal)
        if answer != formal:
            wrong.append({"sentence": sentence, "formal": formal, "model": answer})
    marks = [mark for kind in by_kind.values() for mark in kind]
    return {
        "sentences": len(marks),
        "right": sum(marks) / len(marks),
        "by_relation": {kind: {"sentences": len(m), "right": sum(m) / len(m)} for kind, m in sorted(by_kind.items())},
        "wrong": wrong[:40],
    }


def end_to_end(decoder: Decoder, instances: list[Instance]) -> dict[str, float]:
    """From sentences to the answer: what the model formalized is what it deduces from."""
    told = [heldout.in_words(item) for item in instances]
    sentences = [
        (sentence, formal)
        for item, (premises, question) in zip(instances, told, strict=True)
        for sentence, formal in zip([*premises, question], [*item.formal, item.goal_line], strict=True)
    ]
    written = iter(formalize(decoder, sentences))
    prompts, likely, faithful = [], [], 0
    for item, (premises, _) in zip(instances, told, strict=True):
        formal = [next(written) for _ in premises]
        goal = next(written)
        faithful += formal == item.formal and goal == item.goal_line
        prompts.append(deduce_prompt([text for text in formal if text != "none"], goal))
        likely.append(item.completion)
    starts = decoder.favourite_label(prompts, likely)
    likely = [t if s is None else relabelled(i, s) for i, t, s in zip(instances, likely, starts, strict=True)]
    longest = max(len(decoder.tokenizer.encode(text).ids) for text in likely)
    completions = decoder.answers(prompts, likely, longest + EXTRA)
    judged = [(item, verdict(text, True, item.answer)) for item, text in zip(instances, completions, strict=True)]
    return {"all_sentences_right": faithful / len(instances), **figures(judged)}


def evaluate(decoder: Decoder, each: int = heldout.EACH) -> dict[str, Any]:
    """All figures of the model card."""
    instances = list(heldout.instances(each))
    completions = deduce(decoder, instances)
    shallow = [item for item in instances if item.shape.depth <= data.LARGEST_DEPTH]
    return {
        "deduce": grouped(instances, completions),
        "formalize": formalize_figures(decoder),
        "end_to_end": end_to_end(decoder, shallow[:: max(1, len(shallow) // 120)]),
    }


def main(model: Path, out: Path) -> None:
    """Measures a checkpoint directory."""
    from tokenizers import Tokenizer
    from transformers import AutoModelForCausalLM

    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
    decoder = Decoder(AutoModelForCausalLM.from_pretrained(model).float(), tokenizer, 1)
    out.write_text(json.dumps(evaluate(decoder), indent=2) + "\n")
