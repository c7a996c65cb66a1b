"""The card says what eval.json says."""

from verity_training.card import card, table

CURVE = [{"step": 2800.0, "tokens": 19e6, "heldout_decision_accuracy": 0.8655}]
GROUP = {"pairs": 4, "bothRight": 0.25}
FIGURES = {
    "pairs": 4,
    "orderAccuracy": 0.8125,
    "agreement": 0.75,
    "accuracyWhereAgreed": 0.9,
    "bothRight": 0.7031,
    "noVerdict": 0.015,
    "expectedCalibrationError": 0.0321,
    "medianMs": 412.4,
    "machine": {"cores": 2, "cpu": "some processor"},
    "calibration": [
        {"from": 0.5, "pairs": 1, "accuracy": 0.0},
        {"from": 0.6, "pairs": 1, "accuracy": 1.0},
        {"from": 0.9, "pairs": 1, "accuracy": 0.32},
    ],
    "byLanguage": {"python": GROUP},
    "byBug": {"off by one": GROUP},
}


def test_card_holds_the_measured_figures() -> None:
    text = card(FIGURES, CURVE, training_pairs=123456)
    for figure in (
        "81.2 %",
        "75.0 %",
        "90.0 %",
        "70.3 %",
        "1.5 %",
        "| 50.0 % |",
        "| 66.0 % |",
        "0.032",
        "412 ms",
        "19.0 million",
        "123,456",
    ):
        assert figure in text, figure


def test_tables_list_the_best_group_first() -> None:
    rows = table({"worse": {"pairs": 1, "bothRight": 0.1}, "better": {"pairs": 2, "bothRight": 0.9}}).split("\n")
    assert rows[2:] == ["| better | 2 | 90.0 % |", "| worse | 1 | 10.0 % |"]
