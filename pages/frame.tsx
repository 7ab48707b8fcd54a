import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { useApp } from './app-context.ts'
import { onSolving } from './auth.ts'
import { Moon, Scene } from './icons.tsx'
import { Link } from './view.tsx'

function useOnline (): boolean {
  const [online, setOnline] = useState(navigator.onLine)
  useEffect(() => {
    const changed = (): void => { setOnline(navigator.onLine) }
    addEventListener('online', changed)
    addEventListener('offline', changed)
    return () => {
      removeEventListener('online', changed)
      removeEventListener('offline', changed)
    }
  }, [])
  return online
}

/** What is around every view: the sky, the name of the house, the language, and what was just done. */
export function Frame ({ notice, children }: { notice: string, children: ComponentChildren }): JSX.Element {
  const { t, brand, language, setLanguage, back } = useApp()
  const online = useOnline()
  const [solving, setSolving] = useState(false)
  useEffect(() => { onSolving(setSolving) }, [])
  const other = language === 'zh' ? 'en' : 'zh'
  return (
    <>
      <Scene />
      <a class='skip' href='#main' onClick={event => { event.preventDefault(); document.querySelector<HTMLElement>('#main h1')?.focus() }}>{t.skip}</a>
      <header class='bar'>
        <Link to='' class='brand'><Moon /><span>{brand}</span></Link>
        <button type='button' class='language' lang={other === 'zh' ? 'zh-CN' : 'en'} onClick={() => { setLanguage(other) }}>{t.otherLanguage}</button>
      </header>
      <main id='main'>
        <div role='status' class='notices'>
          {!online && <p class='notice warning'>{t.offline}</p>}
          {back === 'refused' && <p class='notice warning'>{t.returning.refused}</p>}
          {solving && <p class='notice passing'>{t.solving}</p>}
          {notice !== '' && <p class='notice'>{notice}</p>}
        </div>
        {children}
      </main>
    </>
  )
}
