"""The multifurcation reward model: a decoder whose head, its own plus a bias, rewards every next token at once."""

import copy
from pathlib import Path

import torch
from peft import PeftModel
from torch import Tensor, nn

#: Adam moves each value by about the rate; a bias that goes from 0 to 1 needs longer strides than the adapters.
BIAS_STRIDE = 10.0


class RewardModel(nn.Module):
    """LoRA adapters in ``decoder`` and the bias are trained; the head's weights stay the base's."""

    def __init__(self, decoder: PeftModel) -> None:
        """Starts with a bias of zero; the published model's is an untrained initialization (PAPERS, "Checkpoint")."""
        super().__init__()
        self.decoder = decoder
        self.bias_steps = nn.Parameter(torch.zeros(self.head.shape[0]))

    @property
    def head(self) -> Tensor:
        """[vocabulary, hidden]: the base's output head."""
        weight: Tensor = self.decoder.get_base_model().get_output_embeddings().weight  # type: ignore[operator]
        return weight.detach()

    @property
    def bias(self) -> Tensor:
        """[vocabulary]"""
        return BIAS_STRIDE * self.bias_steps

    def hidden(self, tokens: Tensor) -> Tensor:
        """[batch, length] → [batch, length, hidden], after the final norm."""
        body = self.decoder.get_base_model().get_decoder()  # type: ignore[operator]
        states: Tensor = body(input_ids=tokens, use_cache=False).last_hidden_state
        return states

    def forward(self, tokens: Tensor, counted: Tensor, every: bool = False) -> Tensor:
        """Rewards of the counted next tokens, [counted]; with ``every`` of all tokens there, [counted, vocabulary]."""
        states = self.hidden(tokens[:, :-1])[counted]
        if every:
            return nn.functional.linear(states, self.head.to(states.dtype)).float() + self.bias
        observed = tokens[:, 1:][counted]
        return (states.float() * self.head[observed]).sum(-1) + self.bias[observed]


def partial_loss(observed: Tensor, rewards: Tensor) -> Tensor:
    """Partial supervision: squared errors of the observed next tokens, summed; nothing is said of the others."""
    return (observed - rewards).square().sum()


def full_loss(every: Tensor, observed: Tensor, rewards: Tensor, neutral: float, weight: float) -> Tensor:
    """The ablation: beside the observed tokens' errors, the mean square by which the others are off ``neutral``.

    Rewards of all tokens [n, vocabulary], the observed tokens' ids [n], their rewards [n] → a sum over n.
    """
    own = every.gather(1, observed[:, None]).squeeze(1)
    off = (every - neutral).square()
    others = (off.sum(1) - (own - neutral).square()) / (every.shape[1] - 1)
    return partial_loss(own, rewards) + weight * others.sum()


def save(model: RewardModel, unseen: Tensor, base_name: str, directory: Path) -> None:
    """Writes the published model's four files, which the server reads (server/safety/reward-model)."""
    adapter = copy.copy(model.decoder.peft_config["default"])
    model.decoder.peft_config["default"].base_model_name_or_path = base_name
    model.decoder.save_pretrained(str(directory), save_embedding_layers=False)
    model.decoder.peft_config["default"] = adapter
    (directory / "README.md").unlink(missing_ok=True)
    torch.save(model.bias.detach().clone(), directory / "lm_head_bias.pt")
    torch.save(unseen, directory / "unseen_mask.pt")


@torch.no_grad()
def load(base: nn.Module, directory: Path) -> tuple[RewardModel, Tensor]:
    """Model and mask from the four files."""
    decoder = PeftModel.from_pretrained(base, str(directory))
    model = RewardModel(decoder)
    model.bias_steps.copy_(torch.load(directory / "lm_head_bias.pt", weights_only=True) / BIAS_STRIDE)
    return model.eval(), torch.load(directory / "unseen_mask.pt", weights_only=True)
