"""Activation functions; one a file."""
