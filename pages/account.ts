import { useEffect, useState } from 'preact/hooks'
import { auth } from './auth.ts'
import type { Problem } from './problems.ts'

export interface Account { UserID: number, Name: string, Email: string, Role: string, RegisterTime: string | null }

let known: Promise<Account | Problem> | undefined

/** Asked for once, whichever views show it. */
function load (): Promise<Account | Problem> {
  known ??= auth.showProfile().then(result => {
    if (result.ok && result.Account !== undefined) return result.Account
    known = undefined
    return result.ok ? { error: 'Unknown' } : result
  })
  return known
}

/** What is known of the account is no longer so. */
export function forgetAccount (): void {
  known = undefined
}

/** The account of whoever is logged in; `undefined` while it is awaited. */
export function useAccount (wanted = true): Account | Problem | undefined {
  const [found, setFound] = useState<Account | Problem>()
  useEffect(() => {
    if (!wanted) return
    let gone = false
    load().then(value => { if (!gone) setFound(value) })
    return () => { gone = true }
  }, [wanted])
  return found
}

export const isAccount = (value: Account | Problem | undefined): value is Account => value !== undefined && 'UserID' in value
