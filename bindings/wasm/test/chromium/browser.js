// A page of this repository in a real Chromium.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";

const root = fileURLToPath(new URL("../../../../", import.meta.url));
const types = { ".html": "text/html", ".js": "text/javascript", ".json": "application/json", ".wasm": "application/wasm" };

/** Where `scripts/chromium.sh` left the path of a Chromium. */
function executable() {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  const target = process.env.CARGO_TARGET_DIR ?? join(root, "target");
  return readFileSync(join(target, "tools/chromium"), "utf8").trim();
}

/** Serves the repository on 127.0.0.1. */
async function serve() {
  const server = createServer(async ({ url }, response) => {
    try {
      const body = await readFile(join(root, new URL(url, "http://page").pathname));
      response.writeHead(200, { "content-type": types[extname(url)] ?? "application/octet-stream" }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  return server;
}

/** Starts Chromium with a profile of its own; `close` ends it and removes the profile. */
export async function launch() {
  const profile = mkdtempSync(join(tmpdir(), "stayput-chromium-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: executable(),
    headless: true,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
      "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  const close = async () => {
    await context.close();
    rmSync(profile, { recursive: true, force: true });
  };
  return { context, close };
}

/** Opens a page of the repository; errors on it are collected in `errors`. */
export async function open(path) {
  const server = await serve();
  const { context, close } = await launch();
  const page = await context.newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(error.message));
  await page.goto(`http://127.0.0.1:${server.address().port}/${path}`);
  return { page, errors, close: () => Promise.all([close(), server.close()]) };
}
