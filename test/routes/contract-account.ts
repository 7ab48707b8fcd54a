import { digest } from '../helper.ts'
import { admin } from './contract-conditions.ts'
import { bearer, doubtful, other, repeated, signed, suspected, type Person, type Row, type Scene } from './contract-table.ts'

/** A member whose network has to show work. */
async function suspectedMember (scene: Scene): Promise<string> {
  await suspected(scene)
  return member(scene)
}

/** Somebody who is logged in, whatever else is away: the account is written into the table, and nothing is mailed or counted. Gives the token. */
async function member ({ world: { app, rows }, person: { Name, Email, Password }, from, language }: Scene): Promise<string> {
  const hash = await app.passwords.hash(app.passwords.read(Password))
  await rows(`INSERT INTO Users (UserName, NameKey, Email, EmailKey, Password) VALUES ('${Name}', '${Name.toLowerCase()}', '${Email}', '${Email}', '${hash}')`)
  const [row] = await rows(`SELECT UserID FROM Users WHERE Email = '${Email}'`)
  return app.tokens.issue(await app.sessions.open({ id: Number(row?.UserID), tokenVersion: 0 }, { address: from, language, requestId: '', userAgent: '' }))
}

/** What any route may answer that takes a token, and a body that is well-formed. */
function anySecured (at: string | undefined, valid: (person: Person) => object | undefined): Row[] {
  const ask = ({ send, person }: Scene, token: string): ReturnType<Row['ask']> => send(valid(person), bearer(token), at)
  return [
    { code: 400, carries: ['Details'], ask: ({ send, person }) => send(valid(person), doubtful, at) },
    { code: 401, ask: ({ send, person }) => send(valid(person), {}, at) },
    { code: 401, prepare: member, ask: (scene, token) => ask(scene, `${token}x`) },
    { code: 500, under: 'the table is gone', prepare: member, ask },
    { code: 510, under: 'the database is away', ask: scene => ask(scene, signed(scene.world)) }
  ]
}

/** What any such route may answer that a body can be sent to. */
function anyBody (at: string | undefined, valid: (person: Person) => object | undefined): Row[] {
  return [
    ...anySecured(at, valid),
    { code: 400, carries: ['Details'], prepare: member, ask: ({ send }, token) => send('{"no JSON', bearer(token), at) },
    { code: 413, prepare: member, ask: ({ send }, token) => send({ Big: 'a'.repeat(16 * 1024) }, bearer(token), at) },
    { code: 415, prepare: member, ask: ({ send }, token) => send('text', { ...bearer(token), 'content-type': 'text/plain' }, at) }
  ]
}

const wrong = digest('a wrong password')
const id = '0b9f6f0e-4a43-4f0c-9d53-8a9c7f1f5a21'
const session = `/Auth/Sessions/${id}`
const password = ({ Password }: Person): { OldPassword: string, NewPassword: string } => ({ OldPassword: Password, NewPassword: digest('another password') })
const email = ({ Email, Password }: Person): { Email: string, Password: string } => ({ Email: `new.${Email}`, Password })
const confirm = ({ Email }: Person, VerifyCode = '000000'): object => ({ Email: `new.${Email}`, VerifyCode })
const proof = ({ Password }: Person): { Password: string } => ({ Password })

/** The password is asked for: `valid` with a wrong one is a failed login. */
function anyProof (valid: (person: Person) => object, failing: (person: Person) => object): Row[] {
  const ask = ({ send, person }: Scene, token: string): ReturnType<Row['ask']> => send(valid(person), bearer(token))
  const fails = ({ send, person }: Scene, token: string): ReturnType<Row['ask']> => send(failing(person), bearer(token))
  return [
    ...anyBody(undefined, valid),
    { code: 428, under: 'work is asked for', carries: ['Challenge'], prepare: suspectedMember, ask },
    { code: 429, carries: ['RetryAfter'], prepare: member, ask: (scene, token) => repeated(10, () => fails(scene, token)) },
    { code: 501, prepare: member, ask: fails },
    { code: 512, under: 'Redis is away', modes: ['server'], prepare: member, ask },
    { code: 529, under: 'the hashing queue is full', prepare: member, ask }
  ]
}

/** Asks while no other super administrator can log in: other rows make some. */
function alone (ask: Row['ask']): Row['ask'] {
  return async (scene, prepared) => {
    const others = `WHERE Role = 'super_admin' AND Email <> '${admin.Email}'`
    await scene.world.rows(`UPDATE Users SET DisabledAt = '2026-01-01 00:00:00' ${others}`)
    const answer = await ask(scene, prepared)
    await scene.world.rows(`UPDATE Users SET DisabledAt = NULL ${others}`)
    return answer
  }
}

/** Has a code for a new address mailed. Gives the token and the code, with a space between. */
async function coded (scene: Scene): Promise<string> {
  const token = await member(scene)
  const { world, person, from } = scene
  await world.post('/Auth/ChangeEmail', email(person), { from, headers: bearer(token) })
  return `${token} ${await world.codeFor(`new.${person.Email}`)}`
}

/** The address that somebody wants is another's. */
async function taken (scene: Scene): Promise<string> {
  const { Name, Email } = scene.person
  await scene.world.rows(`INSERT INTO Users (UserName, NameKey, Email, EmailKey, Password) VALUES ('Other ${Name}', 'other ${Name}', 'new.${Email}', 'new.${Email}', '')`)
  return member(scene)
}

/** The routes of people who are logged in. */
export const accountTable: Record<string, Row[]> = {
  'POST /Auth/Refresh': [
    ...anyBody(undefined, () => undefined),
    { code: 200, carries: ['Token', 'UserID'], prepare: member, ask: ({ send }, token) => send(undefined, bearer(token)) }
  ],
  'POST /Auth/Logout': [
    ...anyBody(undefined, () => undefined),
    { code: 200, prepare: member, ask: ({ send }, token) => send(undefined, bearer(token)) },
    { code: 200, prepare: member, ask: ({ send }, token) => send({ All: true }, bearer(token)) },
    { code: 400, carries: ['Details'], prepare: member, ask: ({ send }, token) => send({ All: 'yes' }, bearer(token)) }
  ],
  'GET /Auth/Sessions': [
    ...anySecured(undefined, () => undefined),
    { code: 200, carries: ['Sessions'], prepare: member, ask: ({ send }, token) => send(undefined, bearer(token)) }
  ],
  'DELETE /Auth/Sessions/{SessionID}': [
    ...anyBody(session, () => undefined),
    { code: 200, prepare: member, ask: ({ send, world }, token) => send(undefined, bearer(token), `/Auth/Sessions/${String(Object(world.app.tokens.read(`Bearer ${token}`)).sid)}`) },
    { code: 201, prepare: member, ask: ({ send }, token) => send(undefined, bearer(token), session) },
    { code: 400, carries: ['Details'], prepare: member, ask: ({ send }, token) => send(undefined, bearer(token), '/Auth/Sessions/1') }
  ],
  'GET /Auth/Profile': [
    ...anySecured(undefined, () => undefined),
    { code: 200, carries: ['Account'], prepare: member, ask: ({ send }, token) => send(undefined, bearer(token)) }
  ],
  'POST /Auth/ChangePassword': [
    ...anyProof(password, person => ({ ...password(person), OldPassword: wrong })),
    { code: 200, prepare: member, ask: ({ send, person }, token) => send(password(person), bearer(token)) }
  ],
  'POST /Auth/ChangeEmail': [
    ...anyProof(email, person => ({ ...email(person), Password: wrong })),
    { code: 200, prepare: member, ask: ({ send, person }, token) => send(email(person), bearer(token)) },
    { code: 502, carries: ['Field'], prepare: taken, ask: ({ send, person }, token) => send(email(person), bearer(token)) },
    { code: 518, under: 'the mail server is away', prepare: member, ask: ({ send, person }, token) => send(email(person), bearer(token)) }
  ],
  'POST /Auth/ConfirmEmail': [
    ...anyBody(undefined, confirm),
    { code: 200, prepare: coded, ask: ({ send, person }, prepared) => send(confirm(person, prepared.split(' ')[1]), bearer(prepared.split(' ')[0] ?? '')) },
    { code: 428, under: 'work is asked for', carries: ['Challenge'], prepare: suspectedMember, ask: ({ send, person }, token) => send(confirm(person), bearer(token)) },
    { code: 429, carries: ['RetryAfter'], prepare: member, ask: ({ send, person }, token) => repeated(100, () => send(confirm(person), bearer(token))) },
    { code: 502, carries: ['Field'], prepare: taken, ask: ({ send, person }, token) => send(confirm(person), bearer(token)) },
    { code: 512, under: 'Redis is away', modes: ['server'], prepare: member, ask: ({ send, person }, token) => send(confirm(person), bearer(token)) },
    { code: 520, prepare: coded, ask: ({ send, person }, prepared) => send(confirm(person, other(prepared.split(' ')[1] ?? '')), bearer(prepared.split(' ')[0] ?? '')) },
    { code: 521, prepare: member, ask: ({ send, person }, token) => send(confirm(person), bearer(token)) }
  ],
  'GET /Auth/Account': [
    ...anySecured(undefined, () => undefined),
    { code: 200, carries: ['Account', 'FormerEmails', 'Sessions', 'Events'], prepare: member, ask: ({ send }, token) => send(undefined, bearer(token)) }
  ],
  'DELETE /Auth/Account': [
    ...anyProof(proof, () => ({ Password: wrong })),
    { code: 200, prepare: member, ask: ({ send, person }, token) => send(proof(person), bearer(token)) },
    { code: 403, prepare: async ({ world }) => String((await world.post('/Auth/Login', admin)).body.Token), ask: alone(({ send }, token) => send({ Password: admin.Password }, bearer(token))) }
  ]
}
