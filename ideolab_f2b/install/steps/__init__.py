"""The kinds of things that an install puts on a host; each step can undo itself."""
