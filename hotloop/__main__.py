"""``python -m hotloop``, the same as the ``hotloop`` command."""

import sys

if __name__ == "__main__":
    # -m puts the current folder first on the path, where the project under test may have a
    # random.py or a numpy of its own. Keep it only if hotloop itself is there, not installed.
    if not sys.flags.safe_path and __file__ != f"{sys.path[0]}/hotloop/__main__.py":
        del sys.path[0]

    from hotloop.cli import main

    sys.exit(main())
