"""Update rules for a stack of runs; one a file."""
