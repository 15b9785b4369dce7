/**
 * The repository as the house rules see it: paths and texts.
 *
 * @module
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'

/** One file, its path counted from the top of the repository. */
export interface SourceFile {
  readonly path: string
  readonly text: string
}

/** The rooms of the house. */
const ROOMS: readonly string[] = ['protocol', 'config', 'client', 'node', 'testnet']

/** Every file of the rooms with one of these endings, in order of their paths. */
export function readFiles(root: string, endings: readonly string[]): SourceFile[] {
  return ROOMS.flatMap((room) => listFiles(root, room))
    .filter((path) => endings.some((ending) => path.endsWith(ending)))
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))
}

/** The paths below a folder, counted from the root; none when there is no such folder. */
export function listFiles(root: string, folder: string): string[] {
  const start = join(root, folder)
  if (!existsSync(start)) return []
  return readdirSync(start, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort()
}

/** Whether a file is a test. */
export function isTest({ path }: SourceFile): boolean {
  return path.endsWith('.test.ts')
}

/** Code alone: comments and what stands inside quotes are taken out, lines stay. */
export function codeOf(text: string): string {
  return text.replace(
    /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g,
    (found) => found.replace(/[^\n]/g, '')
  )
}

/** Text in quotes that is code to somebody: the comments are taken out, the quotes stay. */
export function withoutComments(text: string): string {
  return text.replace(
    /('(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`)|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g,
    (found, quoted: string | undefined) => quoted ?? found.replace(/[^\n]/g, '')
  )
}
