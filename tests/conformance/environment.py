"""The Python that the runner needs. Only the standard library is used here."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def use_virtual_environment() -> None:
    """Starts this program anew with the Python that has gRPC, where that is another.

    Ends it with status 2 when there is none.
    """
    folder = Path(os.environ.get("LINKTOR_PYTHON", ROOT / "build" / "python"))
    if Path(sys.prefix).resolve() == folder.resolve():
        return
    python = folder / "bin" / "python"
    if not python.exists():
        print(
            f"{folder} has no Python; make it in the root of the repository by\n"
            f"  python3 -m venv {folder}\n"
            f"  {folder}/bin/pip install --quiet ./client/python",
            file=sys.stderr,
        )
        sys.exit(2)
    os.execv(python, [str(python), *sys.argv])
