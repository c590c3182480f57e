// Serves this folder on 127.0.0.1, so that a browser may load its modules.
//
//   node serve.js [port]
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL(".", import.meta.url));
const types = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
};
const headers = {
  // The page may load its own files and nothing else: what is dropped on it cannot leave it.
  "content-security-policy":
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; base-uri 'none'",
  "cache-control": "no-cache",
};

/** Starts the server and answers its address; port 0 is any free one. */
export async function serve(port = 0) {
  const server = createServer(async ({ url }, response) => {
    const path = normalize(decodeURIComponent(new URL(url, "http://page").pathname));
    const file = join(folder, path.endsWith("/") ? `${path}index.html` : path);
    const type = types[extname(file)];
    try {
      if (!type) throw new Error("not a file of the page");
      response.writeHead(200, { ...headers, "content-type": type }).end(await readFile(file));
    } catch {
      response.writeHead(404, { "content-type": "text/plain" }).end("not found\n");
    }
  });
  await new Promise((listening) => server.listen(port, "127.0.0.1", listening));
  return { server, address: `http://127.0.0.1:${server.address().port}/` };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { address } = await serve(Number(process.argv[2] ?? 8080));
  console.log(`Stayput dashboard: ${address}`);
}
