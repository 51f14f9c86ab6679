"""`make demo-real`: the demo, answered by a real (and very small) language model.

    python -m tests.real.demo [options of `userbot demo`]

Starts the model's server, points the demo at it, and stops it afterwards.
"""

from __future__ import annotations

import os
import subprocess
import sys

from tests.real.llama_server import MODEL, missing, running


def main() -> int:
    """Run the demo; its exit code."""
    lacking = missing()
    if lacking:
        print(lacking, file=sys.stderr)
        return 1
    print("Starting a small model (135 million parameters: expect no wisdom) …", file=sys.stderr)
    with running() as base_url:
        # No config of the visitor's plays a part, whatever stands in this folder.
        environ = os.environ | {
            "OPENAI_BASE_URL": base_url,
            "OPENAI_API_KEY": "",
            "USERBOT_CONFIG": os.devnull + ".none",
        }
        command = [sys.executable, "-m", "userbot", "demo", "--openai", "--model", MODEL]
        return subprocess.run([*command, *sys.argv[1:]], env=environ, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
