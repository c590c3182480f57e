// Runs one case of `tests/vectors` through the public classes; in Node and in a browser.

const text = (lines) => lines.join("\n");

const camel = (name) => name.replace(/_(.)/g, (_, letter) => letter.toUpperCase());
const named = (options) =>
  Object.fromEntries(Object.entries(options).map(([name, value]) => [camel(name), value]));

function damaged(bytes, { keep, flip, append = 0 } = {}) {
  const part = bytes.slice(0, keep);
  if (flip !== undefined) part[flip] ^= 1;
  const whole = new Uint8Array(part.length + append);
  whole.set(part);
  return whole;
}

/** Deep equality; numbers by `==`, which for doubles that are not NaN is by bits but for -0. */
export function same(a, b) {
  if (typeof a !== "object" || a === null || typeof b !== "object" || b === null) return a === b;
  const keys = Object.keys(a);
  return (
    Array.isArray(a) === Array.isArray(b) &&
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && same(a[key], b[key]))
  );
}

/**
 * The steps of a case that answer something else than it says, as texts.
 *
 * `api` has the classes; `bytes` are those of the case's bundle, where it has one.
 */
export function run({ Playbook, Bundle, Engine, cohorts }, spec, bytes) {
  const playbook = () => new Playbook(text(spec.playbook));
  const bundle = () => (bytes ? Bundle.fromBytes(bytes) : new Bundle(playbook()));
  let current;
  const engine = () => (current ??= new Engine(bundle()));

  const calls = {
    parse(step) {
      const { name, version } = new Playbook(text(step.playbook));
      return { name, version };
    },
    definitions: () => playbook().definitions(),
    lineage: ({ feature }) => playbook().lineage(feature),
    explain: ({ feature }) => playbook().explain(feature),
    lint: () => playbook().lint(),
    replay: ({ events, customers, options }) => bundle().replay(events, customers, named(options)),
    features: ({ events = [], customers, as_of }) =>
      playbook().features(events, customers, { asOf: as_of }),
    segment_rows({ rows }) {
      const found = Object.entries(playbook().segmentRows(rows));
      return Object.fromEntries(found.map(([name, members]) => [name, Array.from(members, Boolean)]));
    },
    segments_of: ({ row }) => playbook().segmentsOf(row),
    score_rows: ({ rows }) => [...bundle().scoreRows(rows)],
    round_trip() {
      const before = bundle().toBytes();
      const again = Bundle.fromBytes(before);
      return { hash: again.hash, same: same([...again.toBytes()], [...before]) };
    },
    bundle: ({ damage }) => ({ hash: Bundle.fromBytes(damaged(bundle().toBytes(), damage)).hash }),
    ingest: ({ events = [], customers }) => engine().ingest(events, customers),
    score: ({ customer_id, as_of }) => engine().score(customer_id, { asOf: as_of }),
    score_all: ({ as_of }) => engine().scoreAll({ asOf: as_of }),
    decide: ({ as_of }) => engine().decide({ asOf: as_of }),
    tick: ({ as_of }) => engine().tick({ asOf: as_of }),
    next_due: ({ as_of }) => engine().nextDue({ asOf: as_of }),
    record: ({ outcomes }) => engine().record(outcomes),
    outcomes: () => engine().outcomes(),
    ask({ method, customer_id, options }) {
      const customer = customer_id === undefined ? [] : [customer_id];
      return engine()[camel(method)](...customer, named(options));
    },
    transitions: ({ as_of }) => engine().transitions({ asOf: as_of }),
    segment_counts: ({ as_of }) => engine().segmentCounts({ asOf: as_of }),
    rfm: ({ as_of, value, window }) => engine().rfm({ asOf: as_of, value, window }),
    cohorts: ({ events, customers, options }) => cohorts(events, customers, options),
    snapshot() {
      const before = engine().snapshot();
      current = Engine.restore(bundle(), before);
      return { same: same([...current.snapshot()], [...before]) };
    },
    restore({ damage, playbook: lines }) {
      const state = damaged(engine().snapshot(), damage);
      const other = lines ? new Bundle(new Playbook(text(lines))) : bundle();
      return { customers: Engine.restore(other, state).customers.length };
    },
  };

  return spec.steps.flatMap((step, at) => {
    const expected = step.error ? { error: step.error } : { expect: step.expect };
    let found;
    try {
      found = { expect: calls[step.call](step) };
    } catch ({ code, message }) {
      found = { error: { code, message } };
    }
    if (same(found, expected)) return [];
    return [`step ${at}, ${step.call}: ${JSON.stringify(found)}, expected ${JSON.stringify(expected)}`];
  });
}
