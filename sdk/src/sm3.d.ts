/** SM3 (GB/T 32905) alone: the package as a whole brings SM2, SM4 and a library for large numbers along. */
declare module 'sm-crypto/src/sm3/index.js' {
  /** @returns 64 lower-case hexadecimal digits */
  export default function sm3 (text: string): string
}
