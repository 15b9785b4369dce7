/**
 * What comes next for a motion, and who has to do it.
 *
 * @module
 */

import { shortId } from '../service/governance-words.ts'
import type { MotionAnswer } from './governance-answers.ts'

/** One sentence for whoever has just acted on it. */
export function nextStep({ motionId, status, lapsesAtMs }: MotionAnswer): string {
  const until = lapsesAtMs === null ? '' : ` until ${new Date(lapsesAtMs).toISOString()}`
  switch (status) {
    case 'open':
      return `Members answer it${until}: thingmoot motion vote ${shortId(motionId)} yes|no`
    case 'carried':
      return `Nothing more to do: it comes into force with an epoch to come${until === '' ? '' : `, or lapses${until.replace(' until', ' at')}`}.`
    default:
      return 'Nothing more to do: the motion is over.'
  }
}
