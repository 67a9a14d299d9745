"""The block algebra on a CPU: forward-backward, sampling and Viterbi over sparse edges.

Symbols: L positions, V tokens, A atoms, S token sets, E edges, N states and DONE. Sums of
probabilities are kept as `m * 2**e` (`scaled.py`): no logarithm is taken between the vocabulary and
the result, and nothing underflows, however unlikely what a language forces.
Source: Rabiner, A Tutorial on Hidden Markov Models (1989); the reduction to atoms is DESIGN.md §2.
"""
