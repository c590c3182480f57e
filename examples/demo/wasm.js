// The browser's package, in Node.
import * as stayput from "../../bindings/wasm/js/node.js";

import { run } from "./score.js";

const lines = (ndjson) => ndjson.toString().trimEnd().split("\n");
await run("wasm", stayput, (ndjson) => lines(ndjson).map((line) => JSON.parse(line)));
