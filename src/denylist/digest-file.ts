import { crc32 } from 'node:zlib'

// The file: MAGIC, how many digests, CRC-32 of what follows (both 32 bits, big-endian), then the first 48 bits of each
// digest in ascending order. 48 bits are the most that Buffer reads as one number, and so many that of 2³¹ passwords that
// are not listed about one is taken for one that is (`docs/ARCHITECTURE.md`).

const MAGIC = Buffer.from('SM3COMM1')
const COUNT_AT = MAGIC.length
const CHECKSUM_AT = COUNT_AT + 4
const HEADER_BYTES = CHECKSUM_AT + 4
const DIGEST_BYTES = 6

/** The prefixes of SM3 digests, as one number each. */
export interface DigestSet {
  size: number
  /** @param digest lower-case hexadecimal SM3 */
  has: (digest: string) => boolean
}

const prefix = (digest: string): number => Number.parseInt(digest.slice(0, 2 * DIGEST_BYTES), 16)

/** The bytes of the file: the same for the same digests in any order. */
export function writeDigests (digests: string[]): Buffer {
  const prefixes = Float64Array.from(new Set(digests.map(prefix))).sort()
  const bytes = Buffer.alloc(HEADER_BYTES + prefixes.length * DIGEST_BYTES)
  MAGIC.copy(bytes)
  bytes.writeUInt32BE(prefixes.length, COUNT_AT)
  prefixes.forEach((value, i) => bytes.writeUIntBE(value, HEADER_BYTES + i * DIGEST_BYTES, DIGEST_BYTES))
  bytes.writeUInt32BE(crc32(bytes.subarray(HEADER_BYTES)), CHECKSUM_AT)
  return bytes
}

/** The digests of a file, searched where they lie; `undefined` for bytes that are not such a file, whole and unaltered. */
export function readDigests (bytes: Buffer): DigestSet | undefined {
  if (bytes.length < HEADER_BYTES || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) return undefined
  const size = bytes.readUInt32BE(COUNT_AT)
  const entries = bytes.subarray(HEADER_BYTES)
  if (size === 0 || entries.length !== size * DIGEST_BYTES || crc32(entries) !== bytes.readUInt32BE(CHECKSUM_AT)) return undefined
  const at = (i: number): number => entries.readUIntBE(i * DIGEST_BYTES, DIGEST_BYTES)
  return {
    size,
    has (digest) {
      const wanted = prefix(digest)
      let [low, high] = [0, size - 1]
      // Halves until one is left, without stopping early: every look-up takes as many steps.
      while (low < high) {
        const middle = (low + high) >>> 1
        if (at(middle) < wanted) low = middle + 1
        else high = middle
      }
      return at(low) === wanted
    }
  }
}
