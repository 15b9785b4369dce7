/**
 * Variants: copies of the compiled program that differ in one thing, for as long as they are needed.
 *
 * A variant may have stand-ins in the place of the crypto seam, and one mutated
 * file. So the program itself holds no switch for either.
 *
 * @module
 */

import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { NodeError } from '../../../node/errors.ts'

/** One wrong line, to see that it is noticed. */
export interface Mutation {
  /** Below `dist/`. */
  readonly file: string
  /** Stands in the file exactly once. */
  readonly find: string
  readonly replace: string
  /** What else must be wrong for it to show. */
  readonly with?: Omit<Mutation, 'with'>
}

/** How a variant differs. */
export interface VariantOptions {
  /** The folder that holds `dist/`, `node_modules/` and `package.json`. */
  readonly root: string
  readonly crypto: 'stub' | 'real'
  readonly mutation?: Mutation
}

/** A copy that can be run. */
export interface Variant {
  readonly folder: string
  /** Takes it away; the second time nothing is left to do. */
  readonly remove: () => void
}

const STUB_CRYPTO = './dist/testnet/simulator/crypto/stub-crypto.js'

/**
 * Makes a variant. It is taken away when this process ends, if not before.
 *
 * @throws NodeError USAGE_WRONG when the mutation does not fit
 */
export function createVariant({ root, crypto, mutation }: VariantOptions): Variant {
  // First, so that a mutation that does not fit leaves nothing behind.
  const mutated = mutationsOf(mutation).map((one) => ({
    file: one.file,
    text: mutate(readFileSync(join(root, 'dist', one.file), 'utf8'), one)
  }))
  const folder = mkdtempSync(join(tmpdir(), 'thingmoot-sim-'))
  const remove = (): void => {
    process.off('exit', remove)
    rmSync(folder, { recursive: true, force: true })
  }
  process.on('exit', remove)
  copyProgram(join(root, 'dist'), join(folder, 'dist'))
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly type: string
    readonly imports: Readonly<Record<string, unknown>>
  }
  const imports = crypto === 'stub' ? { '#crypto': STUB_CRYPTO } : manifest.imports
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: manifest.type, imports }))
  symlinkSync(realpathSync(join(root, 'node_modules')), join(folder, 'node_modules'))
  for (const { file, text } of mutated) writeFileSync(join(folder, 'dist', file), text)
  return { folder, remove }
}

function mutationsOf(mutation: Mutation | undefined): readonly Mutation[] {
  if (mutation === undefined) return []
  return mutation.with === undefined ? [mutation] : [mutation, mutation.with]
}

/** Puts the wrong line in. */
function mutate(text: string, { file, find, replace }: Mutation): string {
  const parts = text.split(find)
  if (parts.length !== 2)
    throw new NodeError(
      'USAGE_WRONG',
      `${file}: "${find}" stands in it ${parts.length - 1} times, not once`
    )
  return parts.join(replace)
}

/** What runs, and nothing else: no tests, no types, no maps. */
function copyProgram(from: string, to: string): void {
  for (const entry of readdirSync(from, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.js') || entry.name.endsWith('.test.js')) continue
    const source = join(entry.parentPath, entry.name)
    const target = join(to, source.slice(from.length))
    mkdirSync(dirname(target), { recursive: true })
    copyFileSync(source, target)
  }
}
