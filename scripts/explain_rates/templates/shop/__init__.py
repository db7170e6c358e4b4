"""A made-up shop: parses orders, prices them, and reports."""
