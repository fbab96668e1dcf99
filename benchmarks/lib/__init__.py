"""What the benchmarks share: the machine's facts, processes of ours and of the peers, load, tables."""
