"""The program killed and cut off at random instants, and what is left of it counted."""
