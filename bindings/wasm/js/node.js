// The package in Node: the same wasm as in a browser, read from disk.
import { readFileSync } from "node:fs";

import { initSync } from "../dist/web/stayput_wasm.js";

initSync({ module: readFileSync(new URL("../dist/web/stayput_wasm_bg.wasm", import.meta.url)) });

export { Bundle, Engine, Playbook, cohorts, version } from "../dist/web/stayput_wasm.js";

/** What a browser has to await; here it is done already. */
export default async function init() {}
