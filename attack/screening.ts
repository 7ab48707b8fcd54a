import { inTurn, many } from './attack.ts'
import { askReset, update } from './codes.ts'
import { digest, freshNetwork, somebody, type Ground } from './ground.ts'
import type { Answer } from './http.ts'

const COMMON = ['12345678', 'password', 'iloveyou', 'qwertyuiop', 'Password1', 'woaini1314', '5201314520', '19900101', 'sunshine1', 'baseball']
/** Digests of what would be too short in plain. */
const SHORT = ['', '123456', '1', 'admin', 'asdf']

export const LEAST_REFUSED = COMMON.length + SHORT.length + 4

const refused = ({ code, text }: Answer): boolean => code === 400 && text.includes('"Field":"Password"')

/** Passwords that somebody would try first, at every route that takes a new one. */
export async function screening (ground: Ground): Promise<{ held: boolean, came: string }> {
  const { main } = ground
  const [newcomer, member] = [somebody(), await main.register()]
  const from = freshNetwork()
  await main.post('/Auth/Sign', newcomer, { from })
  await askReset(main, member.Email, from)
  const [signCode, resetCode] = [ground.codeFor(newcomer.Email), ground.codeFor(member.Email)]
  const bad = [...COMMON, ...[...COMMON, ...SHORT].map(digest), ...COMMON.slice(0, 3).map(word => digest(word).toUpperCase())]
  const own = ({ Email, Name }: { Email: string, Name: string }): string[] => [Email, Email.split('@')[0] ?? '', Name, Name.replaceAll(' ', '')].map(digest)

  const signs = await many([...bad, ...own(newcomer)].length, i => main.post('/Auth/Sign', { ...newcomer, Password: [...bad, ...own(newcomer)][i] }, { from }), 10)
  const verifies = await many([...bad, ...own(newcomer)].length, i => main.post('/Auth/Verify', { ...newcomer, Password: [...bad, ...own(newcomer)][i], VerifyCode: signCode }, { from }), 10)
  // The name is known to the service alone, once the code has proved who asks: one after the other, as each takes the code.
  const updates = await inTurn([...bad, ...own(member)].length, i => update(main, member.Email, resetCode, from, [...bad, ...own(member)][i]))

  const all = [...signs, ...verifies, ...updates]
  const codesLeft = [await main.post('/Auth/Verify', { ...newcomer, VerifyCode: signCode }, { from }), await update(main, member.Email, resetCode, from)]
  const missed = all.filter(answer => !refused(answer)).length
  return { held: missed === 0 && codesLeft.every(({ code }) => code === 200), came: `${all.length - missed} of ${all.length} refused; the codes are still good for better ones: ${codesLeft.map(({ code }) => code).join(', ')}` }
}

/** What people choose where nobody counts the characters, which a digest does not show. */
const SHORTEST = ['abc', 'aaa', 'aaaa', 'abcd', 'qwe', 'qwer', 'zxcv', 'abcdef', '11111', 'woai']

export const shortest = {
  tried: `digests of ${SHORTEST.length} very short words at Sign`,
  async run ({ main }: Ground): Promise<{ held: boolean, came: string }> {
    const answers = await many(SHORTEST.length, i => main.post('/Auth/Sign', { ...somebody(), Password: digest(SHORTEST[i] ?? '') }, { from: freshNetwork() }))
    const accepted = SHORTEST.filter((_, i) => answers[i]?.code === 200)
    return { held: accepted.length === 0, came: accepted.length === 0 ? 'all refused' : `accepted: ${accepted.join(', ')}` }
  }
}
