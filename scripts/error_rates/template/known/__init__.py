"""Work whose cost is known: each function repeats one fixed piece of it so many times."""
