"""What writes a run for a tracker, one a file."""
