"""A made-up depot: reads what came, puts it on shelves, and prints labels."""
