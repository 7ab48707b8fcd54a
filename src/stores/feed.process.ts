import type { Feed, Listener, Subject } from '../revocations.ts'

/** Word of changes within the process, for embedded mode, where there is no other. */
export function createProcessFeed (): Feed {
  const listeners: Listener[] = []
  return {
    current: () => true,
    announce: async subjects => { tellAll(listeners, subjects) },
    announceGap: async () => { for (const { gap } of listeners) gap() },
    listen: listener => { listeners.push(listener) }
  }
}

export function tellAll (listeners: Listener[], subjects: Subject[]): void {
  for (const { changed } of listeners) for (const subject of subjects) changed(subject)
}
