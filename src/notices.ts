import { randomUUID } from 'node:crypto'
import type { Language } from './catalogue.ts'
import { createEventIds } from './event-ids.ts'
import type { Mail } from './mail/mail.ts'
import type { Mails } from './mail/mails.ts'
import { maskedEmail, type Given, type Notice } from './mail/notice-mail.ts'
import { LEASE_MS, type Outbox } from './outbox.ts'

/** What a notice tells, as it is kept: of an address no more than is shown. Times are wall clock in milliseconds. */
interface NoticeDetails { at: number, newEmail?: string, until?: number, network?: string }

/** A notice that is still to be mailed. */
export interface StoredNotice {
  id: string
  /** The account that takes the notice along when it is deleted; `null`: none, as the notice is to outlive it. */
  userId: number | null
  email: string
  language: Language
  kind: Notice
  details: NoticeDetails
  attempts: number
  /** Wall clock in milliseconds: not before; of a claimed one, how long the claim lasts. */
  dueAt: number
  /** By whom it is being sent. */
  claim: string | null
}

/** What a claim has got. Of rows that nobody can read, as something else has written them, the ids, and whether some process has found that out before. */
export interface Claimed { notices: StoredNotice[], unreadable: Array<{ id: string, known: boolean }> }

/** What the outbox needs from storage. Every method may fail with Code 510. */
export interface NoticeStore {
  /** Stores a notice to an account, once however often it is asked to, unless the account is gone. */
  insert: (notice: StoredNotice) => Promise<void>
  /** Gives what is due to the claim, until then: each notice to one claim of many at the same time. */
  claim: (claim: string, due: { now: number, until: number, limit: number }) => Promise<Claimed>
  /** From now on nobody may claim it. `false`, and nothing is done, where the claim has gone to another, or the notice is gone. */
  handOver: (id: string, claim: string, at: number) => Promise<boolean>
  /** Gives a notice back, handed over or not, for whoever comes after that time. */
  putOff: (id: string, claim: string, next: { attempts: number, dueAt: number }) => Promise<void>
  remove: (id: string, claim: string) => Promise<void>
  /** Deletes some of what was stored, or handed over, so many milliseconds ago by the clock of the storage. Returns how many were never told, and of how many nobody knows. */
  expire: (age: { stored: number, handedOver: number }) => Promise<{ untold: number, unknown: number }>
  /** How many there are, and the id of the oldest. */
  backlog: () => Promise<{ pending: number, oldest: string | undefined }>
}

type Compose<T> = <N extends Notice>(kind: N, language: Language, given: Given<N> & { to: string }, userId: number | null) => T

/** Tells owners by mail what became of their accounts. */
export interface Notices {
  /** A notice for whoever stores it together with the change that it tells of: so what was done is told, and what was not is not. */
  compose: Compose<StoredNotice>
  /** Mails what was stored. Neither waits nor throws: what fails is tried again, by whatever process. */
  send: (notice: StoredNotice) => void
  /** Stores and mails in the background what is told of nothing in the database. */
  tell: Compose<void>
}

/** Which there are: what a later version may store besides is left to that. */
const kinds: Record<Notice, true> = { password_changed: true, email_changed: true, email_restored: true, new_network: true, account_deleted: true }
export const isNotice = (kind: string): kind is Notice => Object.hasOwn(kinds, kind)
export const NOTICES = Object.keys(kinds).filter(isNotice)

/** @param now wall clock in milliseconds */
export function createNotices (outbox: Outbox, now: () => number): Notices {
  const nextId = createEventIds()

  const compose: Notices['compose'] = (kind, language, given, userId) => {
    const { to, ...details }: NoticeDetails & { to: string } = given
    const at = now()
    const claimed = outbox.hasRoom()
    return {
      id: nextId(at),
      userId,
      email: to,
      language,
      kind,
      details: { ...details, ...(details.newEmail !== undefined && { newEmail: maskedEmail(details.newEmail) }) },
      attempts: 0,
      dueAt: claimed ? at + LEASE_MS : at,
      claim: claimed ? randomUUID() : null
    }
  }

  return {
    compose,
    send: outbox.send,
    tell: (...given) => { outbox.add(compose(...given)) }
  }
}

/** The mail of a notice that was stored. */
export function mailOf ({ id, kind, language, email: to, details: { at, newEmail = '***', until = at, network = 'unknown' } }: StoredNotice, noticeMail: Mails['noticeMail']): Mail {
  switch (kind) {
    case 'email_changed': return { id, ...noticeMail(kind, language, { to, at, newEmail, until }) }
    case 'new_network': return { id, ...noticeMail(kind, language, { to, at, network }) }
    default: return { id, ...noticeMail(kind, language, { to, at }) }
  }
}

/** Reads details as they are stored. `undefined`: they are none. */
export function detailsOf (text: string): NoticeDetails | undefined {
  try {
    const { at, newEmail, until, network } = Object(JSON.parse(text))
    if (typeof at !== 'number') return undefined
    return { at, ...(typeof newEmail === 'string' && { newEmail }), ...(typeof until === 'number' && { until }), ...(typeof network === 'string' && { network }) }
  } catch {
    return undefined
  }
}
