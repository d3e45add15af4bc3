"""The access log: who asks, the row about a request, and where rows are stored."""
