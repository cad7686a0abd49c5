// This writes src/gen: the bindings of protos/ and of the error details in
// googleapis/, and the two files that constants.js makes. None of these files
// is committed; "npm run build" makes them again.
import { execFileSync } from "node:child_process";
import { copyFileSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const here = fileURLToPath(new URL("..", import.meta.url));
const require = createRequire(import.meta.url);

/** Checks that package.json repeats the version of the repository, for npm. */
function checkVersion() {
  const text = readFileSync(`${root}CMakeLists.txt`, "utf8");
  const [, version] = /project\(\s*\S+\s+VERSION\s+([0-9.]+)/.exec(text) ?? [];
  const own = JSON.parse(readFileSync(`${here}package.json`, "utf8")).version;
  if (own !== version) {
    throw new Error(
      `package.json says version ${own} and CMakeLists.txt ${version}: run "npm version ${version}"`,
    );
  }
}

/** Runs plugins of protoc on a folder of the repository. */
function generate(protos, plugins) {
  const template = { version: "v2", plugins };
  execFileSync(
    process.execPath,
    [
      require.resolve("@bufbuild/buf/bin/buf"),
      "generate",
      `${root}${protos}`,
      "--template",
      JSON.stringify(template),
    ],
    { cwd: here, stdio: "inherit" },
  );
}

/** Returns a plugin that is a program of Node, with its options. */
function plugin(program, ...options) {
  return {
    local: [process.execPath, program],
    out: "src/gen",
    opt: ["target=ts", "import_extension=js", ...options],
    strategy: "all",
  };
}

checkVersion();
rmSync(`${here}src/gen`, { recursive: true, force: true });
rmSync(`${here}dist`, { recursive: true, force: true });
const es = require.resolve("@bufbuild/protoc-gen-es/bin/protoc-gen-es");
generate("protos", [plugin(es, "json_types=true"), plugin("tools/constants.js")]);
generate("googleapis", [plugin(es)]);
copyFileSync(`${root}LICENSE`, `${here}LICENSE`);
