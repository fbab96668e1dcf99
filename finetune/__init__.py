"""The fine-tuning plane, for a GPU box."""
