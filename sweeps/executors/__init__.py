"""Where stacks are trained: in this process or in workers of this machine."""
