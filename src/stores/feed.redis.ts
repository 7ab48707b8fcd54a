import type { Redis, Result } from 'ioredis'
import { fail } from '../catalogue.ts'
import type { Feed, Listener, Subject } from '../revocations.ts'
import type { Report } from '../report.ts'
import { tellAll } from './feed.process.ts'

declare module 'ioredis' {
  interface RedisCommander<Context> {
    dreamCountAnnouncements (count: string): Result<string, Context>
    dreamAnnounce (count: string, channel: string, message: string): Result<number, Context>
  }
}

const BEAT_MS = 300
/** How long one answer of Redis vouches for what was heard by then: with a beat missed, still less than a second. */
const VOUCHED_MS = 900
const RESUBSCRIBE_MS = 250

// A count begins at the microseconds since 1970, so that one which was lost is not taken up where it was. It is a write even where it
// changes nothing: a master that has lost its replicas, or its cluster, and may have been succeeded, refuses it.
const BEGIN = `
local time = redis.call('TIME')
redis.call('SET', KEYS[1], time[1] .. string.format('%06d', time[2]), 'NX')`

const COUNT = `${BEGIN}
return redis.call('GET', KEYS[1])`

const ANNOUNCE = `${BEGIN}
redis.call('INCR', KEYS[1])
return redis.call('PUBLISH', ARGV[1], redis.call('GET', KEYS[1]) .. ' ' .. ARGV[2])`

interface Connections {
  /** Commands. */
  client: Redis
  /** A connection of its own, not connected yet, that only listens: to any server that passes on what is published. */
  subscriber: Redis
}

/**
 * Word of changes through Redis' publish and subscribe. That forgets what it could not deliver, so announcements are numbered where they
 * are published, and their number is asked for: who has heard the last and missed none has heard all. Without a recent answer memory is
 * not trusted; who has missed one, or was disconnected, or had no such answer for a while, forgets all. So it does not matter which server is listened to, and what it is worth.
 */
export function createRedisFeed ({ client, subscriber }: Connections, channel: string, report: Report): { feed: Feed, close: () => void } {
  client.defineCommand('dreamCountAnnouncements', { numberOfKeys: 1, lua: COUNT })
  client.defineCommand('dreamAnnounce', { numberOfKeys: 1, lua: ANNOUNCE })
  const count = `${channel}:count`
  const listeners: Listener[] = []
  let vouchedUntil = 0
  let listening = false
  /** Number of the last announcement; none before the first answer. */
  let heard: number | undefined
  /** What an answer spoke of and is not heard yet. */
  let owed: { last: number, asked: number } | undefined
  let closed = false
  let told = false
  let retry: NodeJS.Timeout | undefined

  /** Whatever is remembered may be wrong; what comes after this number is heard. */
  function gap (last: number): void {
    heard = last
    owed = undefined
    for (const { gap } of listeners) gap()
  }

  /**
   * Trusts memory for a while from when the answer was asked for. If it was not trusted until now, all is forgotten first: while there was
   * no answer, others may have changed what they could not announce either, and will when they get round to it.
   */
  function vouch (asked: number): void {
    if (performance.now() >= vouchedUntil) for (const { gap } of listeners) gap()
    vouchedUntil = asked + VOUCHED_MS
  }

  async function beat (): Promise<void> {
    const [overdue, before, { stream }, asked] = [owed, heard, subscriber, performance.now()]
    const last = Number(await client.dreamCountAnnouncements(count))
    // Of an earlier connection it says nothing.
    if (!listening || subscriber.stream !== stream) return
    if (overdue !== undefined && owed === overdue) {
      gap(last)
      // It is deaf, and there may be a better one.
      return subscriber.disconnect(true)
    }
    if (heard === undefined || before === undefined || last < before) gap(last)
    // From when it was asked, as the answer may have lain about.
    if (heard !== undefined && heard >= last) vouch(asked)
    else owed ??= { last, asked }
  }

  async function subscribe (): Promise<void> {
    clearTimeout(retry)
    try {
      await subscriber.subscribe(channel)
      listening = true
      beat().catch(() => {})
    } catch (error) {
      // A connection that is lost is told of elsewhere; a right to the channel that is missing would never be noticed.
      if (!closed && subscriber.status === 'ready' && !told) report(error, 'the channel of revocations cannot be listened to: every check of a token asks the database')
      told = true
      if (!closed) retry = setTimeout(() => { if (subscriber.status === 'ready') subscribe() }, RESUBSCRIBE_MS).unref()
    }
  }

  function hear (number: number): void {
    if (heard === undefined || number <= heard) return
    if (number > heard + 1) return gap(number)
    heard = number
    if (owed === undefined || heard < owed.last) return
    vouch(owed.asked)
    owed = undefined
  }

  const beats = setInterval(() => {
    // Before it is subscribed, an answer vouches for nothing.
    if (listening) beat().catch(() => {})
  }, BEAT_MS).unref()

  subscriber.on('ready', () => { subscribe() })
  subscriber.on('close', () => {
    listening = false
    heard = owed = undefined
    vouchedUntil = 0
  })
  subscriber.on('error', () => {})
  subscriber.on('message', (_channel, message) => {
    const [, number = '0', text = message] = /^(\d+) (.*)$/s.exec(message) ?? []
    hear(Number(number))
    const subjects = subjectsIn(text)
    if (subjects === undefined) for (const { gap } of listeners) gap()
    else tellAll(listeners, subjects)
  })

  async function publish (message: string): Promise<void> {
    try {
      await client.dreamAnnounce(count, channel, message)
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
        for (const { gap } of listeners) gap()
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
