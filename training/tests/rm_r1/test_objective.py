"""GRPO's objective against numbers worked out by hand and against an independent formula."""

import math

import pytest
import torch

from verity_training.rm_r1.objective import advantages, clipped_surrogate, constant, kl_estimate, token_weights


def test_advantages_by_hand() -> None:
    # Mean 0, standard deviation sqrt(4/3): ±0.8660; mean −0.5, deviation 1: 1.5 and −0.5.
    found = advantages(torch.tensor([[1.0, -1.0, 1.0, -1.0], [1.0, -1.0, -1.0, -1.0]]))
    expected = torch.tensor([[0.8660, -0.8660, 0.8660, -0.8660], [1.5, -0.5, -0.5, -0.5]])
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=0)


@pytest.mark.parametrize("value", [1.0, -1.0, 0.1])
def test_a_constant_group_has_no_advantage(value: float) -> None:
    rewards = torch.full((1, 7), value)
    assert constant(rewards).tolist() == [True]
    assert advantages(rewards).tolist() == [[0.0] * 7]


def test_surrogate_by_hand() -> None:
    """Ratios 1.5, 1.5, 0.5, 0.5, 1.1 with advantages 2, −2, 2, −2, 2 and clip 0.2."""
    old = torch.full((5,), math.log(0.4))
    now = (torch.tensor([0.6, 0.6, 0.2, 0.2, 0.44])).log().requires_grad_()
    loss, clipped = clipped_surrogate(now, old, torch.tensor([2.0, -2.0, 2.0, -2.0, 2.0]), 0.2)
    # 1.2·2; 1.5·−2 (the worse one counts); 0.5·2; 0.8·−2; 1.1·2.
    torch.testing.assert_close(loss, torch.tensor([-2.4, 3.0, -1.0, 1.6, -2.2]))
    assert clipped.tolist() == [True, False, False, True, False]
    loss.sum().backward()
    assert now.grad is not None
    torch.testing.assert_close(now.grad, torch.tensor([0.0, 3.0, -1.0, 0.0, -2.2]))


def test_objective_agrees_with_the_formula_written_per_response() -> None:
    """DeepSeekMath's equation, response by response, in plain Python numbers."""
    generator = torch.Generator().manual_seed(1)
    lengths, clip, beta = [3, 1, 4, 2], 0.2, 0.04
    old, now, reference = (torch.rand(10, generator=generator) - 2 for _ in range(3))
    rewards = [1.0, -1.0, -1.0, -1.0]
    mean = sum(rewards) / 4
    deviation = math.sqrt(sum((value - mean) ** 2 for value in rewards) / 3)

    expected, at = 0.0, 0
    for length, value in zip(lengths, rewards, strict=True):
        advantage, inner = (value - mean) / deviation, 0.0
        for t in range(at, at + length):
            ratio = math.exp(now[t] - old[t])
            limited = min(max(ratio, 1 - clip), 1 + clip)
            rho = math.exp(reference[t]) / math.exp(now[t])
            inner += min(ratio * advantage, limited * advantage) - beta * (rho - math.log(rho) - 1)
        expected += inner / length / 4
        at += length

    weights = torch.tensor(token_weights(lengths, "response", 10, 4)).repeat_interleave(torch.tensor(lengths))
    advantage_of = advantages(torch.tensor([rewards]))[0].repeat_interleave(torch.tensor(lengths))
    losses, _ = clipped_surrogate(now, old, advantage_of, clip)
    found = -(weights * (losses + beta * kl_estimate(now, reference))).sum()
    assert found.item() == pytest.approx(expected, abs=1e-5)


def test_weights_of_tokens_and_of_responses() -> None:
    assert token_weights([1, 3], "token", 4, 2) == [0.25, 0.25]
    assert token_weights([1, 4], "response", 5, 2) == [0.5, 0.125]


def test_kl_estimate_is_never_negative_and_right_on_average() -> None:
    generator = torch.Generator().manual_seed(0)
    logits, other = torch.randn(2, 6, generator=generator).double()
    p, q = logits.log_softmax(0), other.log_softmax(0)
    each = kl_estimate(p, q)
    assert (each >= 0).all()
    assert kl_estimate(p, p).abs().max() == 0
    assert (p.exp() * each).sum().item() == pytest.approx((p.exp() * (p - q)).sum().item(), abs=1e-9)
