"""Eight kinds of work, each slower by exactly what ``known.percent`` says."""
