"""hotloop: a harness that times contenders side by side and says what may be concluded.

The harness knows neither of its subjects: ``implementations`` (the Mandelbrot
loop) and ``stream`` (a Kafka agent) meet it only in ``hotloop.commands``.
Data flows one way: measure -> record -> stats -> report.
"""

__version__ = "0.1.0"
