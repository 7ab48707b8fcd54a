import type { Step } from './example.ts'

export type Language = 'zh' | 'en'

interface Texts {
  title: string
  lead: string
  name: string
  email: string
  password: string
  code: string
  codeHint: string
  mailbox: string
  steps: Record<Step, { title: string, text: string }>
  copy: string
  copied: string
  tryIt: string
  loggedIn: string
  loggedOut: string
  solving: string
  solved: string
  unsolved: string
  document: string
  reference: string
}

const zh: Texts = {
  title: '从这里开始',
  lead: '五次调用，从零到令牌。每条命令都指向本服务：复制到终端执行，或在下方接口中直接试用，请求体已按这里的内容填好。',
  name: '昵称',
  email: '邮箱',
  password: '密码（只发送其 SM3 摘要）',
  code: '邮件中的验证码',
  codeHint: '六位数字，五分钟内有效。',
  mailbox: '打开开发邮箱查看',
  steps: {
    sign: { title: '申请注册', text: '向邮箱发送验证码，此时账户尚未建立。' },
    verify: { title: '用验证码建立账户', text: '从邮件中读取验证码并填在这里；昵称、邮箱和密码与上一步相同。' },
    login: { title: '登录', text: '应答中带有令牌。在本页登录成功后，令牌会自动填入 Authorize，之后的调用都会带上它。' },
    checkToken: { title: '使用令牌', text: 'HTTP 200 表示令牌有效，响应头说明它属于谁。' },
    logout: { title: '退出登录', text: '令牌立即失效：再执行一次上一步，会得到 401。' }
  },
  copy: '复制',
  copied: '已复制',
  tryIt: '在本页试用',
  loggedIn: '已登录，令牌已填入 Authorize。',
  loggedOut: '已退出，令牌已清除。',
  solving: '服务要求工作量证明（428），正在计算…',
  solved: '已计算完成，请求已带上 X-Captcha 重新发送。',
  unsolved: '无法在此完成工作量证明：需要 HTTPS 或 localhost。',
  document: 'OpenAPI 文档',
  reference: '以下为英文接口说明。'
}

const en: Texts = {
  title: 'Start here',
  lead: 'Five calls from nothing to a token. Each command talks to this very server: paste it into a terminal, or try the call further down, where the body is filled in with what stands here.',
  name: 'Name',
  email: 'E-mail',
  password: 'Password (only its SM3 digest is sent)',
  code: 'Code from the mail',
  codeHint: 'Six digits, good for five minutes.',
  mailbox: 'Read it in the development mailbox',
  steps: {
    sign: { title: 'Ask to sign up', text: 'Mails a code; there is no account yet.' },
    verify: { title: 'Make the account with the code', text: 'Read the code in the mail and put it in here. Name, e-mail and password are those of the step before.' },
    login: { title: 'Log in', text: 'The answer has a token. After a login on this page it is put into Authorize by itself, and every call from then on sends it.' },
    checkToken: { title: 'Use the token', text: 'HTTP 200 while it is good; the headers say whose it is.' },
    logout: { title: 'Log out', text: 'The token is dead at once: the step before now answers 401.' }
  },
  copy: 'Copy',
  copied: 'Copied',
  tryIt: 'Try it on this page',
  loggedIn: 'Logged in: the token is in Authorize.',
  loggedOut: 'Logged out: the token is forgotten.',
  solving: 'The service asks for a proof of work (428): working it out…',
  solved: 'Worked out: the request was sent again with X-Captcha.',
  unsolved: 'The proof of work cannot be made here: that takes HTTPS or localhost.',
  document: 'OpenAPI document',
  reference: ''
}

export const texts: Record<Language, Texts> = { zh, en }
