"""``hotloop try``: what each technique that needs no edit gains for one function of the user's."""
