"""Safe completion (Saffron-1, arXiv 2506.06444): the embedded policy, its multifurcation reward model, their measure."""
