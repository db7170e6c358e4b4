"""hotloop: a harness that times contenders side by side and says what may be concluded.

Each thing that a user can ask for has a folder: ``compare``, ``compute``, ``streams``, ``faults``,
``gate``, ``calibrate``, ``diff``, ``tiles``, ``broker``, ``list``. Below them lie ``report`` (how a
result is shown), ``stats``, ``timing`` (who is timed when) and ``base``, which know neither of the
subjects, ``implementations`` (the Mandelbrot loop) and ``stream`` (a Kafka agent).
Data flows one way: timing -> records -> stats -> result -> report.
"""

__version__ = "0.1.0"


def load_ipython_extension(shell: object) -> None:
    """``%load_ext hotloop``: make ``%hotloop`` and ``%%hotloop`` known."""
    import importlib

    # By name, so that what reads the version does not depend on all that is measured with.
    importlib.import_module("hotloop.compare.magic").register(shell)
