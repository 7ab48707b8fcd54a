/** What is under way: a code was mailed, and is to be entered. No password and no digest is ever among it. */
export interface Pending { Email: string, Name?: string, sentAt: number }

type Flow = 'sign-up' | 'reset' | 'email'

function isPending (value: unknown): value is Pending {
  return typeof value === 'object' && value !== null && 'Email' in value && typeof value.Email === 'string' && 'sentAt' in value && typeof value.sentAt === 'number'
}

/** Kept by the tab, so that a reload is no harm, and gone with it. */
export function pending (flow: Flow) {
  const key = `dream.${flow}`
  return {
    read (): Pending | undefined {
      try {
        const value: unknown = JSON.parse(sessionStorage.getItem(key) ?? 'null')
        return isPending(value) ? value : undefined
      } catch { return undefined }
    },
    write (value: Pending): void {
      try { sessionStorage.setItem(key, JSON.stringify(value)) } catch {}
    },
    clear (): void {
      try { sessionStorage.removeItem(key) } catch {}
    }
  }
}

/** The password of a sign-up between the form and the code: in memory alone, so a reload forgets it. */
let chosen = ''
export const chosenPassword = { get: (): string => chosen, set: (password: string): void => { chosen = password } }
