"""Random inputs against the stream: login files, addresses."""
