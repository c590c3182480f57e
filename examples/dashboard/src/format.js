// Numbers and instants as a reader wants them.

const numbers = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const percents = new Intl.NumberFormat("en", { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });
const points = new Intl.NumberFormat("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });

export const count = (x) => whole.format(x);
export const percent = (x) => percents.format(x);
export const point = (x) => points.format(x);

/** `at_risk` as `at risk`. */
export const words = (name) => name.replaceAll("_", " ");

/** The value of a feature. */
export function value(x) {
  if (x === null || x === undefined) return "unknown";
  if (typeof x === "number") return numbers.format(x);
  if (typeof x === "boolean") return x ? "yes" : "no";
  return /^\d{4}-\d\d-\d\dT/.test(x) ? x.slice(0, 10) : x;
}
