"""Classifiers that are not networks, to compare networks with; one a file."""
