import type { Language } from '../catalogue.ts'
import { layout } from './layout.ts'
import type { Mail } from './mail.ts'

/** What an account's owner is told without having asked. */
export type Notice = 'password_changed'

interface Wording { brand: string, subject: string, intro: (time: string) => string, advice: string[] }

const wording: Record<Language, Record<Notice, Wording>> = {
  zh: {
    password_changed: {
      brand: 'Dream 记梦',
      subject: '您的密码已更改',
      intro: time => `您的 Dream 记梦账户密码已于 ${time} 更改，所有设备均已退出登录。`,
      advice: ['如果是您本人的操作，无需理会这封邮件。', '如果不是，请立即在应用中选择“忘记密码”重置密码，并更改邮箱的密码。']
    }
  },
  en: {
    password_changed: {
      brand: 'Dream',
      subject: 'Your password was changed',
      intro: time => `The password of your Dream account was changed on ${time}. All devices have been logged out.`,
      advice: ['If it was you, there is nothing to do.', 'If not, reset it at once with "forgot password" in the app, and change the password of your mailbox too.']
    }
  }
}

/** To the minute, and in UTC, as the service does not know where its reader is. */
function timeOf (at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

/**
 * The mail that tells the owner of a change. It holds no link: nobody should learn to follow one from such a mail.
 *
 * @param at when it happened: wall clock, in milliseconds
 */
export function noticeMail (notice: Notice, language: Language, { to, at }: { to: string, at: number }): Mail {
  const { brand, subject, intro, advice } = wording[language][notice]
  const said = intro(timeOf(at))
  return {
    to,
    subject: `【${brand}】${subject}`,
    text: [said, '', ...advice, '', `— ${brand}`, ''].join('\n'),
    html: layout(language, { brand, title: subject, intro: said, notes: advice })
  }
}
