"""The ground floor: errors, exit codes, clock, files, units, text from others, storage."""
