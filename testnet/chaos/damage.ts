/**
 * Damage to what a node that is down has on its disk: flipped bits and lost files.
 *
 * @module
 */

import { readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from './row.ts'

/** A bit that was flipped. */
export interface FlippedBit {
  readonly path: string
  readonly offset: number
  /** Flips it back. */
  readonly mend: () => void
}

/** The files of a LevelDB folder that a pattern fits, the largest first. */
function filesOf(folder: string, pattern: RegExp): readonly string[] {
  return readdirSync(folder)
    .filter((name) => pattern.test(name))
    .map((name) => join(folder, name))
    .sort((a, b) => statSync(b).size - statSync(a).size)
}

/** The largest of them. */
export function largestOf(folder: string, pattern: RegExp): string {
  const [path] = filesOf(folder, pattern)
  expect(path !== undefined, `${folder} holds no ${pattern.source}`)
  return path
}

/** Flips one bit. */
export function flipBit(path: string, offset: number): FlippedBit {
  const flip = (): void => {
    const bytes = readFileSync(path)
    expect(offset < bytes.length, `${path} has a byte ${offset}`)
    bytes.writeUInt8(bytes.readUInt8(offset) ^ 0x10, offset)
    writeFileSync(path, bytes)
  }
  flip()
  return { path, offset, mend: flip }
}

/** Flips a bit of these bytes in whatever table of a folder holds them; undefined when none does. */
export function flipBitOf(folder: string, wanted: Uint8Array): FlippedBit | undefined {
  for (const path of filesOf(folder, /\.ldb$/)) {
    const offset = readFileSync(path).indexOf(wanted)
    if (offset >= 0) return flipBit(path, offset + Math.floor(wanted.length / 2))
  }
  return undefined
}

/** Takes a file away. */
export function removeFile(path: string): void {
  rmSync(path)
}

/** Puts a folder aside and tells how to put it back. */
export function putAside(path: string): () => void {
  const aside = `${path}.aside`
  renameSync(path, aside)
  return () => {
    rmSync(path, { recursive: true, force: true })
    renameSync(aside, path)
  }
}
