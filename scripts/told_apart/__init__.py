"""Two functions that differ by 1 %, and two that are equal: who tells them apart, and who errs."""
