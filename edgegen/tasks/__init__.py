"""What the shipped adapters are asked: questions with their right answers, for training and for probes.

``finetune.datasets`` writes the train and dev splits as training data, ``edge.probes`` asks the dev and the sealed one.
Every generator is a pure function of its options and its dice.
"""
