// `order.js INPUT.wasm OUTPUT.wasm`: names the functions so that in the order of their names similar
// ones stand together, for `wasm-opt --reorder-functions-by-name`.
//
// gzip finds again only what stands in the 32 kB before, and a package has forty times as much code.
// So the next function is always the one of which the largest part, in pieces of six bytes, stands in
// those 32 kB already.
import { readFileSync, writeFileSync } from "node:fs";

const PIECE = 6;
const WINDOW = 32768;
/** A piece of more functions than that tells nothing of any. */
const COMMON = 400;
/** Added to the pieces of a function, so that the smallest are not always the most similar. */
const HEAD = 8;

const [input, output] = process.argv.slice(2);
const bytes = readFileSync(input);
const { imported, functions, kept } = read(bytes);
const places = [];
order(functions).forEach((function_, at) => (places[function_] = at));
const names = places.flatMap((place, function_) => {
  const name = `f${String(place).padStart(6, "0")}`;
  return [...leb(imported + function_), name.length, ...Buffer.from(name)];
});
const map = [...leb(places.length), ...names];
const section = [4, ...Buffer.from("name"), 1, ...leb(map.length), ...map];
writeFileSync(output, Buffer.concat([...kept, Buffer.from([0, ...leb(section.length), ...section])]));

/** The functions in the order in which each is like those before it. */
function order(functions) {
  const owners = new Map();
  const all = functions.map((code, function_) => {
    const pieces = new Set();
    for (let at = 0; at + PIECE <= code.length; at++) pieces.add(code.latin1Slice(at, at + PIECE));
    for (const piece of pieces) {
      if (owners.has(piece)) owners.get(piece).push(function_);
      else owners.set(piece, [function_]);
    }
    return pieces;
  });
  // Each piece that tells something, as the list of its functions.
  const tells = ({ length }) => length > 1 && length <= COMMON;
  const pieces = all.map((of) => [...of].map((piece) => owners.get(piece)).filter(tells));
  const sizes = all.map(({ size }) => size + HEAD);
  // How often each piece is in the window, and how many pieces of each function are.
  const present = new Map();
  const known = new Int32Array(functions.length);
  const enter = (function_) => {
    for (const piece of pieces[function_]) {
      const count = present.get(piece) ?? 0;
      present.set(piece, count + 1);
      if (count === 0) for (const other of piece) known[other]++;
    }
  };
  const leave = (function_) => {
    for (const piece of pieces[function_]) {
      const count = present.get(piece) - 1;
      present.set(piece, count);
      if (count === 0) for (const other of piece) known[other]--;
    }
  };

  const left = new Set(functions.keys());
  const found = [];
  let first = 0;
  let size = 0;
  while (left.size > 0) {
    let next;
    let most = -1;
    for (const function_ of left) {
      const share = known[function_] / sizes[function_];
      if (share > most || (share === most && functions[function_].length > functions[next].length)) {
        next = function_;
        most = share;
      }
    }
    left.delete(next);
    found.push(next);
    enter(next);
    size += functions[next].length;
    for (; size > WINDOW && first + 1 < found.length; first++) {
      leave(found[first]);
      size -= functions[found[first]].length;
    }
  }
  return found;
}

/** A number in LEB128. */
function leb(value) {
  const out = [];
  for (; value > 127; value >>>= 7) out.push((value & 127) | 128);
  return [...out, value];
}

/** The number of functions imported, the code of the others, and all of the file but the names. */
function read(bytes) {
  let at = 8;
  const number = () => {
    let value = 0;
    for (let unit = 1; ; unit *= 128) {
      const byte = bytes[at++];
      value += (byte & 127) * unit;
      if (byte < 128) return value;
    }
  };
  const skip = (size) => bytes.subarray(at, (at += size));
  const sections = {
    0: () => skip(number()).toString() === "name" && kept.pop(),
    2: () => {
      for (let count = number(); count > 0; count--) {
        skip(number());
        skip(number());
        if (bytes[at++] !== 0) throw new Error("something else than a function is imported");
        number();
        imported++;
      }
    },
    10: () => {
      for (let count = number(); count > 0; count--) functions.push(skip(number()));
    },
  };
  let imported = 0;
  const functions = [];
  const kept = [bytes.subarray(0, at)];
  while (at < bytes.length) {
    const begin = at;
    const id = bytes[at++];
    const end = number() + at;
    kept.push(bytes.subarray(begin, end));
    sections[id]?.();
    at = end;
  }
  return { imported, functions, kept };
}
