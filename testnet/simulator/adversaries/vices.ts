/**
 * All vices by their names.
 *
 * @module
 */

import { invariant } from '../../../protocol/index.ts'
import { createAmnesiac } from './amnesiac.ts'
import { createCensor } from './censor.ts'
import { createDoubleVoter } from './double-voter.ts'
import { createEquivocator } from './equivocator.ts'
import { createFalseAccuser } from './false-accuser.ts'
import { createFarViewSpammer } from './far-view-spammer.ts'
import { createFlooder } from './flooder.ts'
import { createForger } from './forger.ts'
import { createInvalidBlocks } from './invalid-blocks.ts'
import { createMute } from './mute.ts'
import { createReplayer } from './replayer.ts'
import { createSelectiveSender } from './selective-sender.ts'
import { createSyncLiar } from './sync-liar.ts'
import type { Vice } from './vice.ts'
import { createVoteInventor } from './vote-inventor.ts'
import { createWithholder } from './withholder.ts'

const VICES: Readonly<Record<string, () => Vice>> = {
  equivocator: createEquivocator,
  'double-voter': createDoubleVoter,
  mute: createMute,
  withholder: createWithholder,
  'selective-sender': createSelectiveSender,
  replayer: createReplayer,
  forger: createForger,
  'invalid-blocks': createInvalidBlocks,
  amnesiac: createAmnesiac,
  'sync-liar': createSyncLiar,
  'far-view-spammer': createFarViewSpammer,
  'false-accuser': createFalseAccuser,
  censor: createCensor,
  flooder: createFlooder,
  'vote-inventor': createVoteInventor
}

/** The names of all vices. */
export const VICE_NAMES: readonly string[] = Object.keys(VICES)

/** A fresh vice. */
export function createVice(name: string): Vice {
  const create = VICES[name]
  invariant(create !== undefined, `there is a vice called ${name}`)
  return create()
}
