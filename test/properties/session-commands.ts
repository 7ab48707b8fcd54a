import assert from 'node:assert/strict'
import { digest, type Answer } from '../helper.ts'
import { elsewhere } from './operations.ts'
import { asking, pick, tokenOf, type Plan } from './session-plan.ts'
import { sessionId } from './session-service.ts'

const AMOUNTS = [1, 1_000, 6_000, 29_999, 30_000, 3_600_000]

export const sessionCommands = {
  login (model, { other, right }) {
    const account = pick(model.accounts, other)
    const Email = (right ? account?.email : undefined) ?? pick(model.emails, other) ?? ''
    const Password = (right ? account?.password : account?.formerPassword) ?? digest('no password')
    return {
      what: `${Email} with the ${right ? 'right' : 'former'} password`,
      run: (service, asked) => service.carryOut(model, asked, () => model.login(Email, Password), () => asked.post('/Auth/Login', { Email, Password }, { from: elsewhere() }))
    }
  },

  refresh (model, choice) {
    // Half of them with a token of a live session that may have been replaced already.
    const token = choice.other % 2 === 0 ? tokenOf(model, choice) : pick(model.tokens.filter(({ session }) => model.isLive(session)), choice.token)
    return token && {
      what: `token ${token.number}`,
      run: (service, asked) => service.carryOut(model, asked, () => model.refresh(token), () => asked.post('/Auth/Refresh', undefined, asking(token)))
    }
  },

  logout (model, choice) {
    const token = tokenOf(model, choice)
    return token && {
      what: `token ${token.number}${choice.right ? '' : ', everywhere'}`,
      run: (service, asked) => service.carryOut(model, asked, () => model.logout(token, !choice.right), () => asked.post('/Auth/Logout', choice.right ? undefined : { All: true }, asking(token)))
    }
  },

  'end session' (model, choice) {
    const token = tokenOf(model, choice)
    // Of the account and of others, live and ended.
    const sessions = model.sessions.filter(session => (choice.other % 2 === 0 || session.account !== token?.session.account) && (!choice.right || model.isLive(session)))
    const session = pick(sessions, choice.other >> 1)
    return token && session && {
      what: `${model.sessions.indexOf(session)} by token ${token.number}`,
      run: (service, asked) => service.carryOut(model, asked, () => model.endSession(token, session), () => asked.remove(`/Auth/Sessions/${sessionId(model, session)}`, undefined, asking(token)))
    }
  },

  list (model, choice) {
    const token = tokenOf(model, choice)
    return token && {
      what: `by token ${token.number}`,
      async run (_service, asked) {
        const { status, body } = await asked.get('/Auth/Sessions', asking(token))
        const live = model.sessions.filter(session => session.account === token.session.account && model.isLive(session)).map(session => sessionId(model, session))
        assert.equal(status, model.isAccepted(token) ? 200 : 401)
        if (status === 200) assert.deepEqual(new Set(sessionIds(body)), new Set(live))
      }
    }
  },

  check: (model, { token }) => ({ what: `token ${token % model.tokens.length}`, run: service => service.agree(model, [pick(model.tokens, token)].filter(each => each !== undefined)) }),

  pass (model, { token, other, another }) {
    const [next, ...later] = model.ends()
    const end = another === 0 ? next : pick(later, other >> 1) ?? next
    // To the last moment before something ends, and then to the first after it.
    const steps = other % 2 === 0 && end !== undefined ? [end - model.clock.now - 1, 1] : [pick(AMOUNTS, token) ?? 1]
    return { what: `${steps.join(' and ')} ms`, async run (service) { for (const ms of steps) await service.pass(model, ms) } }
  }
} satisfies Record<string, Plan>

function sessionIds ({ Sessions }: Answer['body']): unknown[] {
  assert.ok(Array.isArray(Sessions))
  return Sessions.map(session => session.SessionID)
}
