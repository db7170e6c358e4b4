"""``hotloop compute``: the Mandelbrot ladder."""
