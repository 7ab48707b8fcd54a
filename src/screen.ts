import { fail } from './catalogue.ts'
import type { DenylistPolicy } from './config.ts'
import { isGuessable, type CommonPasswords, type PasswordOwner } from './denylist.ts'
import type { SentPassword } from './legacy-hash.ts'

/**
 * Looks at a password that somebody chooses. Returns whether it is among the first to be tried, and let through all the same.
 *
 * @param field what the request calls it; `Password` unless said
 * @throws Code 400 for one that is not let through
 */
export type Screen = (password: SentPassword, owner: PasswordOwner, field?: string) => boolean

/**
 * @param common what is looked for; nothing is where the policy is `off`
 * @param warn told of a common password that is let through, as it is while the policy is `warn`
 */
export function createScreen (policy: DenylistPolicy, common: CommonPasswords | undefined, warn: () => void): Screen {
  return ({ digest }, owner, field = 'Password') => {
    if (common === undefined || !isGuessable(common, digest, owner)) return false
    if (policy === 'on') throw fail('BadRequest', { refusals: [{ field, reason: 'Common' }] })
    warn()
    return true
  }
}
