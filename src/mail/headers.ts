import type { Brand } from '../brand.ts'
import type { Mail } from './mail.ts'
import { languageTag } from './mails.ts'

interface Address { name: string, address: string }

/** The headers of a mail as the library takes them, but for the subject. */
export interface Headers {
  from: Address
  to: Address
  list: { id: string }
  headers: Record<string, string>
  messageId?: string
}

/**
 * What marks a mail as sent by a machine to one person (RFC 3834, section 5), and as one of this service's (RFC 2919). Neither
 * `List-Unsubscribe` nor `Precedence`: nobody subscribed, and who did not ask for a code is not helped by a button that stops the next.
 *
 * @param sender the address in `From`
 */
export function headersOf ({ to, language, id }: Pick<Mail, 'to' | 'language' | 'id'>, sender: string, brand: Brand): Headers {
  return {
    from: { name: brand.name[language], address: sender },
    // As an object: an address in a string would be parsed, and could turn out to be more than one.
    to: { name: '', address: to },
    // Of the sender's own address, as another name under a provider's domain would be somebody else's to give.
    list: { id: sender.replace('@', '.') },
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All', 'Content-Language': languageTag(language) },
    ...(id !== undefined && { messageId: `<${id}${sender.slice(sender.lastIndexOf('@'))}>` })
  }
}
