/**
 * Thefts: somebody has a device's signing key, or all that it remembers, and speaks in its place.
 *
 * @module
 */

import { createEd25519Signer } from '#crypto'
import { type Device, openDevice, senmlContent } from '../../../../client/index.ts'
import {
  DEVICE_MESSAGE_KIND,
  encodeDeviceMessage,
  encodeTransaction,
  keyHash,
  type PrivateKey,
  transactionSigningBytes
} from '../../../../protocol/index.ts'
import type { Household } from '../household.ts'
import { setProfile } from './honest.ts'
import type { StoryActs } from './story-acts.ts'

const READING = 0
/** What a thief says ten times it does not say anew. */
const STOLEN_MAX = 10
/** Messages by which a copy that speaks late is behind. */
const BEHIND = 2

/** The owner of a device that is robbed: has it stopped by a fork if so wished, and heals it afterwards. */
async function heal(home: Household): Promise<void> {
  const { story } = home.options
  const { owner, standing } = home
  const isTightened = standing?.ownership.overlay?.onFork === 1
  if (story.stopsOnFork && !isTightened && owner.openCount === 0)
    await setProfile(owner, standing, { onFork: 1 })
  else if (home.isCalm) await home.putRight()
}

/** When a copy begins to speak. */
type CloneTime = 'first' | 'late' | 'jumps'

/** A copy of all that the device remembers speaks in its place. */
export function clone(when: CloneTime): StoryActs {
  const copy = new Clone(when)
  return { isAlone: false, before: (home) => copy.turn(home), after: heal }
}

/** A folder that was carried off. */
class Clone {
  readonly #when: CloneTime
  #device: Device | undefined
  /** Messages that it found unsent: these are the device's own. */
  #found = 0
  /** Where the device was. */
  #sequence = 0
  #said = 0

  constructor(when: CloneTime) {
    this.#when = when
  }

  async turn(home: Household): Promise<void> {
    this.#device ??= await this.#copy(home)
    const { sequence } = home.thing.device.state
    const isTime = this.#when === 'first' || sequence >= this.#sequence + BEHIND
    if (this.#device === undefined || !isTime) return
    if (this.#when !== 'jumps') await this.#speak(home, this.#device)
    else if (home.isThieving && this.#said++ < STOLEN_MAX)
      await jump(home, home.options.unclaimed.birth.secrets.signingKey)
  }

  async #copy(home: Household): Promise<Device | undefined> {
    const { thing, ports } = home
    if (!home.isThieving || !home.isSpeaking) return undefined
    const randomBytes = (length: number): Uint8Array =>
      Uint8Array.from({ length }, () => ports.dice.below(256))
    const copy = await openDevice({ storage: thing.record.copy, randomBytes })
    this.#found = copy.pending(Number.POSITIVE_INFINITY).length
    this.#sequence = thing.device.state.sequence
    ports.mark('things:cloned')
    return copy
  }

  async #speak(home: Household, copy: Device): Promise<void> {
    const thief = home.carrier(`clone-${this.#when}`, false)
    if (this.#said < 2 && home.isThieving) {
      await copy.say(READING, senmlContent([{ n: 'stolen', u: 'Cel', v: ++this.#said }]))
      home.ports.mark(`things:clone-spoke-${this.#when}`)
    }
    const own = copy.pending(Number.POSITIVE_INFINITY).slice(this.#found)
    for (const { wire } of own) await thief.hand(wire)
  }
}

/** A thief of a signing key who reads on the ledger where the device is. */
export function keyThief(): StoryActs {
  let said = 0
  return {
    isAlone: false,
    before: async (home) => {
      const { signingKey } = home.options.unclaimed.birth.secrets
      if (home.isThieving && home.isSpeaking && said++ < STOLEN_MAX) await jump(home, signingKey)
    },
    after: heal
  }
}

/** Says something at the head of the ledger, under a key that was the device's once. */
async function jump(home: Household, { bytes }: PrivateKey): Promise<void> {
  const { standing, thing, options, ports } = home
  if (standing === undefined) return
  const { networkTag } = options.founding
  const signer = createEd25519Signer(bytes)
  const content = senmlContent([{ n: 'stolen', u: 'Cel', v: ports.dice.below(1_000) }])
  const { incarnation, sequence, headMessageId } = standing.device
  const body = encodeDeviceMessage(
    {
      deviceId: thing.deviceId,
      incarnation,
      sequence: sequence + 1,
      previousMessageId: headMessageId,
      signingKey: signer.publicKey,
      nextSigningKeyHash: keyHash(signer.publicKey),
      anchorHeight: 0,
      anchorId: home.genesisId.subarray(0, 16),
      contentKind: READING,
      dataKeyEpoch: 0
    },
    content
  )
  const place = { kind: DEVICE_MESSAGE_KIND, role: 'device', key: signer.publicKey } as const
  const signature = signer.sign(transactionSigningBytes(networkTag, body, place))
  ports.mark('things:jumped')
  await home
    .carrier('thief', false)
    .hand(encodeTransaction(body, [{ algorithm: 'Ed25519', signature }], content))
}
