"""Short pages that `atlas help TOPIC` prints: each is a module's docstring, and then those of what it names."""
