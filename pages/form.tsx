import type { ComponentChildren, JSX } from 'preact'
import { useRef, useState } from 'preact/hooks'
import { useApp } from './app-context.ts'
import type { Check } from './checks.ts'
import { Alert, ProblemText } from './problem.tsx'
import type { Problem } from './problems.ts'

/** The state of a form: what is typed, what is wrong with it, and whether an answer is awaited. */
export interface FormState<Names extends string> {
  values: Record<Names, string>
  errors: Partial<Record<Names, string>>
  problem: Problem | undefined
  busy: boolean
  set: (name: Names, value: string) => void
  /** Says what is wrong, and leads there. */
  fail: (problem: Problem | undefined, fields?: Partial<Record<Names, string>>) => void
  submit: () => Promise<void>
  idOf: (name: Names) => string
}

const focus = (id: string): void => { document.getElementById(id)?.focus() }

/**
 * @param initial the fields, in the order of the page
 * @param checks what is wrong with a value, by field
 * @param send what is done with values that are right; resolves to what went wrong
 */
export function useForm<Names extends string> (initial: Record<Names, string>, checks: Partial<Record<Names, Check>>, send: (values: Record<Names, string>) => Promise<Refusal<Names> | undefined | void>): FormState<Names> {
  const { t, say } = useApp()
  const [values, setValues] = useState(initial)
  const [errors, setErrors] = useState<Partial<Record<Names, string>>>({})
  const [problem, setProblem] = useState<Problem>()
  const [busy, setBusy] = useState(false)
  // Both change faster than the page is drawn: what was pasted is sent at once, and never twice.
  const latest = useRef(values)
  const sending = useRef(false)
  const names = Object.keys(initial) as Names[]
  const idOf = (name: Names): string => `field-${name}`

  function show (found: Partial<Record<Names, string>>, general?: Problem): void {
    setErrors(found)
    setProblem(general)
    const first = names.find(name => found[name] !== undefined)
    // Drawn by then, so that the description is there when the field is read out.
    if (first !== undefined) requestAnimationFrame(() => { focus(idOf(first)) })
  }

  return {
    values,
    errors,
    problem,
    busy,
    idOf,
    set (name, value) {
      latest.current = { ...latest.current, [name]: value }
      setValues(latest.current)
      if (errors[name] !== undefined) setErrors({ ...errors, [name]: undefined })
    },
    fail (general, fields = {}) { show(fields, general) },
    async submit () {
      if (sending.current) return
      const given = latest.current
      const found: Partial<Record<Names, string>> = {}
      for (const name of names) {
        const wrong = checks[name]?.(given[name], t)
        if (wrong !== undefined) found[name] = wrong
      }
      if (Object.keys(found).length > 0) return show(found)
      sending.current = true
      say('')
      setBusy(true)
      show({})
      try {
        const refusal = await send(given)
        if (typeof refusal === 'object') show(refusal.fields ?? {}, refusal.problem)
      } finally {
        sending.current = false
        setBusy(false)
      }
    }
  }
}

/** Why something was not done: as a whole, or at fields. */
export interface Refusal<Names extends string = string> { problem?: Problem, fields?: Partial<Record<Names, string>> }

interface FormProps<Names extends string> { form: FormState<Names>, submit: string, danger?: boolean, children: ComponentChildren }

export function Form<Names extends string> ({ form, submit, danger = false, children }: FormProps<Names>): JSX.Element {
  const { t } = useApp()
  const wrong = (Object.entries(form.errors) as Array<[Names, string | undefined]>).flatMap(([name, text]) => text === undefined ? [] : [{ name, text }])
  function onSubmit (event: Event): void {
    event.preventDefault()
    form.submit()
  }
  return (
    <form noValidate onSubmit={onSubmit} aria-busy={form.busy}>
      <Alert>
        {form.problem !== undefined && <ProblemText problem={form.problem} />}
        {wrong.length > 1 && (
          <>
            <p>{t.summary}</p>
            <ul>
              {wrong.map(({ name, text }) => <li key={name}><a href={`#${form.idOf(name)}`} onClick={event => { event.preventDefault(); focus(form.idOf(name)) }}>{text}</a></li>)}
            </ul>
          </>
        )}
      </Alert>
      {children}
      <button type='submit' class={danger ? 'primary danger' : 'primary'} aria-disabled={form.busy}>
        {form.busy ? <><span class='spinner' aria-hidden='true' />{t.busy}</> : submit}
      </button>
    </form>
  )
}
