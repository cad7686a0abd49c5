"""The contract in protos/, read from its own files at every run.

The bindings of no client are used here: a client whose generated code is older
than protos/ has to fail.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

from google.protobuf import (
    descriptor_pb2,
    descriptor_pool,
    duration_pb2,
    field_mask_pb2,
    json_format,
    message_factory,
    timestamp_pb2,
)
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

from environment import ROOT
from problems import Unusable, Wrong

PROTOS = ROOT / "protos"
PACKAGE = "linktor.instagram.v1"
REASON_PREFIX = "ERROR_REASON_"
DETAILS_PREFIX = "type.googleapis.com/google.rpc."

# The pool takes no file before those that it imports.
_IMPORTED = (descriptor_pb2, duration_pb2, field_mask_pb2, timestamp_pb2)
_DETAILS = error_details_pb2


class Method(NamedTuple):
    """A method of the contract, as a client or a server needs it."""

    path: str
    request: type[Message]
    response: type[Message]
    streams: bool


class Contract:
    """The descriptors of protos/, and JSON in their terms."""

    def __init__(self, folder: Path) -> None:
        """Compiles protos/ into `folder`."""
        self._pool = descriptor_pool.Default()
        self._files: list[str] = []
        for file in _compile(folder / "contract.binpb").file:
            if file.name.startswith("linktor/"):
                self._pool.AddSerializedFile(file.SerializeToString())
                self._files.append(file.name)

    def reasons(self) -> list[str]:
        """Returns the reasons of errors as the wire spells them."""
        enum = self._pool.FindEnumTypeByName(f"{PACKAGE}.ErrorReason")
        return [
            value.name.removeprefix(REASON_PREFIX)
            for value in enum.values
            if value.number != 0
        ]

    def payloads(self) -> dict[str, str]:
        """Returns the types of events, each with the field that holds its payload."""
        option = self._pool.FindExtensionByName(f"{PACKAGE}.event_type")
        oneof = self.descriptor("Event").oneofs_by_name["payload"]
        return {
            field.GetOptions().Extensions[option]: field.name for field in oneof.fields
        }

    def attachments(self) -> list[str]:
        """Returns the kinds of attachments, as JSON spells their details."""
        oneof = self.descriptor("Attachment").oneofs_by_name["details"]
        return [field.json_name for field in oneof.fields]

    def methods(self) -> list[str]:
        """Returns the methods that answer once, such as "EventService.ListEvents"."""
        return [
            f"{service.name}.{method.name}"
            for file in self._files
            for service in self._pool.FindFileByName(file).services_by_name.values()
            for method in service.methods
            if not method.server_streaming
        ]

    def descriptor(self, name: str) -> Any:
        return self._pool.FindMessageTypeByName(f"{PACKAGE}.{name}")

    def fields_from(self, name: str) -> set[str]:
        """Returns every field that a message of this name can have, at any depth."""
        found: set[str] = set()
        waiting = [self.descriptor(name)]
        while waiting:
            for field in waiting.pop().fields:
                if field.full_name not in found:
                    found.add(field.full_name)
                    if field.message_type is not None:
                        waiting.append(field.message_type)
        return found

    def parse(self, name: str, data: Any) -> Message:
        """Returns the message of a proto3 JSON object; Wrong when it is none."""
        made = message_factory.GetMessageClass(self.descriptor(name))()
        try:
            return json_format.ParseDict(data, made)
        except json_format.ParseError as error:
            raise Wrong(f"this is no {name} in JSON: {error}") from None

    def normal(self, name: str, data: Any) -> Any:
        """Returns the canonical form of a proto3 JSON object."""
        return to_json(self.parse(name, data))

    def method(self, name: str) -> Method:
        """Takes a name such as "MessagingService.SendMessage"."""
        service, _, short = name.partition(".")
        found = self._pool.FindServiceByName(f"{PACKAGE}.{service}")
        method = found.methods_by_name[short]
        return Method(
            f"/{PACKAGE}.{service}/{short}",
            message_factory.GetMessageClass(method.input_type),
            message_factory.GetMessageClass(method.output_type),
            method.server_streaming,
        )


def to_json(message: Message) -> Any:
    return json_format.MessageToDict(message)


def status_details(code: int, text: str, details: list[dict[str, Any]]) -> bytes:
    """Returns a google.rpc.Status; "@type" of a detail is its short name."""
    named = [{**one, "@type": DETAILS_PREFIX + one["@type"]} for one in details]
    made = json_format.ParseDict(
        {"code": code, "message": text, "details": named}, status_pb2.Status()
    )
    return bytes(made.SerializeToString())


def _compile(path: Path) -> descriptor_pb2.FileDescriptorSet:
    if shutil.which("protoc") is None:
        raise Unusable("protoc is not on PATH; make setup installs it")
    files = sorted(str(one) for one in PROTOS.glob("linktor/instagram/v1/*.proto"))
    done = subprocess.run(
        [
            "protoc",
            f"--proto_path={PROTOS}",
            f"--descriptor_set_out={path}",
            "--include_imports",
            *files,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise Unusable(f"protoc cannot read protos/:\n{done.stderr}")
    return descriptor_pb2.FileDescriptorSet.FromString(path.read_bytes())
