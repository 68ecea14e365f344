"""When a run stops before its last epoch, and which weights it keeps."""
