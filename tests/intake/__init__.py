"""What arrives, until it is a turn in its queue."""
