"""The stages for any Hugging Face checkpoint, from settings and files to a checkpoint."""

from pathlib import Path

from ..rm_r1 import policy, sft
from .anchor import DeductionLearner
from .config import DeductionGrpoSettings, DeductionSftSettings
from .questions import Judge, encoder_for, load


def run_sft(settings: DeductionSftSettings) -> None:
    """Cross entropy on the ground-truth trajectories."""
    tokenizer = policy.load_tokenizer(settings)
    questions = load(Path(settings.data), encoder_for(tokenizer), settings.max_tokens)
    run = sft.train(settings, policy.load_policy(settings), [question.sequence for question in questions])
    if run.accelerator.is_main_process:
        policy.save(settings, run.plain_model, tokenizer)


def run_grpo(settings: DeductionGrpoSettings) -> None:
    """GRPO or ACNCHOR, after SFT or not: the checkpoint says which."""
    tokenizer = policy.load_tokenizer(settings)
    encoder = encoder_for(tokenizer)
    questions = load(Path(settings.data), encoder, settings.max_prompt + settings.max_response)
    learner = DeductionLearner(settings, policy.load_policy(settings), questions, Judge(encoder.decode, encoder.end))
    run = learner.train()
    if run.accelerator.is_main_process:
        policy.save(settings, run.plain_model, tokenizer)
