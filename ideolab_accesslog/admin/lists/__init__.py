"""The lists of the admin, one module each, and what their rows look like."""
