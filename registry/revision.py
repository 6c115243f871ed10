"""Which revision of the code is running."""

import os
import subprocess
from pathlib import Path


def code_revision() -> str:
    """The git commit of this checkout (with `+changes` where files differ), or CODE_REVISION, or unknown."""
    root = Path(__file__).parent

    def git(*words: str) -> str:
        done = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=False)
        return done.stdout.strip() if done.returncode == 0 else ""

    try:
        commit, changes = git("rev-parse", "HEAD"), git("status", "--porcelain", "--untracked-files=no")
    except FileNotFoundError:
        commit, changes = "", ""
    if not commit:
        return os.environ.get("CODE_REVISION", "unknown")
    return commit + ("+changes" if changes else "")
