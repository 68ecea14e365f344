"""What studies measure of their finished runs, one file each."""
