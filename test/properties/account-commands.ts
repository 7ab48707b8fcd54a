import { digest, type Answer, type World } from '../helper.ts'
import type { Model } from './account-model.ts'
import { elsewhere } from './operations.ts'
import type { Account } from './session-model.ts'
import { asking, pick, tokenOf, type Plan } from './session-plan.ts'

let serial = 0
const newPassword = (): string => digest(`password ${++serial}`)

const ROLES = ['user', 'super_admin'] as const
/** Those whose id was told. */
const known = ({ accounts }: Model): Account[] => accounts.filter(({ id }) => id > 0)

/** Asks one process for a code and another for what it allows, unless there is no code to be had. */
async function byCode ({ post, codeFor }: World, to: string, ask: [url: string, body: object, asking: object], use: (VerifyCode: string) => Promise<Answer>): Promise<Answer> {
  const asked = await post(...ask)
  return asked.body.Code === 200 ? use(await codeFor(to)) : asked
}

export const accountCommands: Record<string, Plan> = {
  'sign up' (model, { token, other }) {
    const Name = pick(model.names.filter(name => model.accounts.every(account => account.name !== name)), token)
    const Email = pick(model.emails, other) ?? ''
    if (Name === undefined) return undefined
    const person = { Name, Email, Password: newPassword() }
    return {
      what: `${Name} as ${Email}`,
      run: (service, asked, another) => service.carryOut(model, asked, () => model.signUp(Name, Email, person.Password), () =>
        byCode(another, Email, ['/Auth/Sign', person, { from: elsewhere() }], VerifyCode => asked.post('/Auth/Verify', { ...person, VerifyCode }, { from: elsewhere() })))
    }
  },

  'change password' (model, choice) {
    const token = tokenOf(model, choice)
    if (token === undefined) return undefined
    const { password, formerPassword } = token.session.account
    const change = { OldPassword: choice.right ? password : formerPassword, NewPassword: newPassword() }
    return {
      what: `by token ${token.number}, with the ${choice.right ? 'right' : 'former'} one`,
      run: (service, asked) => service.carryOut(model, asked, () => model.changePassword(token, change.OldPassword, change.NewPassword), () => asked.post('/Auth/ChangePassword', change, asking(token)))
    }
  },

  /** Also by a former address. */
  reset (model, { other, token }) {
    const Email = (token % 2 === 0 ? pick(model.waysBack(), other) : undefined) ?? pick(model.emails, other) ?? ''
    const Password = newPassword()
    return {
      what: Email,
      run: (service, asked, another) => service.carryOut(model, asked, () => model.reset(Email, Password), () =>
        byCode(another, Email, ['/Auth/ResetPassword', { Email }, { from: elsewhere() }], VerifyCode => asked.post('/Auth/UpdatePassword', { Email, Password, VerifyCode }, { from: elsewhere() })))
    }
  },

  'change email' (model, choice) {
    const token = tokenOf(model, choice)
    const used = new Set([...model.accounts.map(({ email }) => email), ...model.waysBack()])
    const Email = pick(choice.right ? model.emails.filter(email => !used.has(email)) : model.emails, choice.other)
    if (token === undefined || Email === undefined) return undefined
    return {
      what: `to ${Email} by token ${token.number}`,
      run: (service, asked, another) => {
        const { password: Password } = token.session.account
        return service.carryOut(model, asked, () => model.changeEmail(token, Email), () =>
          byCode(another, Email, ['/Auth/ChangeEmail', { Email, Password }, asking(token)], VerifyCode => asked.post('/Auth/ConfirmEmail', { Email, VerifyCode }, asking(token))))
      }
    }
  },

  administer (model, { other, token, right }) {
    const account = (token % 4 < 2 ? pick(known(model).filter(({ disabled }) => disabled), other) : undefined) ?? pick(known(model), other)
    if (account === undefined) return undefined
    const change = account.disabled || !right ? { Disabled: !account.disabled } : { Role: pick(ROLES, token) ?? 'user' }
    return {
      what: `${account.name}: ${JSON.stringify(change)}`,
      run: (service, asked) => service.carryOut(model, asked, () => model.change(account, change), async () => asked.patch(`/Admin/Users/${account.id}`, change, await service.asRoot(asked)))
    }
  },

  'revoke or delete as administrator' (model, { other, right }) {
    const account = pick(known(model), other)
    if (account === undefined) return undefined
    const at = `/Admin/Users/${account.id}`
    return {
      what: `${right ? 'revoke' : 'delete'} ${account.name}`,
      run: (service, asked) => service.carryOut(model, asked, () => right ? model.revokeSessions(account) : model.remove(account), async () => {
        const asking = await service.asRoot(asked)
        return right ? asked.post(`${at}/RevokeSessions`, undefined, asking) : asked.remove(at, undefined, asking)
      })
    }
  },

  delete (model, choice) {
    const token = tokenOf(model, choice)
    if (token === undefined) return undefined
    const { password, formerPassword } = token.session.account
    const Password = choice.right ? password : formerPassword
    return {
      what: `by token ${token.number}, with the ${choice.right ? 'right' : 'former'} password`,
      run: (service, asked) => service.carryOut(model, asked, () => model.deleteAccount(token, Password), () => asked.remove('/Auth/Account', { Password }, asking(token)))
    }
  }
}
