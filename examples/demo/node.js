// The backend: the native package.
import stayput from "../../bindings/node/index.cjs";

import { run } from "./score.js";

await run("node", stayput, (ndjson) => ndjson);
