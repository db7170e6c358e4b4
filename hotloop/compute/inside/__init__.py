"""What runs in other interpreters: any Python from 3.8 on, nothing but its standard library."""
