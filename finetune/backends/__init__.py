"""What loads the base and computes: PEFT everywhere."""
