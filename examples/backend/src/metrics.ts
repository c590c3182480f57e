// Counters, and how Prometheus reads them.

type Labels = Record<string, string>

export class Counters {
  #values = new Map<string, number>()
  #help = new Map<string, string>()

  /** Names a counter and says what it counts. */
  describe(name: string, help: string): this {
    this.#help.set(name, help)
    return this
  }

  add(name: string, labels: Labels = {}, by = 1): void {
    const inner = Object.entries(labels).map(([label, value]) => `${label}=${quoted(value)}`)
    const series = inner.length ? `${name}{${inner.join(',')}}` : name
    this.#values.set(series, (this.#values.get(series) ?? 0) + by)
  }

  /** The text exposition format, version 0.0.4. */
  text(): string {
    const series = [...this.#values].sort()
    const lines = [...this.#help].flatMap(([name, help]) => [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} counter`,
      ...series.filter(([key]) => key.split('{')[0] === name).map(([key, value]) => `${key} ${value}`),
    ])
    return lines.join('\n') + '\n'
  }
}

const quoted = (value: string) =>
  `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`
