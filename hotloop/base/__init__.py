"""The ground floor: errors, exit codes, clock, files, units, text of others, storage."""
