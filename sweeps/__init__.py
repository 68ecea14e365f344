"""Which runs there are, and that they get done: studies, search, driver, executors, store and tracking."""
