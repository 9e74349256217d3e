"""Real little implementations of the protocols, in memory. They serve unit tests, never a claim."""
