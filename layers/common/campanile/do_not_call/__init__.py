"""The use cases of the do-not-call list."""
