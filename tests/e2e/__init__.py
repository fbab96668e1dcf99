"""The whole node: real broker, real model, real database, foreign clients."""
