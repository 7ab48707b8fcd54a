import type { CaptchaUse } from '../captcha.ts'
import type { Backlog } from '../event-queue.ts'
import type { Outbox } from '../outbox.ts'
import type { Load } from '../queue.ts'
import type { PoolUse } from '../stores/pool-use.ts'
import type { TokenUse } from '../tokens.ts'

export interface Dependency { name: string, up: boolean, seconds: number }

/** What is read when somebody asks for the metrics, and costs nothing until then. */
export interface Sources {
  hashes: () => Load
  /** How many hashes run at once at the most. */
  hashThreads: () => number
  tokens: () => TokenUse
  events: () => Backlog
  outbox: () => Pick<Outbox, 'outcomes' | 'backlog'>
  dependencies: () => Promise<Dependency[]>
  /** Answers that were given without a route, as `app.shortcut` gives them, by path. */
  atOnce: () => Array<[path: string, count: number]>
  captcha: () => CaptchaUse
  /** Server mode alone. */
  pool: (() => PoolUse) | undefined
  redisConnected: (() => boolean) | undefined
}
