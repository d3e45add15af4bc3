"""The verbs of `ideolab-f2b asn`: one module for each, with its options and its exit code."""
