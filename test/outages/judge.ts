import type { Lifecycle } from './lifecycle.ts'
import type { Outage } from './outage.ts'
import { allowed, boundOf, RECOVERY_MS } from './routes.ts'

/** The start waits some seconds for each dependency, and the program needs its own time besides. */
const LISTENS_MS = 8_000
/** What `src/server.ts` gives a stop. */
const STOP_MS = 13_000

/**
 * Every promise that an outage broke, in words.
 *
 * @param leniency factor on all times, for a machine that is busy
 */
export function broken ({ fault, samples, recoveryMs, lost, leaks }: Outage, leniency = 1): string[] {
  const of = `${fault.dependency}, ${fault.name}`
  return [
    ...samples.filter(({ route, phase, code }) => !allowed(route, fault, phase).includes(code)).map(({ route, phase, code }) => `${of}: ${route} was answered with ${code} (${phase}), where ${allowed(route, fault, phase).join(' or ')} is due`),
    ...samples.filter(({ route, ms }) => ms > leniency * boundOf(route, fault)).map(({ route, phase, ms }) => `${of}: ${route} took ${Math.round(ms)} ms (${phase})`),
    ...(recoveryMs <= leniency * RECOVERY_MS ? [] : [`${of}: service resumed ${Math.round(recoveryMs)} ms after the return`]),
    ...lost.map(what => `${of}: an acknowledged ${what} is lost`),
    ...leaks.map(leak => `${of}: leaked ${leak}`)
  ]
}

/** The same of a start and a stop. */
export function brokenInLife ({ fault, listensMs, codes, recoveryMs, exit, exitMs, unanswered }: Lifecycle, leniency = 1): string[] {
  const of = `${fault.dependency}, ${fault.name}`
  const [login] = allowed('Login', fault, 'second')
  const [health] = allowed('health', fault, 'second')
  return [
    ...(listensMs <= leniency * LISTENS_MS ? [] : [`${of}: listened after ${Math.round(listensMs)} ms`]),
    ...(codes.login === login && codes.health === health && codes.live === 200 ? [] : [`${of}: after the start Login, health and health/live were answered with ${codes.login}, ${codes.health} and ${codes.live}`]),
    ...(recoveryMs <= leniency * RECOVERY_MS ? [] : [`${of}: service came up ${Math.round(recoveryMs)} ms after the dependency`]),
    ...(exit === 0 ? [] : [`${of}: ended with ${String(exit)}`]),
    ...(exitMs <= leniency * STOP_MS ? [] : [`${of}: ended after ${Math.round(exitMs)} ms`]),
    ...(unanswered === 0 ? [] : [`${of}: ${unanswered} requests under way at the stop were not answered`])
  ]
}
