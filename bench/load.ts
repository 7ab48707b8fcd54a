import autocannon from 'autocannon'
import { median, round, type Figure } from './figure.ts'
import { processorSeconds, type Running } from './service.ts'

export const CONNECTIONS = 32

export interface Effort { rounds: number, seconds: number }

export async function load (url: string, options: Partial<autocannon.Options> = {}): Promise<autocannon.Result> {
  const result = await autocannon({ url, connections: CONNECTIONS, ...options })
  if (result.non2xx > 0 || result.errors > 0) throw new Error(`${url}: ${result.non2xx} failed answers, ${result.errors} errors`)
  return result
}

export const bearer = (token: string): Partial<autocannon.Options> => ({ headers: { authorization: `Bearer ${token}` } })

/** Each connection sends its share of the tokens in turn: no more is prepared than there are. */
export function bearers (tokens: string[]): Partial<autocannon.Options> {
  let connection = 0
  return {
    setupClient: client => {
      const share = connection++ % CONNECTIONS
      client.setRequests(tokens.filter((_, i) => i % CONNECTIONS === share).map(token => ({ headers: { authorization: `Bearer ${token}` } })))
    }
  }
}

interface Throughput { perSecond: number, perProcessorSecond: number, busy: number }

/** Throughput of a process under load, and what of it a second of processor time makes: the latter says the same where the load generator is the slower. */
async function throughput ({ child }: Running, url: string, seconds: number, options: Partial<autocannon.Options>): Promise<Throughput> {
  const before = processorSeconds(child)
  const { requests, duration } = await load(url, { ...options, duration: seconds })
  const used = processorSeconds(child) - before
  return { perSecond: requests.total / duration, perProcessorSecond: requests.total / used, busy: used / duration }
}

/**
 * Throughput of a route and of the bare route, in turn. Both are sent the same requests: to read a header of some hundred bytes
 * takes a while, whether or not anybody looks at it.
 */
export async function againstBare (what: string, target: string, { rounds, seconds }: Effort, bare: Running, service: Running, path: string, options: Partial<autocannon.Options> = {}): Promise<Figure> {
  const ours: Throughput[] = []
  const theirs: Throughput[] = []
  for (let i = 0; i < rounds; i++) {
    theirs.push(await throughput(bare, bare.url, seconds, options))
    ours.push(await throughput(service, service.url + path, seconds, options))
  }
  const of = (all: Throughput[], kind: keyof Throughput): number => median(all.map(each => each[kind]))
  const ratio = (kind: keyof Throughput): number => round(of(ours, kind) / of(theirs, kind))
  return {
    what,
    value: ratio('perSecond'),
    unit: '× bare route',
    target,
    detail: `${Math.round(of(ours, 'perSecond'))} of ${Math.round(of(theirs, 'perSecond'))} requests/s; by processor time ${ratio('perProcessorSecond')} × (${Math.round(of(ours, 'busy') * 100)} and ${Math.round(of(theirs, 'busy') * 100)} % of a core)`
  }
}
