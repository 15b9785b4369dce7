/**
 * Programs of others that tests use where they are installed.
 *
 * @module
 */

import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Folders of daemons, which are not always on the path of people. */
const MORE_FOLDERS: readonly string[] = ['/usr/sbin', '/usr/local/sbin']

/** Where a program is; undefined where it is not installed. */
export function findProgram(name: string): string | undefined {
  const { PATH = '' } = process.env
  return [...PATH.split(delimiter), ...MORE_FOLDERS]
    .map((folder) => join(folder, name))
    .find(existsSync)
}
