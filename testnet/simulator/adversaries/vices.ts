/**
 * All vices by their names.
 *
 * @module
 */

import { invariant } from '../../../protocol/index.ts'
import type { Vice } from './vice.ts'

const VICES: Readonly<Record<string, () => Vice>> = {
  mute: () => ({ name: 'mute', send: () => [] })
}

/** The names of all vices. */
export const VICE_NAMES: readonly string[] = Object.keys(VICES)

/** A fresh vice. */
export function createVice(name: string): Vice {
  const create = VICES[name]
  invariant(create !== undefined, `there is a vice called ${name}`)
  return create()
}
