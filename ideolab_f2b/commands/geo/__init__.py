"""The verbs of `ideolab-f2b geo`: one module for each, with its options and its exit code."""
