import type { Texts } from './texts/zh.ts'

/** Why something was not done: the key of an answer, or one of the page's own. */
export interface Problem {
  error: string
  /** Seconds until it is worth trying again. */
  RetryAfter?: number
}

/** An answer that says no, as the client library gives it. */
export interface Refused { error: string, RetryAfter?: number, Field?: string, Details?: Array<{ Field: string }> }

const UNAVAILABLE = ['DatabaseUnavailable', 'CacheUnavailable', 'Busy', 'HealthUnavailable']

/** What a person is told. The wait of a `TooManyRequests` is said apart, as it runs down. */
export function textOf ({ error }: Problem, t: Texts): string {
  if (error === 'Unreachable') return navigator.onLine ? t.errors.Unreachable : t.errors.Offline
  if (UNAVAILABLE.includes(error)) return t.errors.Unavailable
  const known: Record<string, unknown> = t.errors
  const text = known[error]
  return typeof text === 'string' ? text : t.errors.Unknown
}

/** The refused fields of an answer, in the words of this page. @param names how the form calls what the service names otherwise */
export function fieldsOf (refused: Refused, t: Texts, names: Record<string, string> = {}): Record<string, string> {
  const own = (field: string): string => names[field] ?? field
  if (refused.error === 'UserExists' && refused.Field !== undefined) return { [own(refused.Field)]: refused.Field === 'Name' ? t.errors.NameTaken : t.errors.EmailTaken }
  const texts: Record<string, string> = { Email: t.checks.email, Name: t.checks.name, VerifyCode: t.checks.code, Password: t.checks.common, NewPassword: t.checks.common }
  return Object.fromEntries((refused.Details ?? []).map(({ Field }) => [own(Field), texts[Field] ?? t.checks.invalid]))
}

/** What a form shows of an answer that says no: at its fields where it names some, else as a whole. */
export function refusalOf (refused: Refused, t: Texts, names?: Record<string, string>): { problem?: Problem, fields?: Record<string, string> } {
  const fields = fieldsOf(refused, t, names)
  return Object.keys(fields).length > 0 ? { fields } : { problem: refused }
}
