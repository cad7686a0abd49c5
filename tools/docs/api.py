#!/usr/bin/env python3
"""Writes docs/api.md, the reference of the contract, from the protos' comments.

  tools/docs/api.py           writes the file
  tools/docs/api.py --check   fails when the file is not what it would write

buf reads the protos; tools/check/buf.sh installs it. What lacks a comment is
refused by buf's lint.
"""

import json
import os
import re
import subprocess
import sys

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
OUTPUT = "docs/api.md"
PACKAGE = "linktor.instagram.v1"
PERMISSION = f"[{PACKAGE}.permission]"
ANY_KEY = f"[{PACKAGE}.any_key]"
EVENT_TYPE = f"[{PACKAGE}.event_type]"

# The services in the order in which a reader meets them.
SERVICES = ("MessagingService", "EventService", "ChannelService", "AccessService",
            "ServerService")

# The numbers of fields in descriptor.proto, by which locations name what they
# are of.
MESSAGE, ENUM, SERVICE = 4, 5, 6
FIELD, ONEOF, NESTED, VALUE, METHOD = 2, 8, 3, 2, 2

SCALARS = {
    "TYPE_STRING": "string", "TYPE_BOOL": "bool", "TYPE_INT32": "int32",
    "TYPE_INT64": "int64", "TYPE_BYTES": "bytes", "TYPE_DOUBLE": "double",
    "TYPE_UINT32": "uint32", "TYPE_UINT64": "uint64",
}

HEAD = """# The contract

`tools/docs/api.py` makes this file from the comments of
[protos/](../protos/linktor/instagram/v1): change them there, then run it. The same
comments come by reflection: `grpcurl -plaintext localhost:50051 describe
linktor.instagram.v1.SendMessageRequest`.

Every error has a reason; [errors.md](errors.md) says of each what it means and what
to do. A field says first whether it is required, optional, immutable or only in
answers. In JSON the names are in lowerCamelCase.

"""


class Unreadable(Exception):
    """The protos have something that this program does not know."""


def read_files():
    buf = subprocess.run(
        [os.path.join(ROOT, "tools/check/buf.sh"), "--program"],
        check=True, capture_output=True, text=True).stdout.strip()
    image = subprocess.run(
        [buf, "build", "protos", "-o", "-#format=json"],
        cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [file for file in json.loads(image)["file"]
            if file.get("package") == PACKAGE]


def comments_of(file):
    """Maps the path of a declaration to its comment, one paragraph a line."""
    found = {}
    for location in file["sourceCodeInfo"]["location"]:
        text = location.get("leadingComments")
        if text:
            paragraphs = re.split(r"\n\s*\n", text.strip())
            found[tuple(location.get("path", ()))] = [
                " ".join(one.split()) for one in paragraphs]
    return found


def anchor(name):
    return name.lower()


def short(type_name):
    return type_name.rsplit(".", 1)[-1]


def escape(text):
    return text.replace("|", "\\|").replace("<", "&lt;").replace(">", "&gt;")


class Contract:
    """All that the protos declare, by name."""

    def __init__(self, files):
        self.messages = {}
        self.enums = {}
        self.services = {}
        for file in files:
            comments = comments_of(file)
            for kind, key, number in (
                    (self.messages, "messageType", MESSAGE),
                    (self.enums, "enumType", ENUM),
                    (self.services, "service", SERVICE)):
                for i, one in enumerate(file.get(key, [])):
                    kind[one["name"]] = (one, comments, (number, i))
        self.maps = {}
        for message, _, _ in self.messages.values():
            for nested in message.get("nestedType", []):
                if not nested.get("options", {}).get("mapEntry"):
                    raise Unreadable(f"{message['name']} has a nested message")
                self.maps[nested["name"]] = nested

    def type_of(self, field):
        kind = field["type"]
        if kind in SCALARS:
            name = SCALARS[kind]
        else:
            name = short(field["typeName"])
            if name in self.maps:
                key, value = self.maps[name]["field"]
                return f"map of {self.type_of(key)} to {self.type_of(value)}"
            if name in self.messages or name in self.enums:
                name = f"[{name}](#{anchor(name)})"
            else:
                name = field["typeName"].lstrip(".")
        if field["label"] == "LABEL_REPEATED":
            return f"list of {name}"
        return name


def method_lines(contract, name):
    service, comments, path = contract.services[name]
    lines = [f"## {name}", ""] + paragraphs(comments, path)
    for i, method in enumerate(service["method"]):
        options = method.get("options", {})
        needs = ("every API key that is in force" if options.get(ANY_KEY)
                 else f"`{options[PERMISSION]}`")
        request, response = short(method["inputType"]), short(method["outputType"])
        stream = "a stream of " if method.get("serverStreaming") else ""
        lines += [f"### {method['name']}", "",
                  f"[{request}](#{anchor(request)}) gives {stream}"
                  f"[{response}](#{anchor(response)}); needs {needs}.", ""]
        lines += paragraphs(comments, path + (METHOD, i))
    return lines


def paragraphs(comments, path):
    lines = []
    for one in comments.get(path, []):
        lines += [escape(one), ""]
    return lines


def message_lines(contract, name):
    message, comments, path = contract.messages[name]
    lines = [f"### {name}", ""] + paragraphs(comments, path)
    if not message.get("field"):
        return lines + ["It has no fields.", ""]
    oneofs = [one["name"] for one in message.get("oneofDecl", [])]
    told = set()
    for i, field in enumerate(message["field"]):
        text = " ".join(comments.get(path + (FIELD, i), []))
        index = field.get("oneofIndex")
        part = ""
        if index is not None and not field.get("proto3Optional"):
            if index not in told:
                told.add(index)
                whole = " ".join(comments.get(path + (ONEOF, index), []))
                lines.append(f"- one of **{oneofs[index]}**: {escape(whole)}")
            part = "  "
        event_type = field.get("options", {}).get(EVENT_TYPE)
        of_type = f" of `{event_type}`" if event_type else ""
        lines.append(f"{part}- `{field['name']}` = {field['number']}, "
                     f"{contract.type_of(field)}{of_type}: {escape(text)}")
    return lines + [""]


def enum_lines(contract, name):
    enum, comments, path = contract.enums[name]
    lines = [f"### {name}", ""] + paragraphs(comments, path)
    if name == "ErrorReason":
        return lines + ["[errors.md](errors.md) has them all.", ""]
    for i, value in enumerate(enum["value"]):
        text = " ".join(comments.get(path + (VALUE, i), []))
        lines.append(f"- `{value['name']}` = {value.get('number', 0)}: {escape(text)}")
    return lines + [""]


def used_by(contract, names):
    """Returns the messages that these lead to, each once, in their order."""
    order = []
    waiting = list(names)
    while waiting:
        name = waiting.pop(0)
        if name in order or name not in contract.messages:
            continue
        order.append(name)
        message = contract.messages[name][0]
        waiting = [short(field["typeName"]) for field in message.get("field", [])
                   if field.get("typeName")] + waiting
    return order


def render():
    contract = Contract(read_files())
    if set(SERVICES) != set(contract.services):
        raise Unreadable("SERVICES does not name the services there are")
    lines = []
    told = set()
    for service in SERVICES:
        lines += method_lines(contract, service)
        names = []
        for method in contract.services[service][0]["method"]:
            names += [short(method["inputType"]), short(method["outputType"])]
        for name in used_by(contract, names):
            if name not in told:
                told.add(name)
                lines += message_lines(contract, name)
    if told != set(contract.messages):
        raise Unreadable("nothing uses " +
                         ", ".join(sorted(set(contract.messages) - told)))
    lines += ["## Enumerations", ""]
    for name in sorted(contract.enums):
        lines += enum_lines(contract, name)
    return HEAD + "\n".join(lines).rstrip() + "\n"


def main():
    text = render()
    path = os.path.join(ROOT, OUTPUT)
    if sys.argv[1:] == ["--check"]:
        with open(path, encoding="utf-8") as file:
            if file.read() != text:
                sys.exit(f"{OUTPUT} is not what the protos say; "
                         "run: tools/docs/api.py")
        print(f"{OUTPUT} is what the protos say")
        return
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    try:
        main()
    except Unreadable as error:
        sys.exit(f"api.py: {error}")
