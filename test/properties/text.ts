import fc from 'fast-check'

// What arbitrary strings are made of.

/** Pieces that one reader or another takes for more, or for less, than text. */
const HOSTILE = [
  '\0', '\r\n', '\n', '\r\nBcc: eve@example.com\r\n', '\t', ' ', '\u001b', '\u007f', '\u0085', '\u00a0', '\u3000', '\ufeff', '\u2028', '\u2029', '\u202e', '\u2066', '\u200b', '\u200d', '\u00ad',
  'e\u0301', '\u00e9', '\u0301', '\u0345', '\u212b', '\u212a', '\u0130', '\u0131', '\u00df', '\u1e9e', '\u03c3', '\u03c2', '\ufb01', '\u1f80', '\u0149', '\u01c5', '\u1100\u1161', '\uff20', '\u3002', '\ud83d\ude00', '\u{10ffff}',
  '<b>', '&', '"', "'", '\\', '/', '@', '.', '-', ',', ';', ':', '(', ')', '[', ']', '%', '%0d%0a', '\\u0000', '{{7*7}}', '__proto__', "' OR 1=1 --"
]

/** Halves of characters, which are none. */
export const HALVES = ['\ud800', '\udbff', '\udc00', '\udfff', '\ude00\ud83d']

/** Whole characters of every kind, with those that mean something to somebody more often than chance would have it. */
export const text = fc.array(fc.oneof(
  fc.constantFrom(...HOSTILE),
  fc.string({ maxLength: 6 }),
  fc.string({ unit: 'binary', maxLength: 3 }),
  fc.string({ unit: 'grapheme', maxLength: 3 })
), { maxLength: 12 }).map(pieces => pieces.join(''))

/** The same, and long ones. */
export const anyText = fc.oneof({ weight: 5, arbitrary: text }, { weight: 1, arbitrary: fc.tuple(text, fc.integer({ min: 2, max: 200 })).map(([piece, times]) => piece.repeat(times).slice(0, 900).toWellFormed()) })

/** Any JSON value of any depth, its keys often ones that mean something in JavaScript. */
export const json = fc.letrec<{ value: fc.JsonValue }>(tie => ({
  value: fc.oneof(
    { maxDepth: 6, withCrossShrink: true },
    fc.oneof(fc.constantFrom(null, true, false, 0, -0, 5e-324, ''), fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }), text),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(fc.constantFrom('Email', 'Password', 'constructor', 'prototype', '$ref', ''), text), tie('value'), { maxKeys: 4 })
  )
})).value

/**
 * A JSON string. Any character may be written as it is or as an escape (RFC 8259, section 7), and what is read is the same.
 *
 * @param mask a bit for each character, which wants an escape where it is set; the bits are used again and again
 */
export function spell (text: string, mask: number): string {
  const upper = mask % 3 === 0
  const escaped = (unit: string): string => {
    const digits = unit.charCodeAt(0).toString(16).padStart(4, '0')
    return `\\u${upper ? digits.toUpperCase() : digits}`
  }
  return `"${Array.from(text, (character, i) => {
    const must = character < ' ' || character === '"' || character === '\\' || !character.isWellFormed()
    return must || (mask >> (i % 31)) & 1 ? character.split('').map(escaped).join('') : character
  }).join('')}"`
}

export const mask = fc.oneof(fc.constant(0), fc.nat())

const space = fc.constantFrom('', '', ' ', '\n', '\r\n\t')

/** White space to write JSON with, wherever JSON allows it. */
export const layout = fc.tuple(space, space)

/** A member of a JSON object, as it is written. */
export type Member = [key: string, value: string]

/** A JSON object of these members in this order. */
export function objectText (members: Member[], [a, b]: [string, string] = ['', '']): string {
  return `${a}{${members.map(([key, value]) => `${a}${key}${b}:${a}${value}${b}`).join(',')}${a}}${b}`
}
