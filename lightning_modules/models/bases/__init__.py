"""Hand-made bases: features that are chosen, not learned; one a file."""
