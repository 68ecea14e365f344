"""The recipe for training a network in seven steps, each green or red with its reason."""
