#!/usr/bin/env python3
"""Makes everything in this package that follows from the rest of the repository.

The bindings and the constants come from protos/, and the version comes from the top
CMakeLists.txt. setup.py runs this program before every build in a checkout. A
source distribution has the results and does not need this program. None of the
files that it makes is committed.
"""

from __future__ import annotations

import importlib
import re
import shutil
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PROTOS = ROOT / "protos"
SOURCE = HERE / "src"
LAYER = SOURCE / "linktor_instagram"
BINDINGS = SOURCE / "linktor" / "instagram" / "v1"

PACKAGE = "linktor.instagram.v1"
NOTE = "# generate.py makes this file; changes to it are lost.\n"
REASON_PREFIX = "ERROR_REASON_"


def in_a_checkout() -> bool:
    return PROTOS.is_dir() and (ROOT / "CMakeLists.txt").is_file()


def version() -> str:
    text = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
    found = re.search(r"project\(\s*\S+\s+VERSION\s+([0-9.]+)", text)
    if found is None:
        raise SystemExit("the top CMakeLists.txt has no project(... VERSION ...)")
    return found.group(1)


def run_protoc(files: list[str]):
    """Writes the bindings and returns the descriptors with their comments."""
    import grpc_tools
    from google.protobuf import descriptor_pb2
    from grpc_tools import protoc

    shutil.rmtree(SOURCE / "linktor", ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder:
        image = Path(folder) / "image.binpb"
        status = protoc.main(
            [
                "protoc",
                f"-I{PROTOS}",
                f"-I{Path(grpc_tools.__file__).parent / '_proto'}",
                f"--python_out={SOURCE}",
                f"--pyi_out={SOURCE}",
                f"--grpc_python_out={SOURCE}",
                f"--descriptor_set_out={image}",
                "--include_source_info",
                *files,
            ]
        )
        if status != 0:
            raise SystemExit(f"protoc failed with status {status}")
        return descriptor_pb2.FileDescriptorSet.FromString(image.read_bytes())


def comment_at(file, path: list[int]) -> str:
    """Returns the comment of the element at this path in one line, or ""."""
    for location in file.source_code_info.location:
        if list(location.path) == path:
            return " ".join(location.leading_comments.split())
    return ""


def service_stub(file) -> str:
    """Returns the types (.pyi) of a _pb2_grpc module, which protoc itself does not
    write."""
    module = Path(file.name).stem + "_pb2"
    lines = [
        NOTE + "import grpc",
        "import grpc.aio",
        f"from {PACKAGE} import {module} as _pb",
        "",
    ]
    for service in file.service:
        for suffix, library in (("Stub", "grpc"), ("AsyncStub", "grpc.aio")):
            lines.append(f"class {service.name}{suffix}:")
            channel = (
                "grpc.Channel | grpc.aio.Channel"
                if suffix == "Stub"
                else "grpc.aio.Channel"
            )
            lines.append(f"    def __init__(self, channel: {channel}) -> None: ...")
            for method in service.method:
                kind = "UnaryStream" if method.server_streaming else "UnaryUnary"
                lines.append(
                    f"    {method.name}: {library}.{kind}MultiCallable"
                    f"[{short(method.input_type)}, {short(method.output_type)}]"
                )
        lines.append(f"class {service.name}Servicer:")
        for method in service.method:
            result = short(method.output_type)
            if method.server_streaming:
                result = f"typing.Iterator[{result}]"
            lines.append(
                f"    def {method.name}(self, request: {short(method.input_type)}, "
                f"context: grpc.ServicerContext) -> {result}: ..."
            )
        lines.append(
            f"def add_{service.name}Servicer_to_server("
            f"servicer: {service.name}Servicer, "
            "server: grpc.Server | grpc.aio.Server) -> None: ..."
        )
    text = "\n".join(lines) + "\n"
    return text.replace("import grpc\n", "import typing\nimport grpc\n", 1)


def short(type_name: str) -> str:
    """Returns the name of a message in the text of service_stub()."""
    return "_pb." + type_name.removeprefix(f".{PACKAGE}.")


def all_names(files) -> str:
    """Returns the text of linktor_instagram/v1.py: every message, enum and value."""
    lines = [NOTE + '"""The messages and enums of linktor.instagram.v1."""\n']
    names = []
    for file in files:
        module = Path(file.name).stem + "_pb2"
        found = [m.name for m in file.message_type]
        for enum in file.enum_type:
            found += [enum.name, *(v.name for v in enum.value)]
        lines += [f"from {PACKAGE}.{module} import {name} as {name}" for name in found]
        names += found
    listed = "".join(f'    "{name}",\n' for name in sorted(names))
    return "\n".join(lines) + f"\n\n__all__ = [\n{listed}]\n"


def constants(files) -> str:
    """Returns the text of _constants.py: reasons and event types, with comments."""
    event_pb2 = importlib.import_module(f"{PACKAGE}.event_pb2")
    reason_pb2 = importlib.import_module(f"{PACKAGE}.error_reason_pb2")
    by_stem = {Path(f.name).stem: f for f in files}

    file = by_stem["error_reason"]
    at = [e.name for e in file.enum_type].index("ErrorReason")
    reasons, remedies = [], []
    for i, value in enumerate(reason_pb2.ErrorReason.DESCRIPTOR.values):
        if value.number == 0:
            continue
        name = value.name.removeprefix(REASON_PREFIX)
        remedy = value.GetOptions().Extensions[reason_pb2.remedy]
        reasons.append(
            f"    {name}: Final = {name!r}\n    {comment_at(file, [5, at, 2, i])!r}\n"
        )
        remedies.append(f"    {name!r}: {remedy!r},\n")

    file = by_stem["event"]
    at = [m.name for m in file.message_type].index("Event")
    types, fields, payloads = [], [], []
    for i, field in enumerate(event_pb2.Event.DESCRIPTOR.fields):
        type_name = field.GetOptions().Extensions[event_pb2.event_type]
        if not type_name:
            continue
        constant = type_name.removeprefix("instagram.").replace(".", "_").upper()
        comment = comment_at(file, [4, at, 2, i])
        types.append(f"    {constant}: Final = {type_name!r}\n    {comment!r}\n")
        fields.append(f"    {type_name!r}: {field.name!r},\n")
        payloads.append(field.message_type.name)
    payloads = list(dict.fromkeys(payloads))
    imports = "".join(
        f"from linktor_instagram.v1 import {name}\n" for name in sorted(payloads)
    )
    return (
        NOTE + '"""Constants that the protos define."""\n\n'
        "from typing import Final, TypeAlias\n\n" + imports + "\n"
        'DOMAIN: Final = "instagram.linktor"\n\n\n'
        "class Reason:\n"
        '    """The values of LinktorError.reason; new ones may come."""\n\n'
        + "".join(reasons)
        + "\n\n"
        "class EventType:\n"
        '    """The values of Event.type; new ones may come."""\n\n'
        + "".join(types)
        + "\n\n"
        f"Payload: TypeAlias = {' | '.join(payloads)}\n\n"
        "# What to do about an error of each reason.\n"
        "REMEDIES: Final[dict[str, str]] = {\n" + "".join(remedies) + "}\n\n"
        "# The field of Event that holds the payload of each type.\n"
        "PAYLOAD_FIELDS: Final[dict[str, str]] = {\n" + "".join(fields) + "}\n"
    )


def main() -> None:
    names = sorted(
        p.relative_to(PROTOS).as_posix()
        for p in (PROTOS / PACKAGE.replace(".", "/")).glob("*.proto")
    )
    image = run_protoc(names)
    (BINDINGS / "__init__.py").write_text(NOTE, encoding="utf-8")
    (BINDINGS / "py.typed").touch()
    for file in image.file:
        types = BINDINGS / (Path(file.name).stem + "_pb2_grpc.pyi")
        if file.service:
            types.write_text(service_stub(file), encoding="utf-8")
        else:
            # The gRPC plugin writes an empty module for a file without services.
            types.with_suffix(".py").unlink()
    (LAYER / "_version.py").write_text(
        f'{NOTE}__version__ = "{version()}"\n', encoding="utf-8"
    )
    (LAYER / "v1.py").write_text(all_names(image.file), encoding="utf-8")
    sys.path.insert(0, str(SOURCE))
    try:
        (LAYER / "_constants.py").write_text(constants(image.file), encoding="utf-8")
    finally:
        sys.path.remove(str(SOURCE))
    if (ROOT / "LICENSE").is_file():
        shutil.copyfile(ROOT / "LICENSE", HERE / "LICENSE")


if __name__ == "__main__":
    main()
