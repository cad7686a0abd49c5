// This makes one module of the calls on Linktor's page on Instagram. Only the name
// of the package is replaced.
import { readFileSync } from "node:fs";

/** LINKTOR_SEED_PAGE names the page; page.md has its calls. */
export function snippets() {
  const page = process.env.LINKTOR_SEED_PAGE ?? new URL("page.md", import.meta.url);
  const blocks = readFileSync(page, "utf8").matchAll(/^```typescript\n(.*?)^```$/gms);
  return [...blocks]
    .map(([, block]) => block)
    .filter((block) => block.includes("await client."))
    .map(withoutJson)
    .join("\n")
    .replace("'@linktor/sdk'", "'@linktor/instagram'");
}

/** Takes out an event that a block shows as JSON before it answers it. */
function withoutJson(block) {
  return block.replace(/^\{\n.*?^\}\n/gms, "");
}
