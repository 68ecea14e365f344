"""Batched layers: one kind a file, each the stacked form of a torch module."""
