import type { World } from '../helper.ts'

export const METRICS_TOKEN = 'a-token-for-scrapes-5d0c7be2419f83a6'

export interface Sample { name: string, labels: Record<string, string>, value: number }

export interface Scraped {
  text: string
  samples: Sample[]
  /** Names and types as declared: `dream_auth_hash_running` is a `gauge`. */
  types: Record<string, string>
  /** The sum of all samples with this name and at least these labels; `undefined` where there is none. */
  value: (name: string, labels?: Record<string, string>) => number | undefined
}

/** The text format of Prometheus, version 0.0.4, as far as the service writes it; what is not of it fails. */
export function parseMetrics (text: string): Scraped {
  const types: Record<string, string> = {}
  const samples: Sample[] = []
  for (const line of text.split('\n')) {
    const [, typed, type] = /^# TYPE ([a-z_:]\w*) (counter|gauge|histogram|summary)$/.exec(line) ?? []
    if (typed !== undefined && type !== undefined) types[typed] = type
    if (line === '' || line.startsWith('# ')) continue
    const [, name, labels = '', value] = /^([a-z_:]\w*)(?:\{(.*)\})? (-?[\d.e+-]+|Na[nN]|\+Inf)$/.exec(line) ?? []
    if (name === undefined) throw new Error(`this is no sample: ${line}`)
    samples.push({ name, labels: Object.fromEntries([...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, value]) => [key, value])), value: Number(value) })
  }
  const value: Scraped['value'] = (name, labels = {}) => {
    const found = samples.filter(each => each.name === name && Object.entries(labels).every(([key, value]) => each.labels[key] === value))
    return found.length === 0 ? undefined : found.reduce((sum, each) => sum + each.value, 0)
  }
  return { text, samples, types, value }
}

/** The metrics of a service that was built with `METRICS_TOKEN`. */
export async function scrape (world: World): Promise<Scraped> {
  const { status, text } = await world.get('/metrics', { headers: { authorization: `Bearer ${METRICS_TOKEN}` } })
  if (status !== 200) throw new Error(`no metrics: ${status} ${text}`)
  return parseMetrics(text)
}
