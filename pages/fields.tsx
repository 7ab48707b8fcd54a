import type { ComponentChildren, JSX, TargetedInputEvent } from 'preact'
import { useState } from 'preact/hooks'
import { useApp } from './app-context.ts'
import { digitsOf, strength } from './checks.ts'
import type { FormState } from './form.tsx'
import { EyeIcon } from './icons.tsx'

interface FieldProps<Names extends string> { form: FormState<Names>, name: Names, label: string, hint?: string | undefined }

interface FrameProps<Names extends string> extends FieldProps<Names> { children: ComponentChildren, after?: ComponentChildren }

/** Label, hint and error around a control, which is described by both. */
function Frame<Names extends string> ({ form, name, label, hint, children, after }: FrameProps<Names>): JSX.Element {
  const id = form.idOf(name)
  const error = form.errors[name]
  return (
    <div class={error === undefined ? 'field' : 'field wrong'}>
      <label for={id}>{label}</label>
      {children}
      {after}
      {error !== undefined && <p class='error' id={`${id}-error`}>{error}</p>}
      {hint !== undefined && <p class='hint' id={`${id}-hint`}>{hint}</p>}
    </div>
  )
}

/** What every control of a form has. */
function control<Names extends string> ({ form, name, hint }: FieldProps<Names>, others: string[] = []) {
  const id = form.idOf(name)
  const wrong = form.errors[name] !== undefined
  const describedBy = [wrong && `${id}-error`, hint !== undefined && `${id}-hint`, ...others].filter(each => each !== false).join(' ')
  return {
    id,
    name,
    value: form.values[name],
    'aria-invalid': wrong,
    'aria-required': true,
    ...(describedBy !== '' && { 'aria-describedby': describedBy }),
    onInput: (event: TargetedInputEvent<HTMLInputElement>) => { form.set(name, event.currentTarget.value) }
  }
}

interface TextProps<Names extends string> extends FieldProps<Names> { type?: 'text' | 'email', autocomplete: string }

export function TextField<Names extends string> (props: TextProps<Names>): JSX.Element {
  const { type = 'text', autocomplete } = props
  return (
    <Frame {...props}>
      {type === 'email'
        ? <input {...control(props)} type='email' autocomplete={autocomplete} autocapitalize='none' spellcheck={false} />
        : <input {...control(props)} type='text' autocomplete={autocomplete} />}
    </Frame>
  )
}

interface PasswordProps<Names extends string> extends FieldProps<Names> {
  /** The password is chosen here: its strength is shown. The owner's name and address are no good ones. */
  chosenBy?: string[]
}

export function PasswordField<Names extends string> (props: PasswordProps<Names>): JSX.Element {
  const { t } = useApp()
  const { form, name, chosenBy } = props
  const [shown, setShown] = useState(false)
  const meter = `${form.idOf(name)}-strength`
  const found = chosenBy === undefined ? undefined : strength(form.values[name], chosenBy, t)
  const given = {
    ...control(props, found === undefined ? [] : [meter]),
    autocomplete: chosenBy === undefined ? 'current-password' : 'new-password',
    autocapitalize: 'none',
    spellcheck: false
  } as const
  return (
    <Frame
      {...props} after={found !== undefined && (
        <p class={`strength level-${found.level}`} id={meter}>
          <span class='bars' aria-hidden='true'><i /><i /><i /><i /></span>
          <span>{found.text}</span>
        </p>
      )}
    >
      <div class='with-button'>
        {shown ? <input {...given} type='text' /> : <input {...given} type='password' />}
        <button type='button' class='peek' aria-label={shown ? t.fields.hide : t.fields.show} aria-pressed={shown} aria-controls={form.idOf(name)} onClick={() => { setShown(!shown) }}><EyeIcon crossed={shown} /></button>
      </div>
    </Frame>
  )
}

interface CodeProps<Names extends string> extends FieldProps<Names> {
  /** Called once with all six digits. */
  onComplete: () => void
}

export function CodeField<Names extends string> (props: CodeProps<Names>): JSX.Element {
  const { form, name, onComplete } = props
  function onInput (event: TargetedInputEvent<HTMLInputElement>): void {
    const digits = digitsOf(event.currentTarget.value)
    const before = form.values[name]
    // Also where nothing changed for us: the letter that was typed goes.
    event.currentTarget.value = digits
    form.set(name, digits)
    if (digits.length === 6 && before !== digits) onComplete()
  }
  return (
    <Frame {...props}>
      <input {...control(props)} class='code' type='text' inputMode='numeric' autocomplete='one-time-code' autocapitalize='none' spellcheck={false} placeholder='······' onInput={onInput} />
    </Frame>
  )
}

interface BoxProps<Names extends string> { form: FormState<Names>, name: Names, label: string }

/** A box to be ticked: `yes` or nothing. */
export function Checkbox<Names extends string> ({ form, name, label }: BoxProps<Names>): JSX.Element {
  const id = form.idOf(name)
  const error = form.errors[name]
  return (
    <div class={error === undefined ? 'field' : 'field wrong'}>
      <label class='box' for={id}>
        <input id={id} name={name} type='checkbox' checked={form.values[name] === 'yes'} aria-invalid={error !== undefined} {...(error !== undefined && { 'aria-describedby': `${id}-error` })} onChange={event => { form.set(name, event.currentTarget.checked ? 'yes' : '') }} />
        <span>{label}</span>
      </label>
      {error !== undefined && <p class='error' id={`${id}-error`}>{error}</p>}
    </div>
  )
}
