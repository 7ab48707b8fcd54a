import { isEmail } from '../canonical.ts'
import { leastEventId } from '../event-ids.ts'
import { detailsOf, isNotice, NOTICES, type Claimed, type NoticeStore, type StoredNotice } from '../notices.ts'
import { clockOf, millisecondsOf, preciseDateTime, type Database, type PendingNoticesTable } from './database.ts'
import { isDuplicate } from './database-errors.ts'

/** Of so many that are due one is picked for each that is wanted, by chance: processes that look at the same time are not after the same ones. */
const SPREAD = 4
/** Who is at a row that nobody can read: found again and again, it is told of once. */
const NOBODY = 'unreadable'
/** Rows that are deleted by one statement. */
const BATCH = 500

/** Notices in the `PendingNotices` table. Every method may fail with Code 510. */
export function createNoticeStore (database: Database): NoticeStore {
  const mine = (id: string, claim: string) => database.updateTable('PendingNotices').where('NoticeID', '=', id).where('Claim', '=', claim)

  async function claim (name: string, { now, until, limit }: { now: number, until: number, limit: number }): Promise<Claimed> {
    const found = await database.selectFrom('PendingNotices').select(['NoticeID', 'Claim'])
      .where('DueAt', '<=', preciseDateTime(now)).where('HandedOverAt', 'is', null).where('Kind', 'in', NOTICES)
      .orderBy('DueAt').limit(limit * SPREAD).execute()
    const some = shuffled(found).slice(0, limit)
    const ids = some.map(({ NoticeID }) => NoticeID)
    if (ids.length === 0) return { notices: [], unreadable: [] }
    // Who comes second waits for the row, and finds that it is not due any more.
    await database.updateTable('PendingNotices').set({ Claim: name, DueAt: preciseDateTime(until) })
      .where('NoticeID', 'in', ids).where('DueAt', '<=', preciseDateTime(now)).where('HandedOverAt', 'is', null).execute()
    const rows = await database.selectFrom('PendingNotices').selectAll().where('NoticeID', 'in', ids).where('Claim', '=', name).execute()
    const notices = rows.flatMap(noticeOf)
    const unreadable = rows.map(({ NoticeID }) => NoticeID).filter(row => !notices.some(({ id }) => id === row))
    // Out of the way for as long as a claim lasts: they must keep nothing else waiting.
    if (unreadable.length > 0) await database.updateTable('PendingNotices').set({ Claim: NOBODY }).where('NoticeID', 'in', unreadable).where('Claim', '=', name).execute()
    return { notices, unreadable: unreadable.map(id => ({ id, known: some.some(({ NoticeID, Claim }) => NoticeID === id && Claim === NOBODY) })) }
  }

  return {
    async insert (notice) {
      const { NoticeID, UserID, Email, Language, Kind, Details, Attempts, DueAt, Claim } = rowOf(notice)
      try {
        await database.insertInto('PendingNotices')
          .columns(['NoticeID', 'UserID', 'Email', 'Language', 'Kind', 'Details', 'Attempts', 'DueAt', 'Claim'])
          .expression(({ selectFrom, val }) => selectFrom('Users').where('UserID', '=', UserID)
            .select([val(NoticeID).as('NoticeID'), 'UserID', val(Email).as('Email'), val(Language).as('Language'), val(Kind).as('Kind'), val(Details).as('Details'), val(Attempts).as('Attempts'), val(DueAt).as('DueAt'), val(Claim).as('Claim')]))
          .execute()
      } catch (error) {
        // Nobody else makes this id: an earlier attempt stored it, and its acknowledgement was lost.
        if (!isDuplicate(error)) throw error
      }
    },

    claim,

    async handOver (id, claim, at) {
      const { numUpdatedRows } = await mine(id, claim).set({ HandedOverAt: preciseDateTime(at) }).where('HandedOverAt', 'is', null).executeTakeFirst()
      return numUpdatedRows > 0n
    },

    async putOff (id, claim, { attempts, dueAt }) {
      await mine(id, claim).set({ Attempts: attempts, DueAt: preciseDateTime(dueAt), Claim: null, HandedOverAt: null }).execute()
    },

    async remove (id, claim) {
      await database.deleteFrom('PendingNotices').where('NoticeID', '=', id).where('Claim', '=', claim).execute()
    },

    async expire (age) {
      // Of what is given up, one clock decides for all: a process that is far ahead must not delete what others may still deliver.
      const now = await clockOf(database)
      const old = await database.selectFrom('PendingNotices').select(['NoticeID', 'HandedOverAt'])
        .where(({ or, eb }) => or([eb('NoticeID', '<', leastEventId(now - age.stored)), eb('HandedOverAt', '<', preciseDateTime(now - age.handedOver))]))
        .orderBy('NoticeID').limit(BATCH).execute()
      const expired = { untold: 0, unknown: 0 }
      // One by one, as each is counted once, by whoever deletes it. Also where there is none: a right that is missing shows at the first start.
      for (const { NoticeID, HandedOverAt } of old.length > 0 ? old : [{ NoticeID: '', HandedOverAt: null }]) {
        const { numDeletedRows } = await database.deleteFrom('PendingNotices').where('NoticeID', '=', NoticeID).where('HandedOverAt', HandedOverAt === null ? 'is' : '=', HandedOverAt).executeTakeFirst()
        if (numDeletedRows > 0n) expired[HandedOverAt === null ? 'untold' : 'unknown']++
      }
      return expired
    },

    async backlog () {
      const { pending, oldest } = await database.selectFrom('PendingNotices').select(({ fn }) => [fn.countAll<number>().as('pending'), fn.min('NoticeID').as('oldest')]).executeTakeFirstOrThrow()
      return { pending: Number(pending), oldest: oldest ?? undefined }
    }
  }
}

export function rowOf ({ id, userId, email, language, kind, details, attempts, dueAt, claim }: StoredNotice): PendingNoticesTable {
  return { NoticeID: id, UserID: userId, Email: email, Language: language, Kind: kind, Details: JSON.stringify(details), Attempts: attempts, DueAt: preciseDateTime(dueAt), Claim: claim, HandedOverAt: null }
}

/** Nothing where somebody else wrote what nobody here can read. */
function noticeOf ({ NoticeID, UserID, Email, Language, Kind, Details, Attempts, DueAt, Claim }: PendingNoticesTable): StoredNotice[] {
  const details = detailsOf(Details)
  if (!isNotice(Kind) || details === undefined || !isEmail(Email)) return []
  return [{ id: NoticeID, userId: UserID, email: Email, language: Language === 'en' ? 'en' : 'zh', kind: Kind, details, attempts: Attempts, dueAt: millisecondsOf(DueAt), claim: Claim }]
}

function shuffled<T> (items: T[]): T[] {
  return items.map(item => ({ item, at: Math.random() })).sort((a, b) => a.at - b.at).map(({ item }) => item)
}
