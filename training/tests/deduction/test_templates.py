from verity_training.deduction import data, names
from verity_training.deduction.formal import Definition, Literal
from verity_training.deduction.prng import Prng
from verity_training.deduction.templates import TEMPLATES, Writer


def test_every_relation_has_eight_wordings_and_held_out_ones_apart() -> None:
    for relation, wordings in TEMPLATES.items():
        train, heldout = set(wordings[names.TRAIN]), set(wordings[names.HELDOUT])
        assert len(train) >= (3 if relation == "negation" else 8), relation
        assert heldout, relation
        assert not train & heldout, relation


def test_a_sentence_holds_the_words_and_numbers_of_its_formal() -> None:
    for seed in range(300):
        example = data.formalize_example(seed)
        sentence, formal = str(example["prompt"]).lower(), str(example["completion"])
        for name in formal.replace("]", "[").split("[")[1::2]:
            assert all(word in sentence for word in name.split()), (sentence, formal)


def test_a_negated_atom_keeps_its_words_in_order() -> None:
    assert Writer(Prng(3)).clause(Literal("the lamp is on", False)) in (
        "the lamp is not on",
        "the lamp isn't on",
        *(template.format(p="the lamp is on") for template in TEMPLATES["negation"]["train"]),
    )


def test_formulas_as_sentences_take_no_article() -> None:
    sentences = {Writer(Prng(seed)).price(Definition("tea", 2, "soup")) for seed in range(200)}
    assert "tea = soup + 2" in sentences
    assert not any("the" in sentence.lower().split() and "=" in sentence for sentence in sentences)
