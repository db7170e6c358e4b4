"""Writes the recorded lists of jars: ``python -m stream.kafka.jars_record``.

Resolves each set's roots with jgo, fetches every jar and writes its checksum. Run it
after changing a version in ``stream.kafka.jars``; read the difference before committing it.
"""

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from hotloop.base.files import write_whole
from stream.kafka.jars import SETS, JarSet, list_path, sha256_of
from stream.kafka.jars_fetch import maven_context

if TYPE_CHECKING:
    from jgo.maven import Artifact, MavenContext


def record(jar_set: JarSet, context: "MavenContext") -> str:
    """The text of a set's list: one line of sum and place for each jar, in order of place."""
    lines = {}
    for artifact in _resolve(jar_set, context).values():
        path = artifact.resolve()
        lines[(artifact.component.path_prefix / path.name).as_posix()] = sha256_of(path)
    return "".join(f"{lines[place]}  {place}\n" for place in sorted(lines))


def _resolve(jar_set: JarSet, context: "MavenContext") -> "dict[tuple[str, str], Artifact]":
    """Every artifact of the set by (group, name).

    Each root is resolved by itself: jgo reads the roots of one resolution as bills of
    materials too, and log4j's would then choose the version of Kafka's own clients. The
    first root that names a jar decides its version.
    """
    from jgo.parse import Coordinate

    chosen: dict[tuple[str, str], Artifact] = {}
    for root in jar_set.roots:
        dependency = context.create_dependency(Coordinate.parse(root.coordinate))
        found = [dependency]
        if not root.alone:
            inputs, transitive = context.resolver.resolve([dependency])
            found = inputs + [one for one in transitive if one.scope in ("compile", "runtime")]
        for one in found:
            chosen.setdefault((one.groupId, one.artifactId), one.artifact)
    return chosen


def main() -> int:
    """Write every set's list."""
    with tempfile.TemporaryDirectory(prefix="hotloop-jars-") as private:
        context = maven_context(Path(private))
        for jar_set in SETS:
            text = record(jar_set, context)
            write_whole(list_path(jar_set), text.encode("ascii"))
            sys.stderr.write(f"{list_path(jar_set)}: {text.count(chr(10))} jars\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
