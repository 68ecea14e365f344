"""Torch modules that the models are built of where torch has none; one a file.

They import torch and are therefore imported inside of functions only, by the
models' `build`, and by the stack, which knows their batched forms.
"""
