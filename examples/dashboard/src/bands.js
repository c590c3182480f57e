// The health bands of a playbook: their order and colours.

/** The hue of a share of what is good, 0 to 1: red, then amber, then green. */
export const hueOf = (share) => 8 + 142 * share ** 2;

/**
 * The bands that occur, worst first, as `Map(name → { count, hue })`.
 *
 * A score document names a customer's band but not its bounds; bands do not overlap, so the order
 * of any score of each is the order of the bands.
 */
export function bandsOf(scores) {
  const seen = new Map();
  for (const { health } of scores) {
    if (!health) continue;
    const band = seen.get(health.band) ?? { count: 0, least: Infinity };
    seen.set(health.band, { count: band.count + 1, least: Math.min(band.least, health.score) });
  }
  const ordered = [...seen].sort(([, a], [, b]) => a.least - b.least);
  const last = Math.max(ordered.length - 1, 1);
  return new Map(ordered.map(([name, { count }], at) => [name, { count, hue: hueOf(at / last) }]));
}
