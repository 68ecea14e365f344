"""Augmentation: what is done to training examples anew each time they are seen; one kind a file."""
