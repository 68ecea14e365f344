"""Models: frozen descriptions that build ordinary ``torch.nn`` modules; one family a file."""
