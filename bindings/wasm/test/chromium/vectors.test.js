// The cases of `tests/vectors`, which every host answers with the same bits.
import assert from "node:assert/strict";
import { after, test } from "node:test";

import { open } from "./browser.js";

const { page, errors, close } = await open("bindings/wasm/test/chromium/page.html");
after(close);

const answers = await page.evaluate(async () => (await window.page).vectors());

for (const [name, wrong] of Object.entries(answers)) {
  test(name, () => assert.deepEqual(wrong, []));
}

test("nothing went wrong on the page", () => assert.deepEqual(errors, []));
