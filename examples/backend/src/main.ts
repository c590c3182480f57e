// Serves a bundle: `npm start -- acme.stayput`, or by the variables BUNDLE, SNAPSHOT, HOST and PORT.
import { Bundle } from 'stayput'

import { backend } from './app.ts'

const { BUNDLE, SNAPSHOT, HOST = '127.0.0.1', PORT = '3000' } = process.env
const path = process.argv[2] ?? BUNDLE
if (!path) {
  console.error('which bundle? npm start -- path/to/a.stayput')
  process.exit(2)
}

const app = await backend({ bundle: Bundle.load(path), snapshot: SNAPSHOT ?? `${path}.snapshot` })
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => app.close())
console.log(`listening on ${await app.listen({ host: HOST, port: Number(PORT) })}`)
