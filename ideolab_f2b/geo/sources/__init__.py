"""The files of vendors: which kind one is, and its rows."""
