import { BASE } from './paths.ts'

/** What the app is told that sent somebody here. */
export type Result = 'logged_in' | 'signed_up' | 'password_reset' | 'email_changed' | 'deleted' | 'cancelled'

/** Where people are sent back to: nowhere, or the service has yet to say, or it has refused, or there. */
export type Return = 'none' | 'asking' | 'refused' | { url: string, name: string }

const asked = (): URLSearchParams => new URLSearchParams(location.search)

/** Whether an app asks to have the person back. */
export const hasReturn = (): boolean => asked().has('ReturnTo')

/** What people are told of it: the host, or the scheme of an app. */
function nameOf (url: string): string {
  const { protocol, host } = new URL(url)
  return protocol === 'https:' || protocol === 'http:' ? host : protocol.slice(0, -1)
}

/** Has the service judge `ReturnTo`. Nothing in this page does, so no two can understand an address in two ways. `asking` where it could not say. */
export async function askReturn (): Promise<Return> {
  const given = asked().get('ReturnTo')
  if (given === null) return 'none'
  try {
    const answer = await fetch(`${BASE}/return-to.json?${new URLSearchParams({ ReturnTo: given })}`)
    if (answer.status >= 429) return 'asking'
    const { ReturnTo } = await answer.json()
    return typeof ReturnTo === 'string' ? { url: ReturnTo, name: nameOf(ReturnTo) } : 'refused'
  } catch { return 'asking' }
}

/** The address that tells the app how it went. A token is never in it: history, logs and the next page's referrer would keep it. */
export function returnAddress (url: string, result: Result): string {
  const state = asked().get('State')
  const [before = '', fragment] = url.split(/#(.*)/s, 2)
  const told = `Result=${result}${state === null ? '' : `&State=${encodeURIComponent(state)}`}`
  return `${before}${before.includes('?') ? '&' : '?'}${told}${fragment === undefined ? '' : `#${fragment}`}`
}
