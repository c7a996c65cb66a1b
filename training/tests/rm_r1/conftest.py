"""Tiny models are fastest on one thread, and equal sums need an equal order of additions."""

import torch

torch.set_num_threads(1)
