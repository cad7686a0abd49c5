"""Generates the missing files, and leaves the rest of the build to pyproject.toml."""

import shutil
import sys
from pathlib import Path

from setuptools import setup

sys.path.insert(0, str(Path(__file__).resolve().parent))

import generate

if generate.in_a_checkout():
    # setuptools would also pack the files that an earlier build has left there.
    shutil.rmtree(generate.HERE / "build" / "lib", ignore_errors=True)
    generate.main()
setup()
