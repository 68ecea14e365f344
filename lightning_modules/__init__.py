"""What is trained and how: recipes, data, models, optimizers, schedules, and the stack that trains many at once."""
