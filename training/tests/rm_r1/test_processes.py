"""Data parallelism on two CPU processes: the same batch, shared, is the same step."""

import os
import subprocess
import sys
from pathlib import Path

import torch

from tests.rm_r1.test_sft import DATA, settings
from tests.rm_r1.tiny import tiny_model
from verity_training.rm_r1 import sft

TRAINING = Path(__file__).parents[2]


def test_two_processes_train_what_one_does_and_stay_equal(tmp_path: Path) -> None:
    alone = sft.train(settings(tmp_path / "alone", epochs=2), tiny_model(), DATA).plain_model.state_dict()
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    subprocess.run(
        [*launch, "-m", "tests.rm_r1.two_processes", str(tmp_path)],
        cwd=TRAINING,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        check=True,
    )
    first, second = (torch.load(tmp_path / f"{index}of2.pt", weights_only=True) for index in range(2))
    for name, weight in alone.items():
        torch.testing.assert_close(first["sft"][name], weight, atol=1e-5, rtol=1e-4)
        assert torch.equal(first["sft"][name], second["sft"][name])
        assert torch.equal(first["grpo"][name], second["grpo"][name])
