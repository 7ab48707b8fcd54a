import fc from 'fast-check'

const characters = (all: string, min: number, max: number): fc.Arbitrary<string> => fc.string({ unit: fc.constantFrom(...all), minLength: min, maxLength: max })

const atom = characters("abcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-/=?^_`{|}~", 1, 12)
const edge = characters('abcdefghijklmnopqrstuvwxyz0123456789', 1, 1)
const label = fc.oneof(edge, fc.tuple(edge, characters('abcxyz019-', 0, 10), edge).map(parts => parts.join('')), fc.constantFrom('xn--fiqs8s', 'b'.repeat(63)))

/** Leaves room for what makes an address one that nobody had before. */
const LONGEST = 90

/** Addresses as they are stored, of every shape that an account may have. */
export const address = fc.tuple(fc.array(atom, { minLength: 1, maxLength: 4 }), fc.array(label, { minLength: 1, maxLength: 3 }), label.filter(label => !/^\d/.test(label)))
  .map(([local, domain, top]) => `${local.join('.')}@${[...domain, top].join('.')}`)
  .filter(address => address.length <= LONGEST)

/** Space that does not count. */
export const padding = fc.string({ unit: fc.constantFrom(' ', '\t', '\r', '\n', '\u00a0', '\u3000', '\ufeff', '\u2003'), maxLength: 3 })

/** How an address is written: which of its letters in upper case, by the bits of a number, and what surrounds it. */
export const spelling = fc.tuple(fc.nat(), padding, padding)

export function respell (address: string, [cases, before, after]: [number, string, string]): string {
  return before + Array.from(address, (letter, i) => (cases >> (i % 31)) & 1 ? letter.toUpperCase() : letter).join('') + after
}
