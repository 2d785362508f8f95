"""Runs every file of this folder, one after the other, and writes docs/benchmarks.md: `make bench`.

A file that fails does not keep the others from being run; the exit code says that one did.
"""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import TextIO

FOLDER = Path(__file__).parent


def main(arguments: list[str]) -> int:
    kept = FOLDER.parent / "var" / "bench.jsonl"
    kept.parent.mkdir(exist_ok=True)
    failed = False
    with kept.open("w") as file:
        for name in sorted(path.stem for path in FOLDER.glob("[!_]*.py")):
            began = time.perf_counter()
            wrong = _run([sys.executable, "-m", f"benchmarks.{name}", "--json", *arguments], file)
            failed = failed or wrong
            _say(json.dumps({"file": name, "seconds": time.perf_counter() - began, "failed": wrong}) + "\n", file)
    report = [sys.executable, "-m", "benchmarks._report", str(kept), str(FOLDER.parent / "docs" / "benchmarks.md")]
    return subprocess.run(report, check=False).returncode or int(failed)


def _run(command: list[str], file: TextIO) -> bool:
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=FOLDER.parent) as running:
        for text in running.stdout or ():
            _say(text, file)
    return running.returncode != 0


def _say(text: str, file: TextIO) -> None:
    print(text, end="", flush=True)
    file.write(text)
    file.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
