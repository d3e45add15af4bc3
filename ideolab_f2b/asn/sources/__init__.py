"""The files that vendors and registries offer become rows; what is no row is refused, counted and shown."""
