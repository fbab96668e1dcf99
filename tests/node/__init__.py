"""The node, with a fake clock and a scripted engine."""
