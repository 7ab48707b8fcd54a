import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { apart } from './budget.ts'
import { Failure } from './catalogue.ts'
import { attempt, type Delivery } from './delivery.ts'
import { timeOfEventId } from './event-ids.ts'
import type { EventLog } from './events.ts'
import type { Mail, Mailer } from './mail/mail.ts'
import type { NoticeStore, StoredNotice } from './notices.ts'
import { createQueue } from './queue.ts'
import { hourly } from './retention.ts'

/** Notices that are mailed at once: fewer than the mail server is given connections, so that codes always find one. */
const AT_ONCE = 2
/** More that a process has claimed and that wait for their turn. */
const IN_LINE = 8
/** How long a claim lasts: longer than a whole line takes, where each mail takes as long as it may. */
export const LEASE_MS = 90_000
/** From one look at what others have left to the next. */
const LOOK_MS = 5_000
/** What comes after each failure, and after the last of these again and again. Up to a fifth more or less, as others have failed at the same time. */
const PAUSES_MS = [30_000, 120_000, 600_000, 1_800_000, 3_600_000, 7_200_000]
/** Of notices that cannot be read, how many a line of the log names. */
const MOST_NAMED = 10
/** How old a notice gets: it is gone at the next hourly look, within a day. */
const LONGEST_MS = 22 * 3_600_000
/** After this nobody can be at it any more. */
const HANDED_OVER_MS = 600_000
/** How often, and for how long, a process tries to write down what became of a notice. */
const RETRY_MS = 1_000
const PERSIST_MS = 300_000
/** How long a stop waits for mails that are on their way. */
const SETTLE_MS = 2_000

/** `deferred` counts attempts, the others notices. */
export const NOTICE_OUTCOMES = ['delivered', 'deferred', 'refused', 'unknown', 'expired'] as const
type NoticeOutcome = typeof NOTICE_OUTCOMES[number]

/** Mails the notices that are in the database: each is delivered once at the most, and once if that can be known. */
export interface Outbox {
  /** Whether a notice that is stored now would be mailed at once, and not be left to whoever looks next. */
  hasRoom: () => boolean
  /** Mails a notice that is stored and claimed. */
  send: (notice: StoredNotice) => void
  /** Stores a notice and mails it. */
  add: (notice: StoredNotice) => void
  /** Mails what is due, whoever stored it, and waits until no more is. */
  look: () => Promise<void>
  /** Looks every few seconds, and deletes every hour what has become too old. */
  start: () => void
  /** Waits for what is on its way, two seconds at the most, and leaves the rest to others. */
  close: () => Promise<void>
  readonly outcomes: Readonly<Record<NoticeOutcome, number>>
  /** How many notices all processes have to mail, and how old the oldest is, in seconds; what was known last while the database is away. */
  backlog: () => Promise<{ pending: number, oldestSeconds: number }>
}

interface Parts {
  store: NoticeStore
  mailer: Mailer
  mailOf: (notice: StoredNotice) => Mail
  /** Whether asking the mail server is any use. */
  reachable: () => boolean
}

/** @param now wall clock in milliseconds */
export function createOutbox ({ store, mailer, mailOf, reachable }: Parts, log: EventLog, now: () => number): Outbox {
  const queue = createQueue(AT_ONCE, IN_LINE)
  const closing = new AbortController()
  /** Claimed by this process and not begun. */
  const inLine = new Set<StoredNotice>()
  const underWay = new Set<Promise<void>>()
  const outcomes: Record<NoticeOutcome, number> = { delivered: 0, deferred: 0, refused: 0, unknown: 0, expired: 0 }
  let known = { pending: 0, oldestSeconds: 0 }
  const free = (): number => AT_ONCE + IN_LINE - queue.load.running - queue.load.waiting

  /** Makes an attempt when its turn comes. What became of it is written down by itself: a database that is away must not keep others from their turn. */
  async function deliver (notice: StoredNotice, claim: string): Promise<void> {
    inLine.add(notice)
    let delivery: Delivery = { verdict: 'untried', error: undefined }
    try {
      await queue(async () => {
        // Not there: given back meanwhile.
        if (inLine.delete(notice)) delivery = await attempt(handOver => mailer(mailOf(notice), handOver), () => store.handOver(notice.id, claim, now()))
        else delivery = { verdict: 'gone', error: undefined }
      })
    } catch {
      // The line is full.
      inLine.delete(notice)
    }
    inBackground(() => settle(notice, claim, delivery))
  }

  async function settle (notice: StoredNotice, claim: string, delivery: Delivery): Promise<void> {
    const { id, userId, kind, email, attempts } = notice
    const about = { notice: { id, kind, userId, domain: email.slice(email.lastIndexOf('@') + 1) }, ...('error' in delivery && { err: delivery.error }) }
    switch (delivery.verdict) {
      case 'gone': return
      case 'untried': return putOff(notice, claim, attempts, LOOK_MS)
      case 'deferred':
        outcomes.deferred++
        log.info(about, 'a notice could not be mailed now: it is tried again')
        return putOff(notice, claim, attempts + 1, pauseAfter(attempts))
      case 'refused':
        log.warn(about, 'a notice was refused by the mail server: it is not sent again')
        break
      case 'unknown':
        log.warn(about, 'a notice may have been delivered or not, as the mail server was lost before it said so: it is not sent again')
    }
    outcomes[delivery.verdict]++
    await persist(() => store.remove(id, claim), 'what became of a notice could not be stored')
  }

  async function putOff ({ id }: StoredNotice, claim: string, attempts: number, ms: number): Promise<void> {
    await persist(() => store.putOff(id, claim, { attempts, dueAt: now() + ms }), 'what became of a notice could not be stored')
  }

  /** Tries until the database has taken it. Where it never does, the claim runs out: another attempt for what was not handed over, and none for what was. */
  async function persist (step: () => Promise<void>, whatFailed: string): Promise<boolean> {
    for (const end = performance.now() + PERSIST_MS; ;) {
      try {
        await step()
        return true
      } catch (error) {
        if (!isAway(error) || closing.signal.aborted || performance.now() > end) {
          log.warn({ err: error }, whatFailed)
          return false
        }
      }
      await rest(RETRY_MS)
    }
  }

  function inBackground (task: () => Promise<void>): Promise<void> {
    const running = apart(task).catch((error: unknown) => { log.warn({ err: error }, 'a notice could not be mailed: it is tried again in a while') }).finally(() => { underWay.delete(running) })
    underWay.add(running)
    return running
  }

  async function settled (): Promise<void> {
    while (underWay.size > 0) await Promise.all(underWay)
  }

  function send (notice: StoredNotice): void {
    const { claim } = notice
    if (claim !== null) inBackground(() => closing.signal.aborted ? putOff(notice, claim, notice.attempts, 0) : deliver(notice, claim))
  }

  async function look (): Promise<void> {
    const unreadable: string[] = []
    try {
      while (!closing.signal.aborted && reachable() && free() > 0) {
        const claim = randomUUID()
        const at = now()
        const claimed = await store.claim(claim, { now: at, until: at + LEASE_MS, limit: free() })
        unreadable.push(...claimed.unreadable.flatMap(({ id, known }) => known ? [] : [id]))
        if (claimed.notices.length + claimed.unreadable.length === 0) return
        await Promise.all(claimed.notices.map(notice => inBackground(() => deliver(notice, claim))))
      }
    } finally {
      if (unreadable.length > 0) log.warn({ notices: unreadable.slice(0, MOST_NAMED) }, `${unreadable.length} notices cannot be read, and are not mailed: something else has written them`)
    }
  }

  async function lookOften (): Promise<void> {
    for (let lastReason = ''; !closing.signal.aborted;) {
      try {
        await look()
        lastReason = ''
      } catch (error) {
        // Of a database that is away the log tells already.
        const reason = String(error)
        if (!closing.signal.aborted) log[isAway(error) || reason === lastReason ? 'debug' : 'warn']({ err: error }, 'notices that are due could not be looked at: trying again every few seconds')
        lastReason = reason
      }
      await rest(LOOK_MS * (1 + Math.random() / 6))
    }
  }

  async function expire (): Promise<void> {
    const sum = { untold: 0, unknown: 0 }
    // By batches until none is left, or more could come than go.
    for (let some = 1; some > 0 && !closing.signal.aborted;) {
      const { untold, unknown } = await store.expire({ stored: LONGEST_MS, handedOver: HANDED_OVER_MS })
      some = untold + unknown
      sum.untold += untold
      sum.unknown += unknown
    }
    const { untold, unknown } = sum
    outcomes.expired += untold
    outcomes.unknown += unknown
    if (untold > 0) log.warn(`${untold} notices could not be mailed within a day: they are given up`)
    if (unknown > 0) log.warn(`${unknown} notices were being mailed when their process ended: whether they were delivered is not known, and they are not sent again`)
  }

  async function rest (ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: closing.signal, ref: false }).catch(() => {})
  }

  return {
    outcomes,
    async backlog () {
      try {
        const { pending, oldest } = await store.backlog()
        known = { pending, oldestSeconds: oldest === undefined ? 0 : Math.max(0, (now() - timeOfEventId(oldest)) / 1000) }
      } catch (error) {
        if (!isAway(error)) throw error
      }
      return known
    },
    hasRoom: () => !closing.signal.aborted && reachable() && free() > 0,
    send,
    add (notice) {
      inBackground(async () => { if (await persist(() => store.insert(notice), 'a notice could not be stored and is lost')) send(notice) })
    },
    look,
    start () {
      apart(lookOften)
      apart(() => hourly(expire, 'notices that are over could not be deleted, which takes the right to DELETE', { signal: closing.signal }, log))
    },
    async close () {
      closing.abort()
      const left = [...inLine]
      inLine.clear()
      left.forEach(send)
      await Promise.race([settled(), sleep(SETTLE_MS, undefined, { ref: false })])
    }
  }
}

/** Milliseconds until the next attempt, after so many that have failed before the last. */
function pauseAfter (attempts: number): number {
  return (PAUSES_MS[attempts] ?? PAUSES_MS.at(-1) ?? 0) * (0.8 + 0.4 * Math.random())
}

function isAway (error: unknown): boolean {
  return error instanceof Failure && error.key === 'DatabaseUnavailable'
}
