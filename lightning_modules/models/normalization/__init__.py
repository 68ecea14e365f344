"""Normalization layers of convolutional networks; one a file."""
