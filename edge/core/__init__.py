"""Decisions only: no I/O, no clock, no threads. Time is an argument, in monotonic seconds."""
