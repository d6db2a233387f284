"""Push and pull generated documents through a real server, and measure time and memory on our side.

    python scripts/bench_label_studio.py --tasks 500 5000

A server is started in a temporary folder (installed first if need be). The documents are those of bench_validate.py:
300 words, 40 spans and 15 relations each, pushed with their annotations. Each command is a process of its own, start-up
included; peak memory is the operating system's, of the command alone. Needs the extra `label-studio`.
"""

import argparse
import hashlib
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

from bench_validate import generated_document
from strife.labelstudio import server
from strife.model import encode


def run(name: str, studio: server.Studio, command: list[str]) -> None:
    """Run a strife command against the server; print seconds, peak megabytes, and its last line."""
    begin = time.perf_counter()
    read, write = os.pipe()
    surroundings = os.environ | {"LABEL_STUDIO_URL": studio.url, "LABEL_STUDIO_API_KEY": studio.token}
    actions = [(os.POSIX_SPAWN_DUP2, write, 1)]
    program = [sys.executable, "-m", "strife.cli", "label-studio", *command]
    process = os.posix_spawn(sys.executable, program, surroundings, file_actions=actions)
    os.close(write)
    with os.fdopen(read, encoding="utf-8") as output:
        lines = output.read().splitlines()
    _, status, usage = os.wait4(process, 0)
    seconds = time.perf_counter() - begin
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        sys.exit(f"{name} failed: {lines[-3:]}")
    if usage.ru_maxrss <= resource.getrusage(resource.RUSAGE_SELF).ru_maxrss:
        sys.exit("a process begins with the peak of the one that starts it, and this one has grown too large")
    said = next((line for line in reversed(lines) if not line.startswith("http")), "")
    print(f"{name:<22} {seconds:8.1f} s {usage.ru_maxrss / 1024:6.0f} MB   {said}", flush=True)


def peak(process: int) -> float:
    """The most memory that a process has had so far, in megabytes (Linux)."""
    lines = Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def digests(folder: Path) -> dict[str, bytes]:
    """The hash of each file."""
    found = {}
    for path in folder.iterdir():
        with path.open("rb") as file:
            found[path.name] = hashlib.file_digest(file, "sha256").digest()
    return found


def measure(tasks: int, studio: server.Studio, folder: Path) -> None:
    """All commands on a project of so many tasks."""
    source = folder / f"documents-{tasks}.jsonl"
    with source.open("wb") as file:
        file.writelines(encode(generated_document(number)) + b"\n" for number in range(1, tasks + 1))
    print(f"\n{tasks} tasks, {source.stat().st_size / 1e6:.1f} MB of documents")
    project = ["--project", f"bench {tasks}"]
    push = ["push", str(source), *project, "--send", "annotations"]
    run("push", studio, push)
    run("push again", studio, push)
    batch = folder / f"batch-{tasks}"
    pull = ["pull", *project, "--out", str(batch)]
    run("pull, per document", studio, [*pull, "--per-document"])
    before = digests(batch)
    run("pull again, all rules", studio, pull)
    print(
        f"same bytes: {before == digests(batch)}, {(batch / 'tasks.json').stat().st_size / 1e6:.1f} MB; "
        f"the server's peak so far: {peak(studio.process.pid):.0f} MB"
    )
    run("status", studio, ["status", *project])
    run("flag", studio, ["flag", *project])


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, nargs="+", default=[500, 5000])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, server.serving(Path(folder) / "data", say=print) as studio:
        for tasks in options.tasks:
            measure(tasks, studio, Path(folder))


if __name__ == "__main__":
    main()
