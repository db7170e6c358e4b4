"""``hotloop calibrate``: how noisy a suite is here, and how the gate would judge it."""
