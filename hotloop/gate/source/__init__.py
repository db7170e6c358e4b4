"""Which project and which commits are judged, without touching the user's checkout."""
