/**
 * Dice: random numbers that a seed fixes, in streams that do not disturb each other.
 *
 * A stream is named for what it decides. So a fault that is taken out of a plan
 * leaves the network, the workload and everything else as they were.
 *
 * @module
 */

/** One stream of random numbers (sfc32, Chris Doty-Humphrey's PractRand). */
export class Dice {
  #a: number
  #b: number
  #c: number
  #counter = 1

  constructor(seed: number, stream: string) {
    this.#a = hashOf(`${stream}/a/${seed}`)
    this.#b = hashOf(`${stream}/b/${seed}`)
    this.#c = seed >>> 0
    for (let round = 0; round < 12; round++) this.#next()
  }

  /** An integer from 0 up to, and without, `bound`. */
  below(bound: number): number {
    return Math.floor((this.#next() / 0x1_0000_0000) * bound)
  }

  /** An integer from `least` to `most`, both included. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1)
  }

  /** True so many times in a thousand. */
  happens(permille: number): boolean {
    return permille > 0 && this.below(1000) < permille
  }

  /** One of several, which are not none. */
  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)] as Item
  }

  /** All of them in another order. */
  shuffled<Item>(items: readonly Item[]): Item[] {
    const left = [...items]
    return items.map(() => left.splice(this.below(left.length), 1)[0] as Item)
  }

  /** A delay with a long tail: exponential around `mean`, at most ten times it. */
  tail(mean: number): number {
    const uniform = (this.#next() + 1) / 0x1_0000_0001
    return Math.min(10 * mean, Math.floor(-mean * Math.log(uniform)))
  }

  #next(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum
    return sum >>> 0
  }
}

/** A 32-bit hash of a text (FNV-1a), to make seeds of names. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return hash >>> 0
}
