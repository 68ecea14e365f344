"""The questions, one file each, and the command line."""
