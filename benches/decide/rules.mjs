// The fifty conditions in the language of each engine, and customers to ask them of.
import { readFileSync } from 'node:fs'

export const rules = JSON.parse(readFileSync(new URL('rules.json', import.meta.url)))

const NUMBERS = {
  spend: [1000, 100], mrr: [500, 1], logins: [30, 1], pace: [2, 1000], quiet: [40, 10],
  tickets: [6, 1], failed: [3, 1], tenure: [720, 1], seats: [30, 1],
}
const TEXTS = {
  plan: ['free', 'pro', 'enterprise'],
  country: ['US', 'DE', 'FR', 'GB', 'JP', 'BR', 'ES', 'IE', 'AT', 'CA', 'CH', 'MX', 'IT', 'KR', 'AU'],
}
export const names = [...Object.keys(NUMBERS), ...Object.keys(TEXTS)]

/** Customers as objects, the same in every run. */
export function people(count) {
  let state = 7
  const draw = () => (state = (state * 1103515245 + 12345) % 2147483648) / 2147483648
  return Array.from({ length: count }, () => {
    const person = {}
    for (const [name, [most, grain]] of Object.entries(NUMBERS)) {
      // A seat at least, as something is divided by them.
      person[name] = (name === 'seats' ? 1 : 0) + Math.floor(draw() * most * grain) / grain
    }
    for (const [name, values] of Object.entries(TEXTS)) person[name] = values[Math.floor(draw() * values.length)]
    return person
  })
}

const quoted = (value) => JSON.stringify(value)

/** A condition as text; `words` has what each operator is called, and how a list is asked. */
function text(rule, words) {
  if (!Array.isArray(rule)) return words.operand(rule)
  const [op, ...operands] = rule
  if (op === 'in') return words.in(words.operand(operands[0]), operands[1].map(quoted))
  const literal = (operand) => (typeof operand === 'string' ? quoted(operand) : words.operand(operand))
  const parts =
    op === '==' || op === '!='
      ? [words.operand(operands[0]), literal(operands[1])]
      : operands.map((operand) => text(operand, words))
  return `(${parts.join(` ${words[op] ?? op} `)})`
}

const list = (name, values) => `(${name} in [${values.join(', ')}])`
const decimal = (operand) => (typeof operand === 'number' && Number.isInteger(operand) ? `${operand}.0` : operand)

/** Ours. */
export const ours = rules.map((rule) => text(rule, { and: '&&', or: '||', in: list, operand: decimal }))

/** Those of zen-engine. */
export const zen = rules.map((rule) => text(rule, { in: list, operand: String }))

/** Functions of JavaScript: what anyone could write by hand. */
export const closures = rules.map((rule) => {
  const among = (name, values) => `(${values.map((value) => `${name} === ${value}`).join(' || ')})`
  const words = { and: '&&', or: '||', '==': '===', '!=': '!==', in: among, operand: String }
  return new Function(`{ ${names.join(', ')} }`, `return ${text(rule, words)}`)
})

const OPERATORS = {
  '<': 'lessThan', '<=': 'lessThanInclusive', '>': 'greaterThan', '>=': 'greaterThanInclusive',
  '==': 'equal', '!=': 'notEqual', in: 'in',
}

/**
 * The conditions of json-rules-engine, which knows no arithmetic: each sum or quotient becomes a
 * fact of its own, and `facts` gives those of a customer.
 */
export function forRulesEngine() {
  const computed = []
  const fact = (operand) => {
    if (!Array.isArray(operand)) return operand
    const written = text(operand, { operand: String })
    let at = computed.findIndex((known) => known.written === written)
    if (at < 0) at = computed.push({ written, of: new Function(`{ ${names.join(', ')} }`, `return ${written}`) }) - 1
    return `computed${at}`
  }
  const condition = ([op, ...operands]) => {
    if (op === 'and') return { all: operands.map(condition) }
    if (op === 'or') return { any: operands.map(condition) }
    let [left, right] = operands
    // What is computed on the right side stands on the left, less than the other way round.
    if (typeof right === 'string' && names.includes(right)) {
      ;[left, right] = [['-', left, right], 0]
    }
    return { fact: fact(left), operator: OPERATORS[op], value: right }
  }
  const conditions = rules.map(condition).map((known) => (known.all || known.any ? known : { all: [known] }))
  const facts = (person) => {
    const all = { ...person }
    computed.forEach(({ of }, at) => (all[`computed${at}`] = of(person)))
    return all
  }
  return { conditions, facts }
}
