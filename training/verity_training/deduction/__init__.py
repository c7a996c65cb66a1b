"""Honest deduction (arXiv 2511.09222): data with proved labels, SFT, GRPO and ACNCHOR, the embedded model."""
