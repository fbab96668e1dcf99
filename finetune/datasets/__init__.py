"""Training data that is made, not collected: seeded generators with splits (``edgegen finetune generate``)."""
