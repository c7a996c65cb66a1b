"""Run by torchrun, twice at once: distils the toy data and takes a GRPO step. ``argv[1]`` is the folder for results."""

import sys
from pathlib import Path

import torch

from tests.rm_r1.test_grpo import settings as grpo_settings
from tests.rm_r1.test_sft import DATA, settings
from tests.rm_r1.tiny import mark_task, tiny_model
from verity_training.rm_r1 import sft
from verity_training.rm_r1.grpo import Learner

if __name__ == "__main__":
    torch.set_num_threads(1)
    out = Path(sys.argv[1])
    run = sft.train(settings(out / "sft", epochs=2), tiny_model(), DATA)
    trained = Learner(grpo_settings(out / "grpo", max_steps=2), tiny_model(), mark_task()).train()
    state = {"sft": run.plain_model.state_dict(), "grpo": trained.plain_model.state_dict()}
    torch.save(state, out / f"{run.accelerator.process_index}of{run.accelerator.num_processes}.pt")
