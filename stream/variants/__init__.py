"""The ladder: one file per way of consuming a topic, one idea each.

A module is named after its variant; if that is a library's own name, ``_default`` is
appended, so that ``import faust`` means the library to every reader and tool. Each has
``run(job, sink) -> Resolved``. It blocks until the sink asks to stop, stops its client
gracefully, hence with a final commit, and returns what it really ran with. ``stream.registry``
lists them.

The five lines that decode a record and pass it on are repeated in each module: a function for them
would cost every record one more call, which the fastest clients would notice.
"""
