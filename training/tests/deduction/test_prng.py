from verity_training.deduction.prng import Prng


def test_draws_are_those_of_mulberry32() -> None:
    # From the algorithm in JavaScript: mulberry32(1), three times 2³² times the fraction that it returns.
    rng = Prng(1)
    assert [rng.next() for _ in range(3)] == [2693262067, 11749833, 2265367787]


def test_the_same_seed_draws_the_same_and_another_does_not() -> None:
    assert Prng(7).shuffled(range(20)) == Prng(7).shuffled(range(20)) != Prng(8).shuffled(range(20))


def test_bounds_are_kept() -> None:
    rng = Prng(3)
    assert {rng.between(2, 4) for _ in range(100)} == {2, 3, 4}
