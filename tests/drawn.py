"""What hypothesis draws in several files of tests."""

from hypothesis import strategies as st

CHARACTERS = st.characters(exclude_categories=["Cs"])
"""Those of ``st.text()``, which asks UTF-8 for each one that there is: three CPU seconds in a new
folder, for each process that draws some meanwhile."""
