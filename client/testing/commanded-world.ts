/**
 * A device that follows commands, on the real rules, for tests.
 *
 * @module
 */

import { ascii, invariant, type PrivateKey, publicKeyOf } from '../../protocol/index.ts'
import { type SentCommand, signCommand } from '../command.ts'
import { CommandReceiver, type FollowedCommand, type ReceiverPorts } from '../command-receiver.ts'
import { signControllersSet } from '../sealed-owner.ts'
import type { CommandDelivery } from '../transport.ts'
import { MortalStorage, seededRandom } from './fixtures.ts'
import { LATE_MS, SealedWorld } from './sealed-world.ts'

/** One who may command. */
export const CONTROLLER: PrivateKey = { algorithm: 'Ed25519', bytes: new Uint8Array(32).fill(0xc1) }
/** Another, of the other suite. */
export const SECURE_ELEMENT: PrivateKey = {
  algorithm: 'ES256',
  bytes: new Uint8Array(32).fill(0xc2)
}
/** What is commanded. */
export const OPEN_DOOR: Uint8Array = ascii('open the door of the garage')
/** What is answered. */
export const DONE: Uint8Array = ascii('the door is open now')

/** A device that follows commands, and what it did. */
export class CommandedWorld {
  readonly world: SealedWorld
  readonly storage: MortalStorage = new MortalStorage()
  readonly done: string[] = []
  readonly receiver: CommandReceiver

  private constructor(world: SealedWorld) {
    this.world = world
    this.receiver = this.openReceiver()
  }

  static async start(seed: number): Promise<CommandedWorld> {
    const world = await SealedWorld.start(seed)
    const terms = [CONTROLLER, SECURE_ELEMENT].map((key) => ({
      controllerKey: publicKeyOf(key),
      notAfterMs: LATE_MS
    }))
    const { wire } = await signControllersSet(world.deviceId, terms, world.signOwnerAct)
    invariant(world.execute([wire])[0]?.outcome === 'applied', 'the owner lets them command')
    return new CommandedWorld(world)
  }

  openReceiver(changed: Partial<ReceiverPorts> = {}): CommandReceiver {
    const { device, claimed } = this.world
    return new CommandReceiver({
      storage: this.storage,
      randomBytes: seededRandom(5),
      device,
      encryptionSecret: claimed.birth.secrets.encryptionSecret,
      act: async ({ plaintext }) => {
        this.done.push(String.fromCharCode(...plaintext))
        return { resultCode: 0, answer: DONE }
      },
      ...changed
    })
  }

  async sign(
    commandSequence: number,
    {
      key = CONTROLLER,
      plaintext = OPEN_DOOR,
      notAfterMs = LATE_MS
    }: {
      readonly key?: PrivateKey
      readonly plaintext?: Uint8Array
      readonly notAfterMs?: number
    } = {}
  ): Promise<SentCommand> {
    const { world } = this
    const signed = await signCommand(
      {
        networkTag: world.networkTag,
        deviceId: world.deviceId,
        incarnation: world.record.incarnation,
        encryptionKey: world.ownership.encryptionKey,
        controllerKey: key,
        commandSequence,
        notAfterMs,
        plaintext
      },
      world.randomBytes
    )
    invariant(signed.ok, 'a sound command is sealed')
    return signed.value
  }

  /** Executes commands in one block and gives them as a node would deliver them. */
  deliver(sent: readonly SentCommand[]): CommandDelivery[] {
    const outcomes = this.world.execute(sent.map(({ wire }) => wire))
    invariant(
      outcomes.every(({ outcome }) => outcome === 'applied'),
      'the ledger lets them count'
    )
    return sent.map(({ wire, transactionId }) => ({
      wire,
      receipt: this.world.claimed.ledger.receipt(transactionId)
    }))
  }

  async receive(
    delivery: CommandDelivery,
    receiver: CommandReceiver = this.receiver
  ): Promise<FollowedCommand> {
    const received = await receiver.receive(delivery, this.world.network)
    invariant(received.ok, 'the device follows it')
    return received.value
  }

  async faultOf(
    delivery: CommandDelivery,
    receiver: CommandReceiver = this.receiver
  ): Promise<string> {
    const received = await receiver.receive(delivery, this.world.network)
    return received.ok ? 'FOLLOWED' : received.fault
  }
}
