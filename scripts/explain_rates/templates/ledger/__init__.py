"""A made-up ledger: reads bookings, books them to accounts, and prints statements."""
