import type { Lifecycle } from './lifecycle.ts'
import type { Outage } from './outage.ts'
import { routes, type Route } from './routes.ts'
import type { Dependency } from './scene.ts'

/** The page that holds the tables, and the marks around them. */
export const PAGE = 'docs/OPERATIONS.md'
export type Marks = readonly [begin: string, end: string]
export const MARKS: Marks = ['<!-- faults: written by "npm run test:faults" -->', '<!-- /faults -->']

const TITLES: Record<Dependency, string> = { database: 'Database', redis: 'Redis', mail: 'Mail server' }

export const seconds = (ms: number): string => `${(ms / 1000).toFixed(ms < 1000 ? 2 : 1)} s`

export const row = (cells: string[]): string => `| ${cells.join(' | ')} |`

/** The Codes once the dependency was lost, and the longest that any answer took, of requests too that were under way when it was. */
function cell ({ samples }: Outage, route: Route): string {
  const during = samples.filter(sample => sample.route === route && sample.phase !== 'after')
  const codes = new Set(during.filter(({ phase }) => phase !== 'meanwhile').map(({ code }) => code))
  return `${[...codes].join(', ')} · ${seconds(Math.max(...during.map(({ ms }) => ms)))}`
}

function tableOf (outages: Outage[]): string[] {
  return [
    row(['', ...outages.map(({ fault }) => fault.name)]),
    row(['---', ...outages.map(() => '---')]),
    ...routes.map(route => row([route, ...outages.map(outage => cell(outage, route))])),
    row(['**Service again after**', ...outages.map(({ recoveryMs }) => seconds(recoveryMs))]),
    row(['**Lost of what was acknowledged**', ...outages.map(({ lost, acknowledged }) => `${lost.length} of ${acknowledged}`)]),
    row(['**Leaked connections**', ...outages.map(({ leaks }) => String(leaks.length))])
  ]
}

function lifecycleTable (lifecycles: Lifecycle[]): string[] {
  return [
    row(['Lost', 'Listens after', 'Login, health, health/live until it is back', 'Service after its return', 'SIGTERM while it is lost again', 'Requests under way']),
    row(Array.from({ length: 6 }, () => '---')),
    ...lifecycles.map(({ fault, listensMs, codes, recoveryMs, exit, exitMs, underWay, unanswered }) => row([
      `${TITLES[fault.dependency]}: ${fault.name}`,
      seconds(listensMs),
      `${codes.login}, ${codes.health}, ${codes.live}`,
      seconds(recoveryMs),
      `exit ${String(exit)} after ${seconds(exitMs)}`,
      `${underWay - unanswered} of ${underWay} answered`
    ]))
  ]
}

/** All tables, as Markdown. */
export function tables (outages: Outage[], lifecycles: Lifecycle[]): string {
  const sections = (['database', 'redis', 'mail'] as const).flatMap(dependency => {
    const own = outages.filter(({ fault }) => fault.dependency === dependency)
    return own.length === 0 ? [] : [`### ${TITLES[dependency]} lost`, '', ...tableOf(own), '']
  })
  return [...sections, ...(lifecycles.length === 0 ? [] : ['### Lost at the start and at a stop', '', ...lifecycleTable(lifecycles)])].join('\n').trimEnd()
}

/** The page with what is between two marks replaced. Throws where it has no place for it. */
export function renew (page: string, [begin, end]: Marks, written: string): string {
  const [before, rest, ...more] = page.split(begin)
  const after = rest?.split(end)
  if (before === undefined || after?.length !== 2 || more.length > 0) throw new Error(`${PAGE} has to hold ${begin} and ${end}, once each and in order`)
  return `${before}${begin}\n\n${written}\n\n${end}${after[1]}`
}
