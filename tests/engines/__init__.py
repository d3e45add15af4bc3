"""Real container engines in network namespaces of the tests: where the ban holds, what is closed inside."""
