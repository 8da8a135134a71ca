/**
 * Short signatures of vectors by which most of those that are not alike are passed over without a look at their numbers: of
 * each of some random planes, on which side the vector lies. Two vectors lie on different sides of a plane as often as the
 * angle between them says ("Similarity Estimation Techniques from Rounding Algorithms", Charikar 2002).
 */
export type Signer = {
  readonly sign: (vector: Float32Array) => Uint32Array
  /** In how many bits two signatures differ. */
  readonly difference: (left: Uint32Array, right: Uint32Array) => number
  /** The most bits in which two vectors that are as alike (cosine) as this differ, but for one of thirty thousand pairs. */
  readonly mostDifferent: (cosine: number) => number
}

const words = 8
const bits = words * 32
// Four standard deviations above the mean.
const certainty = 4

export function createSigner(dimensions: number): Signer {
  const planes = randomNormals(dimensions * bits)
  return {
    sign(vector) {
      const signature = new Uint32Array(words)
      for (let bit = 0; bit < bits; bit++) {
        const start = bit * dimensions
        let sum = 0
        for (let index = 0; index < dimensions; index++) sum += (planes[start + index] ?? 0) * (vector[index] ?? 0)
        if (sum > 0) signature[bit >>> 5] = (signature[bit >>> 5] ?? 0) | (1 << (bit & 31))
      }
      return signature
    },
    difference(left, right) {
      let count = 0
      for (let word = 0; word < words; word++) count += bitsOf((left[word] ?? 0) ^ (right[word] ?? 0))
      return count
    },
    mostDifferent(cosine) {
      const share = Math.acos(Math.max(-1, Math.min(1, cosine))) / Math.PI
      return Math.ceil(bits * share + certainty * Math.sqrt(bits * share * (1 - share)))
    },
  }
}

/** About normal, as planes must be to lie evenly: the sum of four random bytes, around 0. The same in every process. */
function randomNormals(count: number): Int8Array {
  const normals = new Int8Array(count)
  let state = 0x9e3779b9
  for (let index = 0; index < count; index++) {
    // xorshift32 (Marsaglia 2003).
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    const sum = (state & 255) + ((state >>> 8) & 255) + ((state >>> 16) & 255) + (state >>> 24)
    normals[index] = (sum - 510) / 4
  }
  return normals
}

/** How many bits are set ("Hacker's Delight", 5–1). */
function bitsOf(word: number): number {
  let value = word - ((word >>> 1) & 0x55555555)
  value = (value & 0x33333333) + ((value >>> 2) & 0x33333333)
  return (((value + (value >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24
}
