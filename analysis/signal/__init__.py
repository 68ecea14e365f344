"""Signals and gradients in deep networks before training, and the ranks of weights after it."""
