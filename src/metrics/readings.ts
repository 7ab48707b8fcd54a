import { Counter, Gauge, type Registry } from 'prom-client'
import type { Sources } from './sources.ts'

type Reading = Record<string, number>
type Readings = () => Promise<Array<[labels: Record<string, string>, value: number]>>
interface Options { name: string, help: string, registers: Registry[], aggregator: 'sum' | 'min' | 'max', labelNames: string[] }

function counter (options: Options, readings: Readings): Counter {
  return new Counter({
    ...options,
    async collect () {
      const found = await readings()
      this.reset()
      for (const [labels, value] of found) this.inc(labels, value)
    }
  })
}

function gauge (options: Options, readings: Readings): Gauge {
  return new Gauge({ ...options, async collect () { for (const [labels, value] of await readings()) this.set(labels, value) } })
}

/** Metrics that are read where they lie when somebody asks. Their name says whether they only grow, as Prometheus has it. */
export function addReadings (registry: Registry, { hashes, hashThreads, tokens, events, captcha, outbox, dependencies, pool, redisConnected }: Sources): void {
  /** @param read the value, or one for each value of the label */
  function add (name: string, help: string, read: () => number | Promise<number>, aggregator?: 'min' | 'max'): void
  function add (name: string, help: string, read: () => Reading | Promise<Reading>, aggregator: 'sum' | 'min' | 'max', label: string): void
  function add (name: string, help: string, read: () => number | Reading | Promise<number | Reading>, aggregator: 'sum' | 'min' | 'max' = 'sum', label?: string): void {
    const options: Options = { name: `dream_auth_${name}`, help, registers: [registry], aggregator, labelNames: label === undefined ? [] : [label] }
    const readings: Readings = async () => {
      const found = await read()
      return typeof found === 'number' ? [[{}, found]] : Object.entries(found).map(([each, value]) => [label === undefined ? {} : { [label]: each }, value])
    }
    if (name.endsWith('_total')) counter(options, readings)
    else gauge(options, readings)
  }

  const ofDependencies = async (value: 'up' | 'seconds'): Promise<Reading> => Object.fromEntries((await dependencies()).map(each => [each.name, Number(each[value])]))

  add('hash_threads', 'Password hashes that may run at once.', hashThreads)
  add('hash_running', 'Password hashes that run now.', () => hashes().running)
  add('hash_waiting', 'Password hashes that wait for their turn.', () => hashes().waiting)
  add('hash_refused_total', 'Password hashes refused because too many waited (Code 529).', () => hashes().refused)
  add('token_checks_total', 'Token checks that came to a question of memory or of the database.', () => ({ memory: tokens().memory, store: tokens().store }), 'sum', 'answered_from')
  add('tokens_remembered', 'Tokens that are remembered as valid.', () => tokens().remembered)
  add('events_waiting', 'Audit events that wait to be stored.', () => events().waiting)
  add('events_dropped_total', 'Audit events dropped because too many waited.', () => events().dropped)
  add('captcha_total', 'Requests that had to show work: without it, with good and with bad.', () => ({ ...captcha() }), 'sum', 'outcome')
  add('notices_total', 'Notices by what became of them; deferred: attempts that failed for now.', () => ({ ...outbox().outcomes }), 'sum', 'outcome')
  // All processes look at the same ones.
  add('notices_pending', 'Notices that are still to be mailed.', async () => (await outbox().backlog()).pending, 'max')
  add('notices_oldest_seconds', 'Age of the oldest of them.', async () => (await outbox().backlog()).oldestSeconds, 'max')
  add('dependency_up', 'Whether the dependency can be written to, by the check that /health makes.', () => ofDependencies('up'), 'min', 'dependency')
  add('dependency_check_seconds', 'Time that the check took.', () => ofDependencies('seconds'), 'max', 'dependency')
  if (pool !== undefined) {
    add('database_connections', 'Connections to the database.', () => ({ in_use: pool().inUse, idle: pool().idle }), 'sum', 'state')
    add('database_waiting', 'Statements that wait for a connection.', () => pool().waiting)
    add('database_connections_limit', 'Most connections there may be (DB_POOL_SIZE).', () => pool().limit)
  }
  if (redisConnected !== undefined) add('redis_connected', 'Whether the connection to Redis is ready.', () => Number(redisConnected()), 'min')
}
