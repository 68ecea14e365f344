"""A stack of the benchmark's networks in JAX, in an environment and a process of its own."""
