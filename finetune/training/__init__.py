"""One training, from a checked recipe to a filled run folder; ``finetune.run`` begins it or goes on with it."""
