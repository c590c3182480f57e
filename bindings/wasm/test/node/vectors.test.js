// The cases of `tests/vectors`, which every host answers with the same bits.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import * as stayput from "stayput-wasm";

import { run } from "../vectors.js";

const read = (file) => readFileSync(new URL(`../../../../tests/vectors/${file}`, import.meta.url));
const json = (file) => JSON.parse(read(file));

for (const { file } of json("index.json").files) {
  for (const spec of json(file).cases) {
    test(`${file}: ${spec.name}`, { skip: spec.without?.includes("wasm") }, () => {
      assert.deepEqual(run(stayput, spec, spec.bundle && read(spec.bundle)), []);
    });
  }
}
