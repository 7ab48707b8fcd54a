import type { Answer } from '../../attack/http.ts'
import type { Client, Person } from './client.ts'
import type { Scene } from './scene.ts'

type Holds = () => Promise<boolean>

/** What was acknowledged, that is answered with 200, and whether it is so afterwards. */
export interface Ledger {
  /** Writes down what an answer acknowledges, where it does. */
  keep: (what: string, answered: Promise<Answer>, promised: (answer: Answer) => Holds) => Promise<Answer>
  /** How many acknowledgements there are. */
  count: () => number
  /** Those that do not hold. */
  lost: () => Promise<string[]>
  account: (person: Person) => Holds
  password: (person: Person, password: string) => Holds
  session: (token: string) => Holds
  revocation: (token: string) => Holds
  mailed: (person: Person) => Holds
}

/** Asked in SQL, past the service, and by a login or a check of the token. */
export function openLedger (scene: Scene, client: Client): Ledger {
  const entries: Array<{ what: string, holds: Holds }> = []

  async function count (statement: string, value: string): Promise<number> {
    const [rows] = await scene.asRoot(root => root.query(`SELECT COUNT(*) AS Number FROM dream.${statement}`, [value]))
    return Number(Array.isArray(rows) && rows[0] !== undefined && 'Number' in rows[0] ? rows[0].Number : NaN)
  }

  return {
    async keep (what, answered, promised) {
      const answer = await answered
      if (answer.code === 200) entries.push({ what, holds: promised(answer) })
      return answer
    },
    count: () => entries.length,
    async lost () {
      const lost: string[] = []
      for (const { what, holds } of entries.splice(0)) if (!await holds()) lost.push(what)
      return lost
    },
    account: person => async () => await count('Users WHERE EmailKey = ?', person.Email) === 1 && (await client.login(person, person.from)).code === 200,
    password: (person, Password) => async () => (await client.login({ ...person, Password }, person.from)).code === 200 && (await client.login(person, person.from)).code === 501,
    session: token => async () => await count('Sessions WHERE SessionID = ? AND RevokedAt IS NULL', sessionOf(token)) === 1 && (await client.check(token)).code === 200,
    revocation: token => async () => await count('Sessions WHERE SessionID = ? AND RevokedAt IS NOT NULL', sessionOf(token)) === 1 && (await client.check(token)).code === 401,
    mailed: person => async () => client.codeOf(person) !== '000000'
  }
}

function sessionOf (token: string): string {
  return String(JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).sid)
}
