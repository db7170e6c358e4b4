"""``hotloop calibrate``: how noisy a suite is here, and what the gate would make of it."""
