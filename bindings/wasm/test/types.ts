// What TypeScript has to find in the declarations; `package.test.js` compiles it.
import type { Bundle, Decisions, Engine, Explanation, Replay, Score, Timestamp, WhatIf } from "stayput-wasm";
import { WorkerEngine } from "stayput-wasm/client";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function holds<_ extends true>() {}

/** A method's arguments are the engine's, and its answer a promise of the engine's. */
type Mirrors<Method extends keyof Engine & keyof WorkerEngine> = Same<
  WorkerEngine[Method],
  Engine[Method] extends (...given: infer Given) => infer Answer ? (...given: Given) => Promise<Answer> : never
>;
holds<Mirrors<"decideOne">>();
holds<Mirrors<"ingest">>();
holds<Mirrors<"healthHistory">>();
holds<Mirrors<"importCustomers">>();
holds<Same<WorkerEngine["scoreRows"], (...given: Parameters<Bundle["scoreRows"]>) => Promise<Float64Array>>>();
holds<Same<WorkerEngine["replay"], (...given: Parameters<Bundle["replay"]>) => Promise<Replay>>>();
holds<Same<WorkerEngine["customers"], () => Promise<string[]>>>();
holds<Same<Exclude<keyof Engine, keyof WorkerEngine>, "free" | typeof Symbol.dispose>>();

export async function page(bundle: Uint8Array, worker: Worker) {
  const engine = await WorkerEngine.open(bundle, undefined, worker);
  const scores: Score[] = await engine.scoreAll({ asOf: new Date() });
  const decisions: Decisions = await engine.decideOne("ada", { asOf: "2026-03-02" });
  const changed: WhatIf = await engine.whatIf("ada", { asOf: 0, changes: { logins: 1 } });
  const due: Timestamp | null = await engine.nextDue({ asOf: 0 });
  const explained: Explanation = await engine.explainRows([{ logins: 1 }], { output: "margin" });
  // @ts-expect-error: no such method
  await engine.scoreal({ asOf: 0 });
  // @ts-expect-error: an instant is needed
  await engine.score("ada", {});
  // @ts-expect-error: it is made by `WorkerEngine.open`
  new WorkerEngine(worker);
  engine.close();
  return { scores, decisions, changed, due, explained, name: engine.bundle.name };
}
