/**
 * Where the pages lie once they are built.
 *
 * @module
 */

import { join } from 'node:path'

/** The folder that is served, below the top of the repository. */
export function publicFolder(root: string): string {
  return join(root, 'dist/node/dashboard/public')
}
