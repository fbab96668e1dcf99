"""The probe suite: what a model must still know before it may answer devices."""
