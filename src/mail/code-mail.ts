import type { Language } from '../catalogue.ts'
import type { Purpose } from '../codes.ts'
import { layout } from './layout.ts'
import type { Mail } from './mail.ts'

interface Wording { brand: string, subject: string, intro: string, life: (minutes: string) => string, ignore: string }

const wording: Record<Language, Record<Purpose, Wording>> = {
  zh: {
    sign: {
      brand: 'Dream 记梦',
      subject: '注册验证码',
      intro: '欢迎来到 Dream 记梦！请输入以下验证码完成注册：',
      life: minutes => `验证码 ${minutes} 分钟内有效，请勿告诉他人。`,
      ignore: '如果这不是您本人的操作，请忽略这封邮件，不会创建任何账户。'
    },
    reset: {
      brand: 'Dream 记梦',
      subject: '重置密码验证码',
      intro: '您正在重置 Dream 记梦的密码，请输入以下验证码：',
      life: minutes => `验证码 ${minutes} 分钟内有效，请勿告诉他人。`,
      ignore: '如果这不是您本人的操作，请忽略这封邮件，您的密码不会改变。'
    },
    email: {
      brand: 'Dream 记梦',
      subject: '更换邮箱验证码',
      intro: '您正在将 Dream 记梦账户的邮箱更换为此邮箱，请输入以下验证码：',
      life: minutes => `验证码 ${minutes} 分钟内有效，请勿告诉他人。`,
      ignore: '如果这不是您本人的操作，请忽略这封邮件，任何账户都不会改用此邮箱。'
    }
  },
  en: {
    sign: {
      brand: 'Dream',
      subject: 'Your sign-up code',
      intro: 'Welcome to Dream! Enter this code to finish signing up:',
      life: minutes => `The code is valid for ${minutes} minutes. Tell it to nobody.`,
      ignore: 'If it was not you who asked, ignore this mail: no account is created.'
    },
    reset: {
      brand: 'Dream',
      subject: 'Your password reset code',
      intro: 'You asked to reset your Dream password. Enter this code:',
      life: minutes => `The code is valid for ${minutes} minutes. Tell it to nobody.`,
      ignore: 'If it was not you who asked, ignore this mail: your password stays as it is.'
    },
    email: {
      brand: 'Dream',
      subject: 'Your code for a new address',
      intro: 'You asked to move your Dream account to this address. Enter this code:',
      life: minutes => `The code is valid for ${minutes} minutes. Tell it to nobody.`,
      ignore: 'If it was not you who asked, ignore this mail: no account is moved to this address.'
    }
  }
}

/**
 * The mail that carries a code. The code closes the subject, so that it can be read in a notification, and stands alone on
 * its line, so that it can be copied by a double click. Nothing in it comes from the client but the address.
 */
export function codeMail (purpose: Purpose, language: Language, { to, code, ttlSeconds }: { to: string, code: string, ttlSeconds: number }): Mail {
  const { brand, subject, intro, life, ignore } = wording[language][purpose]
  const minutes = String(Math.round(ttlSeconds / 6) / 10)
  return {
    to,
    subject: `【${brand}】${subject} ${code}`,
    text: [intro, '', code, '', life(minutes), ignore, '', `— ${brand}`, ''].join('\n'),
    html: layout(language, { brand, title: subject, intro, code, notes: [life(minutes), ignore] })
  }
}
