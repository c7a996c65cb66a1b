"""What a judge's text decides, and what that earns (RM-R1, the rule-based reward of the RLVR stage)."""

LETTERS = ("A", "B")
#: The authors' code looks for the verdict in that many last characters only.
WINDOW = 80


def other(letter: str) -> str:
    """The rival's letter."""
    return "B" if letter == "A" else "A"


def verdict(output: str) -> str | None:
    """The letter whose answer tag stands at the end of ``output``; None if neither or both do."""
    end = output[-WINDOW:]
    found = [letter for letter in LETTERS if f"<answer>[[{letter}]]</answer>" in end]
    return found[0] if len(found) == 1 else None


def reward(output: str, label: str) -> float:
    """+1 for the right verdict, −1 for the wrong one, for both and for none; nothing for format or length as such."""
    return 1.0 if verdict(output) == label else -1.0
