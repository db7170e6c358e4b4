"""``hotloop try``: what each technique that needs no edit buys for one function of the user's."""
