import { pipeline, Transform, type Readable } from 'node:stream'
import type { HandOver } from './mail.ts'

/** What a mail is sent from, as far as is needed here. */
interface Message { createReadStream: (options?: object) => Readable }

/**
 * Has the end of a message wait. SMTP has one moment in which the responsibility changes hands: the dot behind the message. Who loses the connection
 * before it knows that nothing was delivered; who loses it after cannot know (RFC 5321, 4.1.1.4).
 */
export function awaitHandOver (message: Message, handOver: HandOver): void {
  const create = message.createReadStream.bind(message)
  message.createReadStream = options => {
    const last = new Transform({
      // No more than is read: else it would have read to the end before anything is sent.
      readableHighWaterMark: 1,
      transform (chunk, _encoding, done) { done(null, chunk) },
      flush (done) { handOver().then(() => { done() }, done) }
    })
    return pipeline(create(options), last, () => {})
  }
}
