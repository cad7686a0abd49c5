// This makes one module out of the calls on Linktor's documentation page about
// Instagram. It replaces only the name of the package.
import { readFileSync } from "node:fs";

/**
 * Returns the module. The variable LINKTOR_SEED_PAGE names the page; otherwise
 * the calls come from page.md, which has the calls of that page.
 */
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

/**
 * Removes the event that a block shows as JSON before the call that answers it.
 */
function withoutJson(block) {
  return block.replace(/^\{\n.*?^\}\n/gms, "");
}
