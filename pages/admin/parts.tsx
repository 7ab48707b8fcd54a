import type { ComponentChildren, JSX, TargetedInputEvent } from 'preact'
import { useRef } from 'preact/hooks'
import { useApp } from '../app-context.ts'
import { Link, View } from '../view.tsx'
import type { Paged } from './pages.ts'
import { Trouble } from './trouble.tsx'
import { useWords } from './words.ts'

/** A view of the administration: where one is, and the ways to the others. */
export function AdminView ({ title, here, children }: { title: string, here: 'users' | 'events' | undefined, children: ComponentChildren }): JSX.Element {
  const words = useWords()
  return (
    <View title={title} wide='widest'>
      <nav class='tabs' aria-label={words.title}>
        {(['users', 'events'] as const).map(tab => <Link key={tab} to={`admin/${tab}`} {...(tab === here && { 'aria-current': 'page' as const })}>{words[tab]}</Link>)}
      </nav>
      {children}
    </View>
  )
}

/** For whoever is no super administrator. */
export function NoAccess (): JSX.Element {
  const { noAccess } = useWords()
  return (
    <View title={noAccess.title}>
      <p class='text'>{noAccess.text}</p>
      <p class='aside'><Link to='profile'>{noAccess.back}</Link></p>
    </View>
  )
}

interface ListProps<Item> { label: string, list: Paged<Item>, class: string, children: (item: Item) => JSX.Element }

/** A page of a list, and the ways to the pages beside it. */
export function List<Item> ({ label, list, children, ...rest }: ListProps<Item>): JSX.Element {
  const words = useWords()
  const { t } = useApp()
  const top = useRef<HTMLHeadingElement>(null)
  const { items, next, page, loading, problem } = list
  function turn (possible: boolean, how: () => void): void {
    if (!possible) return
    how()
    // The button may be gone on that page; and reading begins at the top.
    top.current?.focus()
  }
  return (
    <section aria-busy={loading}>
      <h2 class='unseen' ref={top} tabIndex={-1}>{label}</h2>
      <Trouble problem={problem} again={list.again} />
      <p role='status' class='count'>{loading ? t.loading : problem === undefined && (items.length === 0 ? words.none : words.page(page, items.length))}</p>
      {list.incomplete && <p class='notice warning'>{words.list.incomplete}</p>}
      <ul class={`rows ${rest.class}`}>{items.map(children)}</ul>
      {(page > 1 || next !== undefined) && (
        <div class='buttons turn'>
          <button type='button' class='secondary' aria-disabled={page === 1} onClick={() => { turn(page > 1, list.back) }}>{words.previous}</button>
          <button type='button' class='secondary' aria-disabled={next === undefined} onClick={() => { turn(next !== undefined, list.forward) }}>{words.next}</button>
        </div>
      )}
    </section>
  )
}

interface SelectProps { id: string, label: string, value: string, options: Record<string, string>, onChange: (value: string) => void }

/** A choice, or none: `''`. */
export function Select ({ id, label, value, options, onChange }: SelectProps): JSX.Element {
  const { any } = useWords()
  return (
    <div class='field'>
      <label for={id}>{label}</label>
      <select id={id} value={value} onChange={event => { onChange(event.currentTarget.value) }}>
        <option value=''>{any}</option>
        {Object.entries(options).map(([key, text]) => <option key={key} value={key}>{text}</option>)}
      </select>
    </div>
  )
}

interface InputProps { id: string, label: string, value: string, type?: 'text' | 'datetime-local', error?: string | undefined, inputMode?: 'numeric' | 'email', onInput: (value: string) => void }

export function Input ({ id, label, value, type = 'text', error, inputMode, onInput }: InputProps): JSX.Element {
  const control = {
    id,
    value,
    spellcheck: false,
    'aria-invalid': error !== undefined,
    ...(inputMode !== undefined && { inputMode }),
    ...(error !== undefined && { 'aria-describedby': `${id}-error` }),
    onInput: (event: TargetedInputEvent<HTMLInputElement>) => { onInput(event.currentTarget.value) }
  }
  return (
    <div class={error === undefined ? 'field' : 'field wrong'}>
      <label for={id}>{label}</label>
      {type === 'text' ? <input {...control} type='text' autocomplete='off' autocapitalize='none' /> : <input {...control} type='datetime-local' />}
      {error !== undefined && <p class='error' id={`${id}-error`}>{error}</p>}
    </div>
  )
}
