import type { Language } from '../catalogue.ts'
import { layout } from './layout.ts'
import type { Mail } from './mail.ts'

/** What each notice tells besides when it happened. Of what a client sent there is nothing but an address, masked. */
interface Details {
  /** By a reset, or by somebody who was logged in and still is, there alone. */
  password_changed: object
  /** To the address that the account has left. `until`: how long it can be had back, wall clock in milliseconds. */
  email_changed: { newEmail: string, until: number }
  /** To the address that an account has been taken back from. */
  email_restored: object
  /** `network` as `networkOf` gives it. */
  new_network: { network: string }
  account_deleted: object
}

/** What an account's owner is told without having asked. */
export type Notice = keyof Details

/** `at`: when it happened, wall clock in milliseconds. */
type Given<N extends Notice> = Details[N] & { at: number }
interface Wording<N extends Notice> { subject: string, intro: (given: Given<N>) => string, advice: (given: Given<N>) => string[] }

const DAY_MS = 86_400_000

/** To the minute, and in UTC, as the service does not know where its reader is. */
function timeOf (at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

/** Enough for its owner to know it by: who reads this may be somebody else by now. */
function maskedEmail (email: string): string {
  const at = email.lastIndexOf('@')
  return `${email.slice(0, Math.min(1, at))}***${email.slice(at)}`
}

const daysOf = ({ at, until }: { at: number, until: number }): string => String(Math.round((until - at) / DAY_MS))

const IN_ENGLISH = 'If it was you, there is nothing to do.'
const IN_CHINESE = '如果是您本人的操作，无需理会这封邮件。'

const brands: Record<Language, string> = { zh: 'Dream 记梦', en: 'Dream' }

const wording: Record<Language, { [N in Notice]: Wording<N> }> = {
  zh: {
    password_changed: {
      subject: '您的密码已更改',
      intro: ({ at }) => `您的 Dream 记梦账户密码已于 ${timeOf(at)} 更改，其他设备均已退出登录。`,
      advice: () => [IN_CHINESE, '如果不是，请立即在应用中选择“忘记密码”重置密码，并更改邮箱的密码。']
    },
    email_changed: {
      subject: '您的邮箱已更改',
      intro: ({ at, newEmail }) => `您的 Dream 记梦账户的邮箱已于 ${timeOf(at)} 更改为 ${maskedEmail(newEmail)}，今后请用新邮箱登录。`,
      advice: given => [IN_CHINESE, `如果不是，请在 ${daysOf(given)} 天内（${timeOf(given.until)} 之前）在应用中选择“忘记密码”，填写收到这封邮件的邮箱：账户将恢复使用此邮箱，设置新密码，并在所有设备上退出登录。请同时更改邮箱的密码。`]
    },
    email_restored: {
      subject: '账户已不再使用此邮箱',
      intro: ({ at }) => `使用此邮箱的 Dream 记梦账户已于 ${timeOf(at)} 恢复为原来的邮箱，所有设备均已退出登录。`,
      advice: () => ['原邮箱的主人通过重置密码完成了此操作。', '如果账户是您的，请用原来的邮箱登录；此邮箱可以重新注册。']
    },
    new_network: {
      subject: '新网络登录提醒',
      intro: ({ at, network }) => `您的 Dream 记梦账户于 ${timeOf(at)} 从新的网络登录：${network === 'unknown' ? '未知网络' : network}。`,
      advice: () => [IN_CHINESE, '如果不是，说明有人知道您的密码：请立即在应用中选择“忘记密码”重置密码，所有设备都会退出登录。']
    },
    account_deleted: {
      subject: '您的账户已注销',
      intro: ({ at }) => `您的 Dream 记梦账户及其全部资料已于 ${timeOf(at)} 删除，无法恢复。`,
      advice: () => ['此邮箱和用户名可以重新注册。', '如果不是您本人的操作，说明有人知道您的密码：在其他地方使用相同密码的，请尽快更改。']
    }
  },
  en: {
    password_changed: {
      subject: 'Your password was changed',
      intro: ({ at }) => `The password of your Dream account was changed on ${timeOf(at)}. Other devices have been logged out.`,
      advice: () => [IN_ENGLISH, 'If not, reset it at once with "forgot password" in the app, and change the password of your mailbox too.']
    },
    email_changed: {
      subject: 'Your address was changed',
      intro: ({ at, newEmail }) => `The address of your Dream account was changed to ${maskedEmail(newEmail)} on ${timeOf(at)}. Log in with the new one from now on.`,
      advice: given => [IN_ENGLISH, `If not, choose "forgot password" in the app within ${daysOf(given)} days, until ${timeOf(given.until)}, and give the address that this mail came to: the account goes back to it, you choose a new password, and every device is logged out. Change the password of your mailbox too.`]
    },
    email_restored: {
      subject: 'An account has left this address',
      intro: ({ at }) => `The Dream account that used this address went back to its earlier one on ${timeOf(at)}. All devices have been logged out.`,
      advice: () => ['It was done by a password reset, by whoever reads the mailbox of the earlier address.', 'If the account is yours, log in with the earlier address. This one is free to sign up with.']
    },
    new_network: {
      subject: 'A login from a new network',
      intro: ({ at, network }) => `Somebody logged in to your Dream account on ${timeOf(at)} from a network that is new to it: ${network === 'unknown' ? 'an unknown one' : network}.`,
      advice: () => [IN_ENGLISH, 'If not, somebody knows your password: reset it at once with "forgot password" in the app, which logs every device out.']
    },
    account_deleted: {
      subject: 'Your account was deleted',
      intro: ({ at }) => `Your Dream account and everything about it were erased on ${timeOf(at)}. They cannot be restored.`,
      advice: () => ['The address and the name are free to sign up with again.', 'If it was not you, somebody knew your password: change it wherever else you use it.']
    }
  }
}

/**
 * The mail that tells the owner of a change. It holds no link: nobody should learn to follow one from such a mail. Nor does it hold a
 * user agent or a name: whoever broke in would write them.
 */
export function noticeMail<N extends Notice> (notice: N, language: Language, given: Given<N> & { to: string }): Mail {
  const { subject, intro, advice }: Wording<N> = wording[language][notice]
  const brand = brands[language]
  const said = intro(given)
  const notes = advice(given)
  return {
    to: given.to,
    subject: `【${brand}】${subject}`,
    text: [said, '', ...notes, '', `— ${brand}`, ''].join('\n'),
    html: layout(language, { brand, title: subject, intro: said, notes })
  }
}
