import type { Redis } from 'ioredis'
import { fail } from '../catalogue.ts'
import type { Feed, Listener, Subject } from '../revocations.ts'
import type { Report } from '../report.ts'
import { tellAll } from './feed.process.ts'

const BEAT_MS = 300
/** How long one answer of Redis vouches for what was heard by then: with a beat missed, still less than a second. */
const VOUCHED_MS = 900
const RESUBSCRIBE_MS = 250

interface Connections {
  /** Commands. */
  client: Redis
  /** A connection of its own, not connected yet, that only listens. */
  subscriber: Redis
}

/**
 * Word of changes through Redis' publish and subscribe. That forgets nothing it delivered and remembers nothing it did not, so:
 * an answer on the listening connection proves that everything published before was heard; without a recent one memory is
 * not trusted; and whoever was disconnected forgets all.
 */
export function createRedisFeed ({ client, subscriber }: Connections, channel: string, report: Report): { feed: Feed, close: () => void } {
  const listeners: Listener[] = []
  let vouchedUntil = 0
  let closed = false
  let told = false
  let retry: NodeJS.Timeout | undefined

  const gap = (): void => { for (const { gap } of listeners) gap() }

  async function beat (): Promise<void> {
    const { stream } = subscriber
    const asked = performance.now()
    await subscriber.ping()
    // From when it was asked, as the answer may have lain about. Of an earlier connection it says nothing.
    if (subscriber.stream === stream && subscriber.status === 'ready') vouchedUntil = asked + VOUCHED_MS
  }

  async function subscribe (): Promise<void> {
    clearTimeout(retry)
    try {
      await subscriber.subscribe(channel)
      gap()
      await beat()
    } catch (error) {
      // A connection that is lost is told of elsewhere; a right to the channel that is missing would never be noticed.
      if (!closed && subscriber.status === 'ready' && !told) report(error, 'the channel of revocations cannot be listened to: every check of a token asks the database')
      told = true
      if (!closed) retry = setTimeout(() => { if (subscriber.status === 'ready') subscribe() }, RESUBSCRIBE_MS).unref()
    }
  }

  const beats = setInterval(() => {
    // Before it is subscribed, an answer vouches for nothing.
    if (vouchedUntil > 0) beat().catch(() => {})
  }, BEAT_MS).unref()

  subscriber.on('ready', () => { subscribe() })
  subscriber.on('close', () => { vouchedUntil = 0 })
  subscriber.on('error', () => {})
  subscriber.on('message', (_channel, message) => {
    const subjects = subjectsIn(message)
    if (subjects === undefined) gap()
    else tellAll(listeners, subjects)
  })

  async function publish (message: string): Promise<void> {
    try {
      await client.publish(channel, message)
    } catch (error) {
      throw fail('CacheUnavailable', {}, error)
    }
  }

  return {
    feed: {
      current: () => performance.now() < vouchedUntil,
      async announce (subjects) {
        tellAll(listeners, subjects)
        await publish(JSON.stringify(subjects))
      },
      async announceGap () {
        gap()
        await publish('')
      },
      listen: listener => { listeners.push(listener) }
    },
    close () {
      closed = true
      clearInterval(beats)
      clearTimeout(retry)
      subscriber.disconnect()
    }
  }
}

/** What is not a list of subjects may be of a later version: then all is to be forgotten. */
function subjectsIn (message: string): Subject[] | undefined {
  try {
    const subjects: unknown = JSON.parse(message)
    return Array.isArray(subjects) && subjects.every(isSubject) ? subjects : undefined
  } catch {
    return undefined
  }
}

function isSubject (value: unknown): value is Subject {
  return typeof value === 'string' && /^(session [0-9a-f-]{36}|account [0-9]{1,16})$/.test(value)
}
