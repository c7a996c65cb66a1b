"""Safe completion (Saffron-1, arXiv 2506.06444): the embedded policy, its reward model, and their measure."""
