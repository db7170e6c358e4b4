"""One benchmark."""
