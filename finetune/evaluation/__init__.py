"""What a model knows, what a fine-tuning changed, and what it forgot: offline, from local files."""
