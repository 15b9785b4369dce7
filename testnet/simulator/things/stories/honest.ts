/**
 * An honest device, and an owner of many whims: it is lost and found, stopped, tightened, re-keyed.
 *
 * @module
 */

import type { ProfileOverlay } from '../../../../protocol/index.ts'
import { FLEET_PROFILE } from '../../../benchmarks/fleet.ts'
import type { Standing } from '../carrier.ts'
import type { Holder } from '../holder.ts'
import type { Household } from '../household.ts'
import type { StoryActs } from './story-acts.ts'

const WHIM_PERMILLE = 350
const STOPPED_MS = 8_000
const NOTHING = Object.fromEntries(
  Object.keys(FLEET_PROFILE).map((field) => [field, null])
) as unknown as ProfileOverlay
const STRICTER: readonly Partial<ProfileOverlay>[] = [
  { ratchetEvery: 1 },
  { ratchetEvery: 2 },
  { inlineBytesMax: 1 },
  { onFork: 1 }
]

/** Tightens or loosens what is asked of the device. */
export async function setProfile(
  owner: Holder,
  standing: Standing | undefined,
  stricter: Partial<ProfileOverlay> | null
): Promise<void> {
  if (standing === undefined || !owner.mayAct) return
  const { classVersion } = standing.device
  const overlay = stricter === null ? null : { ...NOTHING, ...stricter }
  await owner.order({ kind: 'profile-set', classVersion, updateVendorId: null, overlay })
}

/** The story. */
export const honest: StoryActs = {
  isAlone: true,
  after: async (home) => {
    if (!home.isCalm) await followWhim(home)
    else if (home.owner.openCount === 0 && (home.standing?.ownership.overlay ?? null) !== null)
      await setProfile(home.owner, home.standing, null)
    else await home.putRight()
  }
}

async function followWhim(home: Household): Promise<void> {
  const { owner, ports, standing } = home
  const { dice } = ports
  if (!dice.happens(WHIM_PERMILLE) || !owner.mayAct || standing === undefined) return
  switch (dice.below(6)) {
    case 0:
      await owner.order({ kind: standing.device.lost === 1 ? 'found' : 'lost' })
      break
    case 1:
      await owner.order({ kind: 'quarantine', untilMs: standing.timeMs + STOPPED_MS })
      break
    case 2:
      await home.putRight()
      break
    case 3:
      await home.renew()
      break
    default:
      await setProfile(owner, standing, dice.happens(600) ? dice.pick(STRICTER) : null)
  }
}
