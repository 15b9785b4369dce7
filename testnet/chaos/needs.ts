/**
 * What rows need of the machine, and whether it is there.
 *
 * @module
 */

import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'
import type { Need } from './row.ts'

/** Where programs of the administrator lie that are not on everybody's path. */
const SYSTEM_FOLDERS: readonly string[] = ['/usr/sbin', '/sbin']

/** Those of the needs that are not met here. */
export function missingNeeds(needs: readonly Need[]): readonly Need[] {
  return needs.filter((need) => !isMet(need))
}

function isMet(need: Need): boolean {
  if (need === 'root') return process.getuid?.() === 0
  const folders = [...(process.env['PATH'] ?? '').split(':'), ...SYSTEM_FOLDERS]
  return folders.some((folder) => isExecutable(join(folder, need)))
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    // Not here, or not for us.
    return false
  }
}
