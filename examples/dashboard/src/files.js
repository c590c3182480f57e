// What was dropped on the page: which file is what, and a CSV as columns.

/** The columns of a CSV file: one array of texts each, null where a cell is empty. */
async function columnsOf(file) {
  const { data, errors } = await new Promise((complete, error) =>
    Papa.parse(file, { skipEmptyLines: "greedy", complete, error }),
  );
  const wrong = errors.find(({ code }) => code !== "UndetectableDelimiter");
  if (wrong) throw new Error(`line ${(wrong.row ?? 0) + 1}: ${wrong.message}`);
  const [header, ...rows] = data;
  if (!header) throw new Error("the file is empty");
  const short = rows.findIndex((row) => row.length !== header.length);
  if (short >= 0) {
    const found = rows[short].length;
    throw new Error(`row ${short + 1} has ${found} cells; the header has ${header.length}`);
  }
  const columns = header.map((name, at) => [name.trim(), rows.map((row) => row[at] || null)]);
  return Object.fromEntries(columns);
}

/**
 * Reads one file: `{ kind: "bundle", bytes }`, or `{ kind: "events" | "customers", columns }`.
 *
 * A table is of events when it has a `type` and a `timestamp`, else of customers.
 */
export async function read(file) {
  try {
    if (file.name.endsWith(".stayput")) {
      return { kind: "bundle", bytes: new Uint8Array(await file.arrayBuffer()) };
    }
    if (!/\.csv$/i.test(file.name)) throw new Error("expected a .stayput bundle or a .csv table");
    const columns = await columnsOf(file);
    if (!columns.customer_id) throw new Error("has no column customer_id");
    return { kind: columns.type && columns.timestamp ? "events" : "customers", columns };
  } catch (error) {
    throw Object.assign(new Error(`${file.name}: ${error.message}`), { code: error.code });
  }
}

/** The newest instant in a column of ISO 8601 texts, which sort as they are; others are left out. */
export function newest(timestamps) {
  const later = (last, text) => text > last && !Number.isNaN(Date.parse(text));
  return timestamps.reduce((last, text) => (later(last, text) ? text : last), "");
}
