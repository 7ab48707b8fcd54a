import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client'
import { limits } from '../limits.ts'
import type { Mailer } from '../mail/mail.ts'
import type { Stretch } from '../stretch.ts'
import type { Exposition } from './listener.ts'
import { MAIL_OUTCOMES, outcomeOf } from './mail-outcome.ts'
import { addReadings } from './readings.ts'
import type { Sources } from './sources.ts'

export interface Answered {
  /** The pattern of the route, never the URL. */
  route: string
  method: string
  status: number
  /** The envelope's; 0 where the answer is none. */
  code: number
}

/** Counts what happens and shows it to Prometheus. Every label has a bounded number of values, none of them a client's. */
export interface Metrics extends Exposition {
  registry: Registry
  /** @param seconds none for what was no request that anybody worked at */
  answered: (answer: Answered, seconds?: number) => void
  throttled: (limit: string) => void
  /** The same, but what it does is counted. */
  ofMails: (mailer: Mailer) => Mailer
  ofHashes: (stretch: Stretch) => Stretch
}

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/** Seconds. From a check in memory to the two within which everything is answered; a mail may take eight. */
const REQUEST_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8]
const HASH_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2]
const MAIL_BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8]

export function createMetrics (sources: Sources): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  addReadings(registry, sources)

  /** How many of the answers given at once are counted already. */
  const told = new Map<string, number>()
  const requests = new Counter({
    name: 'dream_auth_http_requests_total',
    help: 'Answers by route, method, HTTP status and Code; code 0: no envelope.',
    labelNames: ['route', 'method', 'status', 'code'],
    registers,
    collect () {
      for (const [route, count] of sources.atOnce()) {
        this.inc({ route, method: 'GET', status: 200, code: 200 }, count - (told.get(route) ?? 0))
        told.set(route, count)
      }
    }
  })
  const durations = new Histogram({ name: 'dream_auth_http_request_duration_seconds', help: 'Time to answer, but for what is answered at once.', labelNames: ['route', 'method'], buckets: REQUEST_BUCKETS, registers })
  const throttles = new Counter({ name: 'dream_auth_throttle_refusals_total', help: 'Requests refused by a limit.', labelNames: ['limit'], registers })
  const hashes = new Histogram({ name: 'dream_auth_hash_duration_seconds', help: 'Time a password hash takes on its thread.', buckets: HASH_BUCKETS, registers })
  const mails = new Counter({ name: 'dream_auth_mails_total', help: 'Mails by what became of them.', labelNames: ['outcome'], registers })
  const deliveries = new Histogram({ name: 'dream_auth_mail_duration_seconds', help: 'Time until the mail server has taken or refused a mail.', buckets: MAIL_BUCKETS, registers })
  // What has not happened yet is nought, or its first time would go unseen by rate().
  for (const { name } of Object.values(limits).flat()) throttles.inc({ limit: name }, 0)
  for (const outcome of MAIL_OUTCOMES) mails.inc({ outcome }, 0)

  return {
    registry,
    contentType: registry.contentType,
    text: () => registry.metrics(),

    answered ({ route, method, status, code }, seconds) {
      const known = METHODS.has(method) ? method : 'other'
      requests.inc({ route, method: known, status, code })
      if (seconds !== undefined) durations.observe({ route, method: known }, seconds)
    },

    throttled (limit) { throttles.inc({ limit }) },

    ofMails: mailer => async (mail, handOver) => {
      const end = deliveries.startTimer()
      const outcome = await mailer(mail, handOver).then(() => 'sent', (error: unknown) => ({ error }))
      end()
      mails.inc({ outcome: typeof outcome === 'string' ? outcome : outcomeOf(outcome.error) })
      if (typeof outcome !== 'string') throw outcome.error
    },

    ofHashes: stretch => async (input, salt, cost) => {
      const end = hashes.startTimer()
      try {
        return await stretch(input, salt, cost)
      } finally {
        end()
      }
    }
  }
}
