"""Initial weights; one scheme a file, each stating its variance."""
