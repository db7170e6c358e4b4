"""The timing core: who is timed when, in processes of their own, records out."""
