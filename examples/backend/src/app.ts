// The HTTP face of an engine: events in, scores and decisions out.
import { existsSync } from 'node:fs'
import { open, readFile, rename } from 'node:fs/promises'

import Fastify, { type FastifyInstance } from 'fastify'
import { type Bundle, Engine, type Reports, type Rows, type StayputError } from 'stayput'

import { Counters } from './metrics.ts'

export interface Options {
  bundle: Bundle
  /** Where the state of the customers is kept while the server is down. */
  snapshot: string
  /** What time it is, where a question does not say. */
  now?: () => Date
}

/** The status for an error of Stayput, by its code; other errors are the server's own. */
const STATUS: Record<string, number> = {
  argument: 400,
  table_column: 400,
  table_value: 400,
  unknown_customer: 404,
  time_order: 409,
}

type AsOf = { Querystring: { as_of?: string } }

export async function backend({ bundle, snapshot, now = () => new Date() }: Options): Promise<FastifyInstance> {
  const engine = existsSync(snapshot)
    ? await Engine.restore(bundle, await readFile(snapshot))
    : new Engine(bundle)
  const counters = new Counters()
    .describe('stayput_events_total', 'Events given, by what became of them.')
    .describe('stayput_customers_total', 'Customer rows given, by what became of them.')
    .describe('stayput_scores_total', 'Scores asked for.')
    .describe('stayput_decisions_total', 'Decisions, by campaign and action.')
    .describe('stayput_suppressions_total', 'Suppressions, by campaign and reason.')

  const app = Fastify({ bodyLimit: 64 * 1024 * 1024 })
  app.addContentTypeParser('application/x-ndjson', { parseAs: 'buffer' }, async (_: unknown, body: Buffer) => body)

  app.setErrorHandler((error: StayputError & { statusCode?: number }, _, reply) => {
    const status = STATUS[error.code] ?? error.statusCode ?? 500
    if (status >= 500) console.error(error)
    reply.code(status).send({ code: error.code, message: error.message, path: error.path })
  })

  const count = (name: string, report: Reports['events']) => {
    counters.add(name, { result: 'accepted' }, report.accepted)
    counters.add(name, { result: 'duplicate' }, report.duplicates)
    counters.add(name, { result: 'rejected' }, report.rejected.length)
    return report
  }

  app.post<{ Body: Rows }>('/events', async ({ body }) => {
    const { events } = await engine.ingest(body)
    return count('stayput_events_total', events)
  })

  app.post<{ Body: Rows }>('/customers', async ({ body }) => {
    const { customers } = await engine.ingest([], body)
    return count('stayput_customers_total', customers)
  })

  app.get<AsOf & { Params: { id: string } }>('/customers/:id/score', async ({ params, query }) => {
    counters.add('stayput_scores_total')
    return engine.score(params.id, { asOf: query.as_of ?? now() })
  })

  // Deciding changes the state: what is given here is to be sent, and is not given again.
  app.post<AsOf>('/decisions', async ({ query }) => {
    const decided = await engine.decide({ asOf: query.as_of ?? now() })
    for (const { campaign, action } of decided.decisions) {
      counters.add('stayput_decisions_total', { campaign, action })
    }
    for (const { campaign, reason } of decided.suppressions) {
      counters.add('stayput_suppressions_total', { campaign, reason })
    }
    return decided
  })

  app.get('/health', async () => ({ status: 'ok', playbook: bundle.playbook.name, bundle: bundle.hash }))

  app.get('/metrics', async (_, reply) => {
    reply.type('text/plain; version=0.0.4; charset=utf-8')
    return counters.text()
  })

  app.addHook('onClose', async () => replace(snapshot, await engine.snapshot()))
  return app
}

/** Writes a file so that a crash leaves the old one or the new one, and never half of one. */
async function replace(path: string, bytes: Uint8Array): Promise<void> {
  const beside = `${path}.${process.pid}.tmp`
  const file = await open(beside, 'w')
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(beside, path)
}
