// This plugin of protoc writes two files beside the generated bindings.
// constants.ts has the reasons of errors and the types of events, as
// messages of the server spell them. v1.ts exports all bindings.
import { getExtension, hasExtension } from "@bufbuild/protobuf";
import { createEcmaScriptPlugin, getComments, runNodeJs } from "@bufbuild/protoplugin";

const PACKAGE = "linktor.instagram.v1";
const REASON_PREFIX = "ERROR_REASON_";

/** Finds one of the descriptors by its name; the build fails without it. */
function named(descriptors, name) {
  const found = descriptors.find((one) => one.typeName === `${PACKAGE}.${name}`);
  if (found === undefined) {
    throw new Error(`protos/ has no ${PACKAGE}.${name}`);
  }
  return found;
}

/** Returns the value of a text option, which the descriptor must have. */
function textOption(descriptor, option) {
  const options = descriptor.proto.options;
  if (options === undefined || !hasExtension(options, option)) {
    throw new Error(`${descriptor.name} has no option (${option.name})`);
  }
  return getExtension(options, option);
}

/**
 * Returns the comment of a descriptor as a comment of TypeScript, with the
 * remedy if there is one.
 */
function comment(descriptor, remedy) {
  const leading = getComments(descriptor).leading ?? "";
  const text = leading.replaceAll("*/", "*").replace(/\s+/g, " ").trim();
  const lines = remedy === undefined ? [text] : [text, "", `What to do: ${remedy}`];
  return ["  /**", ...lines.map((line) => `   * ${line}`.trimEnd()), "   */"].join("\n");
}

/** Prints an object of constants and the type of their values. */
function object(file, name, about, entries) {
  file.print(`/** ${about} */`);
  file.print(`export const ${name} = {`);
  for (const { key, value, text } of entries) {
    file.print(text);
    file.print(`  ${key}: ${JSON.stringify(value)},`);
  }
  file.print("} as const;");
  file.print(`export type ${name} = (typeof ${name})[keyof typeof ${name}];`);
  file.print();
}

function reasons(schema) {
  const extensions = schema.files.flatMap((file) => file.extensions);
  const remedy = named(extensions, "remedy");
  const values = named(
    schema.files.flatMap((file) => file.enums),
    "ErrorReason",
  ).values;
  return values
    .filter((value) => value.number !== 0)
    .map((value) => {
      const key = value.name.slice(REASON_PREFIX.length);
      return { key, value: key, text: comment(value, textOption(value, remedy)) };
    });
}

/**
 * Returns the types of events. Each constant is named after its type, without
 * "instagram.".
 */
function types(schema) {
  const extensions = schema.files.flatMap((file) => file.extensions);
  const option = named(extensions, "event_type");
  const event = named(
    schema.files.flatMap((file) => file.messages),
    "Event",
  );
  const payload = event.oneofs.find((oneof) => oneof.name === "payload");
  return payload.fields.map((field) => {
    const value = textOption(field, option);
    const key = value
      .replace(/^instagram\./, "")
      .replace(".", "_")
      .toUpperCase();
    return { key, value, text: comment(field) };
  });
}

function generateTs(schema) {
  const constants = schema.generateFile("constants.ts");
  constants.print("// tools/constants.js makes this file; changes to it are lost.");
  object(
    constants,
    "Reason",
    "The values of LinktorError.reason and MessageError.reason. New ones may come.",
    reasons(schema),
  );
  object(
    constants,
    "EventType",
    "The values of Event.type, which filters take. New ones may come.",
    types(schema),
  );
  const all = schema.generateFile("v1.ts");
  all.print("// tools/constants.js makes this file; changes to it are lost.");
  for (const file of schema.files) {
    all.print(`export * from "./${file.name}_pb.js";`);
  }
}

runNodeJs(createEcmaScriptPlugin({ name: "constants", version: "v1", generateTs }));
