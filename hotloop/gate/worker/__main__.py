"""``python worker/__main__.py KIND REPLIES INBOX OUTBOX PARENT HEAP``: start by path, serve, end.

``python worker/__main__.py KIND list PARENT SUITE FILE`` writes the list of benchmarks instead.

KIND is the module here for this kind of suite: its ``WORKER`` serves, its ``write_list`` lists.
REPLIES is the descriptor that replies go to. The worker waits for its turn on INBOX and passes it
to its partner on OUTBOX. HEAP is the length of a block that moves the heap, PARENT the process
that it must not outlive.
"""

import importlib
import importlib.util
import os
import sys
from pathlib import Path
from typing import NoReturn

# The project under test may have modules of any other name.
PACKAGE = "_hotloop_worker"
# The argument of a worker that lists instead of serving.
LIST = "list"


def main() -> NoReturn:
    """Serve the parent that spawned us until it closes the pipe or ends."""
    arguments = sys.argv[1:]
    if not getattr(sys.flags, "safe_path", False):
        # This file's folder.
        del sys.path[0]
    sys.argv[1:] = []
    load()
    process = importlib.import_module(f"{PACKAGE}.process")
    kind = importlib.import_module(f"{PACKAGE}.{arguments.pop(0)}")
    if arguments[0] == LIST:
        process.die_with(int(arguments[1]))
        kind.write_list(*arguments[2:])
        process.flush_output()
        os._exit(0)
    replies, inbox, outbox, parent, heap_bytes = map(int, arguments)
    process.die_with(parent)
    process.end_first_when_memory_ends()
    heap = bytearray(heap_bytes)
    kind.WORKER(replies, inbox, outbox).serve()
    # Without the project's clean-up: its threads or atexit hooks must not hold us up.
    del heap
    os._exit(0)


def load() -> None:
    """Make this folder a package that can be imported, whatever sys.path says."""
    file = Path(__file__).with_name("__init__.py")
    spec = importlib.util.spec_from_file_location(
        PACKAGE, file, submodule_search_locations=[os.fspath(file.parent)]
    )
    assert spec is not None
    assert spec.loader is not None
    sys.modules[PACKAGE] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules[PACKAGE])


if __name__ == "__main__":
    main()
