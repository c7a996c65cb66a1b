"""RM-R1's two training stages (arXiv 2505.02387) for any causal Hugging Face checkpoint.

``sft`` is the distillation of verified reasoning chains, ``grpo`` the reinforcement learning with a verifiable reward.
"""
