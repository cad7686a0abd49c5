"""The version; the same as in the project's CMakeLists.txt."""

LINKTOR_VERSION = "0.1.0"
