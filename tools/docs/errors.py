#!/usr/bin/env python3
"""Writes docs/errors.md from the comments of error_reason.proto.

  tools/docs/errors.py           writes the file
  tools/docs/errors.py --check   fails when the file is not what it would write

Each value's comment reads "CODE: meaning. Example metadata: {…}.", CODE being
a canonical code, several with "or", or "Only in <where>". A value without one
of the parts, or without the option `remedy`, is an error.
"""

import json
import os
import re
import sys

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
PROTO = "protos/linktor/instagram/v1/error_reason.proto"
OUTPUT = "docs/errors.md"
PREFIX = "ERROR_REASON_"
UNSPECIFIED = "UNSPECIFIED"

# The document has the codes in this order, each with what it means to a caller.
CODES = {
    "INVALID_ARGUMENT": "The request itself is wrong. Repeating it unchanged "
                        "fails again.",
    "UNAUTHENTICATED": "The call has no API key, or one that this server "
                       "refuses. It is never about a token of Meta's.",
    "PERMISSION_DENIED": "The API key of the call is good, but may not do "
                         "this. It is never about a permission of Meta's.",
    "NOT_FOUND": "Something that the request names does not exist.",
    "ALREADY_EXISTS": "The thing that the request would create is there "
                      "already.",
    "FAILED_PRECONDITION": "The request is right, but something else must "
                           "change first: the conversation, the channel, or "
                           "the token, app or account at Meta.",
    "OUT_OF_RANGE": "The cursor points outside of what is kept.",
    "RESOURCE_EXHAUSTED": "A limit is reached. Nothing was sent.",
    "DEADLINE_EXCEEDED": "Too little time was given.",
    "ABORTED": "Another call is in the way.",
    "UNAVAILABLE": "Something does not work for now. With an `ErrorInfo` it "
                   "also means that nothing was sent.",
    "UNKNOWN": "Nobody can know what happened at Instagram.",
    "INTERNAL": "Something is broken, here or at Meta.",
}
ELSEWHERE = "Not the error of a call"

HEAD = """# Errors

`tools/docs/errors.py` makes this file from
[error_reason.proto](../protos/linktor/instagram/v1/error_reason.proto): change
the comments there, then run it.

## How errors travel

A call that fails ends with a gRPC status: a code, a message for people, and
details for programs. The details are a serialised `google.rpc.Status` in the
trailing metadata `grpc-status-details-bin`; the gRPC libraries have a function
that reads it.

| detail | when | what is in it |
|---|---|---|
| `google.rpc.ErrorInfo` | always, when this server has made the status | `reason`: a name from the list below. `domain`: `instagram.linktor`. `metadata["remedy"]`: what to do, as below. More metadata by reason. |
| `google.rpc.BadRequest` | fields of the request are wrong | every wrong field, not just the first, as far as they fit into a status (some 25); `metadata["omitted_violations"]` counts the rest |
| `google.rpc.RetryInfo` | it is known when to try again | the delay |
| `google.rpc.QuotaFailure` | a limit of this server is reached | which limit, and of what |

Decide by `reason`, then by code. Messages are for people and change. New
reasons may come: treat one that you do not know by its code.

When Meta refused, the metadata also holds what Meta gave of `graph_code`,
`graph_subcode`, `graph_type`, `fbtrace_id` and `http_status`. Meta's support
asks for `fbtrace_id`.

**UNAUTHENTICATED and PERMISSION_DENIED speak of the caller's API key and of
nothing else.** Where Meta refuses the token, the app or the account, or misses
a permission, the code is FAILED_PRECONDITION with a reason that says so.

## What was sent, when a send fails

| the status of `SendMessage` | what it means | what to do |
|---|---|---|
| UNAVAILABLE with an `ErrorInfo` | nothing was sent | repeat the call |
| UNKNOWN with `SEND_OUTCOME_UNKNOWN` | Instagram may have the message | do not send it again; wait for the echo, or look and call `ResolveMessage` |
| any other code with an `ErrorInfo` | what the reason says | what the remedy says |
| any code without an `ErrorInfo` | nothing is known | repeat it with the same `request_id` only, or ask `GetMessage` |

**A status without an `ErrorInfo` was not made by this server** but by a client
library or a proxy, typically because a connection broke, possibly after the
request was written. The server may have got the call or not, and the send may
still run. Such a status has the code UNAVAILABLE, CANCELLED, INTERNAL, UNKNOWN
or DEADLINE_EXCEEDED. For 7 days it is safe to repeat the call with the same
`request_id`, and with no other: the server recognises it and never sends the
message twice. When the caller gave none, the server has made one, which the
caller does not learn when the answer is lost, and the call cannot be repeated
safely. **So every caller should always give a `request_id`.** The same holds for
the other methods that have one; calls that only read can always be repeated.

The gRPC libraries of both sides also refuse by themselves calls that cannot
work, without an `ErrorInfo`: with UNIMPLEMENTED a method that this server does
not have, with RESOURCE_EXHAUSTED a message that is longer than they take.
Repeating such a call does not help.

A failed or unconfirmed send keeps its error: `Message.error` has the same
`reason`, `message` and `metadata`, also in the events `message.failed` and
`message.unconfirmed`.
"""


class Wrong(Exception):
    """The proto lacks something that the document needs."""


def values(text):
    """(name, comment, options) of each value of the enum."""
    match = re.search(r"^enum ErrorReason \{\n(.*?)^\}", text, re.M | re.S)
    if match is None:
        raise Wrong("there is no enum ErrorReason")
    comment, statement = [], ""
    for line in match[1].split("\n"):
        line = line.strip()
        if not statement and line.startswith("//"):
            comment.append(line[2:].strip())
        elif line and not line.startswith(("reserved ", "option ")):
            statement += " " + line if statement else line
            if statement.endswith(";"):
                value = re.fullmatch(r"(\w+) = \d+(?: \[(.*)\])?;", statement)
                if value is None:
                    raise Wrong("not understood: " + statement)
                yield value[1], " ".join(comment), value[2] or ""
                comment, statement = [], ""
        else:
            comment = []


def remedy_of(options):
    match = re.search(r'\(remedy\) = ((?:"(?:[^"\\]|\\.)*"\s*)+)', options)
    if match is None:
        return ""
    parts = re.findall(r'"((?:[^"\\]|\\.)*)"', match[1])
    return re.sub(r"\\(.)", r"\1", "".join(parts)).strip()


def parse(name, comment, options):
    """The parts of one value; all that is missing is said at once."""
    missing = []
    if not name.startswith(PREFIX):
        missing.append("the prefix " + PREFIX)
    head, colon, rest = comment.partition(":")
    codes = [] if head.startswith("Only in ") else head.split(" or ")
    if not colon or any(code not in CODES for code in codes):
        missing.append('a canonical code and ":" (or "Only in …:") at the '
                       "comment's beginning")
        codes, rest = [], comment
    meaning, found, example = rest.partition("Example metadata:")
    example = example.strip().rstrip(".")
    meaning = meaning.strip()
    if not found:
        missing.append('"Example metadata: {…}." at the comment\'s end')
    else:
        try:
            if not isinstance(json.loads(example), dict):
                raise ValueError
        except ValueError:
            missing.append("example metadata that is a JSON object, not " +
                           example)
    if not meaning:
        missing.append("what it means")
    remedy = remedy_of(options)
    if not remedy:
        missing.append("the option remedy")
    if missing:
        raise Wrong("%s lacks %s" % (name, "; ".join(missing)))
    return {
        "reason": name[len(PREFIX):],
        "codes": codes,
        "where": "" if codes else head,
        "meaning": meaning[0].upper() + meaning[1:],
        "remedy": remedy,
        "example": "" if example == "{}" else example,
    }


def prose(text):
    """Markdown would take "<key>" for a tag, and show nothing."""
    return text.replace("<", "\\<")


def section(entry):
    lines = ["", "### " + entry["reason"], ""]
    if entry["where"]:
        lines.append("**Where:** %s." % entry["where"].replace(
            "Message.error", "`Message.error`"))
    else:
        lines.append("**gRPC code:** " + " or ".join(entry["codes"]))
    lines += ["", "**Means:** " + prose(entry["meaning"]),
              "", "**What to do:** " + prose(entry["remedy"]),
              "", "**Metadata besides `remedy`, for example:** " +
              ("`%s`" % entry["example"] if entry["example"] else "none")]
    return lines


def document(text):
    problems, entries = [], []
    for name, comment, options in values(text):
        if name == PREFIX + UNSPECIFIED:
            continue
        try:
            entries.append(parse(name, comment, options))
        except Wrong as wrong:
            problems.append(str(wrong))
    if problems:
        raise Wrong("\n".join(problems))
    if not entries:
        raise Wrong("there are no reasons")
    lines = [HEAD.rstrip("\n")]
    for code, about in [*CODES.items(), (ELSEWHERE, "")]:
        here = [entry for entry in entries
                if (entry["codes"] or [ELSEWHERE])[0] == code]
        if not here:
            continue
        lines += ["", "## " + code]
        if about:
            lines += ["", about]
        for entry in here:
            lines += section(entry)
    return "\n".join(lines) + "\n"


def main(arguments):
    if arguments not in ([], ["--check"]):
        raise Wrong("usage: errors.py [--check]")
    with open(os.path.join(ROOT, PROTO), encoding="utf-8") as file:
        try:
            wanted = document(file.read())
        except Wrong as wrong:
            raise Wrong("\n".join(
                "%s: %s" % (PROTO, line)
                for line in str(wrong).split("\n"))) from None
    path = os.path.join(ROOT, OUTPUT)
    if arguments:
        try:
            with open(path, encoding="utf-8") as file:
                found = file.read()
        except FileNotFoundError:
            found = ""
        if found != wanted:
            raise Wrong("%s is not what %s says; run: tools/docs/errors.py" %
                        (OUTPUT, PROTO))
    else:
        with open(path, "w", encoding="utf-8") as file:
            file.write(wanted)
    print("%s: %d reasons" % (OUTPUT, wanted.count("\n### ")))


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Wrong as wrong:
        sys.exit(str(wrong))
