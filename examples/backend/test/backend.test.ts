import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { Bundle, Playbook, simulate } from 'stayput'

import { backend } from '../src/app.ts'

const folder = mkdtempSync(join(tmpdir(), 'stayput-backend-'))
after(() => rmSync(folder, { recursive: true }))

const playbook = fileURLToPath(new URL('../../acme/playbook.toml', import.meta.url))
const bundle = new Bundle(Playbook.load(playbook))
const company = await simulate({ customers: 60, days: 200, start: '2026-01-01' })
const ndjson = { 'content-type': 'application/x-ndjson' }
const asOf = 'as_of=2026-06-01'
const rows = (bytes: Buffer) => bytes.toString().trimEnd().split('\n').length

test('events go in, scores, decisions and metrics come out', async () => {
  const app = await backend({ bundle, snapshot: join(folder, 'inject.snapshot') })
  const customers = await app.inject({ method: 'POST', url: '/customers', headers: ndjson, payload: company.customers })
  assert.equal(customers.json().accepted, 60)
  const events = await app.inject({ method: 'POST', url: '/events', headers: ndjson, payload: company.events })
  assert.equal(events.json().accepted, rows(company.events))

  const login = { customer_id: 'c0000003', timestamp: '2026-05-31T10:00:00Z', type: 'login', event_id: 'a' }
  const more = await app.inject({ method: 'POST', url: '/events', payload: [login, login, { ...login, type: 'logn' }] })
  assert.equal(more.statusCode, 200)
  assert.deepEqual([more.json().accepted, more.json().duplicates, more.json().rejected[0].index], [1, 1, 2])

  const score = await app.inject(`/customers/c0000003/score?${asOf}`)
  assert.equal(score.statusCode, 200)
  assert.equal(score.json().as_of, '2026-06-01T00:00:00Z')
  assert.ok(score.json().features.logins_30d > 0)

  const decided = (await app.inject({ method: 'POST', url: `/decisions?${asOf}` })).json()
  assert.ok(decided.decisions.length + decided.suppressions.length > 0)
  const again = (await app.inject({ method: 'POST', url: `/decisions?${asOf}` })).json()
  assert.deepEqual(again.decisions, [])

  const health = (await app.inject('/health')).json()
  assert.deepEqual(health, { status: 'ok', playbook: 'acme', bundle: bundle.hash })
  const metrics = await app.inject('/metrics')
  assert.match(metrics.headers['content-type'] as string, /^text\/plain; version=0.0.4/)
  assert.match(metrics.body, /^# TYPE stayput_events_total counter$/m)
  assert.match(metrics.body, /^stayput_events_total\{result="rejected"\} 1$/m)
  assert.match(metrics.body, /^stayput_scores_total 1$/m)
  const sent = [...metrics.body.matchAll(/^stayput_decisions_total\{.*\} (\d+)$/gm)].map((line) => Number(line[1]))
  assert.equal(sent.reduce((sum, count) => sum + count, 0), decided.decisions.length)
  await app.close()
})

test('an error has a status, and its code and message', async () => {
  const app = await backend({ bundle, snapshot: join(folder, 'errors.snapshot') })
  const unknown = await app.inject(`/customers/nobody/score?${asOf}`)
  assert.deepEqual([unknown.statusCode, unknown.json().code], [404, 'unknown_customer'])
  const time = await app.inject('/customers/nobody/score?as_of=soon')
  assert.deepEqual([time.statusCode, time.json().code], [400, 'argument'])
  const body = await app.inject({ method: 'POST', url: '/events', payload: { no: 'list' } })
  assert.deepEqual([body.statusCode, body.json().code], [400, 'argument'])
  const text = await app.inject({ method: 'POST', url: '/events', headers: { 'content-type': 'text/csv' }, payload: 'a' })
  assert.equal(text.statusCode, 415)
  const order = (day: string) => app.inject({ method: 'POST', url: `/decisions?as_of=${day}` })
  await app.inject({ method: 'POST', url: '/customers', payload: [{ customer_id: 'a' }] })
  await order('2026-06-02')
  assert.equal((await order('2026-06-01')).statusCode, 409)
  await app.close()
})

test('a server that is stopped goes on where it was', async () => {
  const path = join(folder, 'acme.stayput')
  bundle.save(path)
  const first = await serve(path)
  const post = await fetch(`${first.url}/events`, { method: 'POST', headers: ndjson, body: new Uint8Array(company.events) })
  assert.equal(post.status, 200)
  const score = await (await fetch(`${first.url}/customers/c0000003/score?${asOf}`)).json()
  await first.stop()
  assert.ok(existsSync(`${path}.snapshot`))
  assert.deepEqual(readdirSync(folder).filter((name) => name.endsWith('.tmp')), [])

  const second = await serve(path)
  assert.deepEqual(await (await fetch(`${second.url}/customers/c0000003/score?${asOf}`)).json(), score)
  await second.stop()
})

/** The server as its own process, on a free port. */
async function serve(path: string) {
  const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
  const server = spawn(process.execPath, ['--import', 'tsx', main, path], {
    env: { ...process.env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  for await (const chunk of server.stdout.iterator({ destroyOnReturn: false })) {
    text += chunk
    if (text.includes('\n')) break
  }
  const url = text.match(/http:\S+/)?.[0]
  assert.ok(url, text)
  const stop = async () => {
    server.kill('SIGTERM')
    const [code] = await once(server, 'exit')
    assert.equal(code, 0)
  }
  return { url, stop }
}
