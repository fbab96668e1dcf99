"""The export plane: from an adapter to a signed, proven bundle."""
