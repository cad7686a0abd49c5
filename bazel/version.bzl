"""Holds the version, which must be the one in the project's CMakeLists.txt."""

LINKTOR_VERSION = "0.1.0"
