"""`make demo-real`: the demo, heard and answered by real (and very small) models.

    python -m tests.real.demo [options of `userbot demo`]

Starts the servers of both models, points the demo at them, and stops them afterwards.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.real import llama_server, whisper_server

CONFIG = """
[telegram]
api_id = 94575
api_hash = "5f1c7e0a9b3d4e6f8a2c1d0b7e9f3a5c"
[openai]
base_url = "{model}"
model = "{model_name}"
[voice]
base_url = "{whisper}"
model = "{whisper_name}"
"""
"""The demo logs in to its own Telegram: what stands under [telegram] is never used."""


def main() -> int:
    """Run the demo; its exit code."""
    lacking = " ".join(filter(None, (llama_server.missing(), whisper_server.missing())))
    if lacking:
        print(lacking, file=sys.stderr)
        return 1
    print("Starting a small model (135 million parameters: expect no wisdom) …", file=sys.stderr)
    with (
        llama_server.running() as model,
        whisper_server.running() as whisper,
        tempfile.TemporaryDirectory(prefix="userbot-demo-real-") as folder,
    ):
        config = Path(folder) / "config.toml"
        config.write_text(
            CONFIG.format(
                model=model,
                model_name=llama_server.MODEL,
                whisper=whisper,
                whisper_name=whisper_server.MODEL,
            )
        )
        config.chmod(0o600)
        # No key of the visitor's plays a part.
        environ = {
            name: value for name, value in os.environ.items() if not name.startswith("OPENAI_")
        }
        command = [sys.executable, "-m", "userbot", "demo", "--openai", "--config", str(config)]
        return subprocess.run([*command, *sys.argv[1:]], env=environ, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
