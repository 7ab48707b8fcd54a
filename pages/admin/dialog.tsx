import type { ComponentChildren, JSX } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'
import { useApp } from '../app-context.ts'

interface DialogProps { title: string, confirm: string, danger?: boolean, busy: boolean, onConfirm: () => void, onClose: () => void, children: ComponentChildren }

/** Asks before something is done. The browser keeps the focus within, and gives it back after. */
export function Dialog ({ title, confirm, danger = false, busy, onConfirm, onClose, children }: DialogProps): JSX.Element {
  const { t } = useApp()
  const dialog = useRef<HTMLDialogElement>(null)
  // Closed before it is gone: only then the browser gives the focus back.
  useLayoutEffect(() => {
    const shown = dialog.current
    shown?.showModal()
    return () => { shown?.close() }
  }, [])
  return (
    <dialog ref={dialog} aria-labelledby='dialog-title' onCancel={event => { event.preventDefault(); onClose() }}>
      <form noValidate onSubmit={event => { event.preventDefault(); if (!busy) onConfirm() }}>
        <h2 id='dialog-title'>{title}</h2>
        {children}
        <div class='buttons'>
          <button type='submit' class={danger ? 'primary danger' : 'primary'} aria-disabled={busy}>{busy ? t.busy : confirm}</button>
          <button type='button' class='secondary' onClick={onClose}>{t.cancel}</button>
        </div>
      </form>
    </dialog>
  )
}
