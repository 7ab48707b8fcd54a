import { row, type Marks } from '../outages/table.ts'
import type { Tally } from './load.ts'
import { measures, type Measure, type Sample } from './sample.ts'
import { slopeOf } from './slope.ts'

export const MARKS: Marks = ['<!-- soak: written by "npm run soak" -->', '<!-- /soak -->']

/** What a soak has seen. */
export interface Soak {
  minutes: number
  samples: Sample[]
  tally: Tally
  /** Faults that were gone through, by name. */
  faults: Map<string, number>
  /** Lines of the log at warn and above. */
  complaints: Array<{ level: number, msg: string }>
  exit: unknown
}

/** Caches fill and code is compiled: what grows in the first third says nothing. */
const WARM_UP = 1 / 3
const ERROR = 50

const keys = Object.keys(measures) as Measure[]

function growth (samples: Sample[], measure: Measure): { slope: number, error: number } {
  const warm = samples.slice(Math.floor(samples.length * WARM_UP))
  return slopeOf(warm.map(sample => ({ x: sample.minutes / 60, y: sample[measure] })))
}

/** Growth counts where it is more than chance: two standard errors. */
export function failures ({ samples, tally, complaints, exit }: Soak): string[] {
  const grown = keys.filter(measure => {
    const { slope, error } = growth(samples, measure)
    return !(slope - 2 * error <= measures[measure].perHour)
  })
  const wrong = [...tally].flatMap(([what, codes]) => [0, 500].filter(code => codes.has(code)).map(code => `${what} was ${code === 0 ? 'not answered' : 'answered with 500'}, ${codes.get(code)} times`))
  return [
    ...grown.map(measure => `${measures[measure].what}: grows`),
    ...wrong,
    ...new Set(complaints.filter(({ level }) => level >= ERROR).map(({ msg }) => `in the log: ${msg}`)),
    ...(exit === 0 ? [] : [`the service ended with ${String(exit)}`])
  ]
}

const figure = (value: number): string => Number.isNaN(value) ? '–' : value.toFixed(1)

/** The report, as Markdown. */
export function markdown (soak: Soak): string {
  const { minutes, samples, tally, faults, complaints } = soak
  const requests = [...tally.values()].flatMap(codes => [...codes.values()]).reduce((sum, count) => sum + count, 0)
  const codes = new Map<number, number>()
  for (const counts of tally.values()) for (const [code, count] of counts) codes.set(code, (codes.get(code) ?? 0) + count)
  const warnings = complaints.filter(({ level }) => level < ERROR).length
  return [
    `${minutes} minutes, ${requests} requests, ${[...faults.values()].reduce((sum, count) => sum + count, 0)} faults (${[...faults].map(([name, count]) => `${name} ${count}×`).join(', ')}). ` +
    `Codes: ${[...codes].sort(([a], [b]) => a - b).map(([code, count]) => `${code} ${count}×`).join(', ')}. ${warnings} lines of the log at \`warn\`, ${complaints.length - warnings} above. Unhandled rejections: ${complaints.filter(({ msg }) => msg.startsWith('a failure that nobody waited for')).length}.`,
    '',
    row(['', 'after the warm-up', 'at the end', 'grows an hour (± standard error)']),
    row(['---', '---', '---', '---']),
    ...keys.map(measure => {
      const { slope, error } = growth(samples, measure)
      return row([measures[measure].what, figure(samples[Math.floor(samples.length * WARM_UP)]?.[measure] ?? NaN), figure(samples.at(-1)?.[measure] ?? NaN), `${figure(slope)} ± ${figure(error)}`])
    }),
    '',
    failures(soak).length === 0 ? 'Nothing grows, and nothing was answered wrongly.' : `**Failed**: ${failures(soak).join('; ')}.`
  ].join('\n')
}
