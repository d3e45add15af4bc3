"""The rows of events: made of a line, inserted, counted."""
