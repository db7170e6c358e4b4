"""The recipe in one terminal: a broker, the app beside it, both stopped after ten seconds."""

import os
import signal
import subprocess
import sys

from hotloop.base.errors import HotloopError
from stream import broker
from stream.cluster.addresses import urls
from stream.environment import python, search_path

RUN_S = 10.0
STOP_WITHIN_S = 30.0


def main() -> int:
    """Run the demonstration; the app prints, the exit code is its own."""
    try:
        with broker.start(say=_say) as running:
            return _show(running.bootstrap)
    except HotloopError as error:
        _say(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def _show(bootstrap: str) -> int:
    _say(f"the app reads and writes {bootstrap} for {RUN_S:g} s")
    app = subprocess.Popen(
        python("stream.app", "worker"),
        env=os.environ | {"BROKER_URL": ";".join(urls(bootstrap)), "PYTHONPATH": search_path()},
    )
    try:
        app.wait(RUN_S)
    except subprocess.TimeoutExpired:
        app.send_signal(signal.SIGINT)
    finally:
        # After Ctrl-C too, which the app got as well: it is in the same terminal.
        _end(app)
    return HotloopError.exit_code if app.returncode else 0


def _end(app: subprocess.Popen[bytes]) -> None:
    try:
        app.wait(STOP_WITHIN_S)
    except subprocess.TimeoutExpired:
        app.kill()
        app.wait()


def _say(line: str) -> None:
    print(f"hotloop: {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
