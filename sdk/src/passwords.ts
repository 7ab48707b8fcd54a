/// <reference path="./sm3.d.ts" />
import sm3 from 'sm-crypto/src/sm3/index.js'

/** A password that the service would refuse, found before it is digested: afterwards nobody can tell. */
export class Refused extends Error {
  readonly field: string
  readonly reason: 'TooShort' | 'TooLong' | 'Text'
  readonly limit: number | undefined

  constructor (field: string, reason: Refused['reason'], limit?: number) {
    super(`${field}: ${reason}`)
    this.name = 'Refused'
    this.field = field
    this.reason = reason
    this.limit = limit
  }
}

const MOST = 128
/** NUL, and halves of surrogate pairs: no JSON text that the service takes has them. */
const NO_TEXT = /\0|\p{Surrogate}/u

function digest (typed: string, field: string, least: number): string {
  if (NO_TEXT.test(typed)) throw new Refused(field, 'Text')
  // Keyboards differ in how they spell the same letter (é, or e and an accent), and one password is to be good on all.
  const text = typed.normalize('NFC')
  const { length } = [...text]
  if (length < least) throw new Refused(field, 'TooShort', least)
  if (length > MOST) throw new Refused(field, 'TooLong', MOST)
  return sm3(text)
}

/** The SM3 digest (GB/T 32905) of a password that is being chosen, in Unicode's form C: 8 to 128 characters. @throws Refused */
export const digestChosen = (typed: string, field = 'Password'): string => digest(typed, field, 8)

/** That of one that is tried: whatever may once have been accepted. @throws Refused */
export const digestTried = (typed: string, field = 'Password'): string => digest(typed, field, 1)
