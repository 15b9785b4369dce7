/**
 * The quota book: whether the budgets of a device and of its class have room for one more message.
 *
 * The ledger says what was paid in blocks. What this node has batched since is paid here at once,
 * from copies of the same buckets. So what is over its share waits here, and takes no room in
 * blocks only to be skipped there.
 *
 * @see SPEC.md §6.3 Buckets
 * @module
 */

import {
  type Bucket,
  type BucketLimits,
  classHeads,
  classLimits,
  classVersionKey,
  classVersions,
  contentPriority,
  type DeviceMessage,
  type DeviceRecord,
  effectiveProfile,
  invariant,
  type LedgerVersion,
  NETWORK_KEY,
  networkTable,
  payBucket,
  type Transaction,
  toHex,
  transactionCost
} from '../../protocol/index.ts'

/** Buckets of which a copy is kept. */
const BUCKETS_MAX = 40_000

/** A message, and what it would be paid from. */
export interface Purchase {
  readonly message: DeviceMessage
  readonly transaction: Transaction
  readonly device: DeviceRecord
  readonly version: LedgerVersion
  readonly timeMs: number
}

/** Whose budget is used up, if any. */
export type QuotaVerdict = 'enough' | 'device-empty' | 'class-empty'

interface Account {
  readonly name: string
  readonly bucket: Bucket
  readonly limits: BucketLimits
}

/** Keeps what was spent and is not in a block yet. */
export class QuotaBook {
  readonly #copies = new Map<string, Bucket>()

  /** Whether both budgets would pay a message now. */
  judge(purchase: Purchase): QuotaVerdict {
    const bill = billOf(purchase)
    const [device, all] = accountsOf(purchase)
    if (this.#paid(device, bill) === undefined) return 'device-empty'
    return this.#paid(all, bill) === undefined ? 'class-empty' : 'enough'
  }

  /** A message is batched: its budgets pay here before the ledger does. */
  pay(purchase: Purchase): void {
    const bill = billOf(purchase)
    for (const account of accountsOf(purchase)) {
      const paid = this.#paid(account, bill)
      if (paid !== undefined) this.#keep(account.name, paid)
    }
  }

  /** A message of a device did not count after all: the ledger alone tells what is left to it. */
  forget(deviceId: Uint8Array): void {
    for (const isControl of [true, false]) this.#copies.delete(nameOf(deviceId, isControl))
  }

  /** The bucket after paying, by the copy; undefined when the copy or the ledger holds too little. */
  #paid(
    { name, bucket, limits }: Account,
    bill: { readonly cost: number; readonly timeMs: number }
  ): Bucket | undefined {
    const paid = payBucket(bucket, limits, bill)
    const copy = this.#copies.get(name)
    return paid === undefined || copy === undefined ? paid : payBucket(copy, limits, bill)
  }

  #keep(name: string, bucket: Bucket): void {
    this.#copies.delete(name)
    this.#copies.set(name, bucket)
    if (this.#copies.size <= BUCKETS_MAX) return
    const eldest = this.#copies.keys().next()
    if (eldest.done !== true) this.#copies.delete(eldest.value)
  }
}

function billOf({ transaction, timeMs }: Purchase): {
  readonly cost: number
  readonly timeMs: number
} {
  return { cost: transactionCost(transaction), timeMs }
}

/** The device's account for the priority of the message, and its class's. */
function accountsOf({ message, device, version }: Purchase): readonly [Account, Account] {
  const { view } = version
  const head = view.read(classHeads, device.classId)
  const versionKey = classVersionKey(device.classId, device.classVersion)
  const classVersion = view.read(classVersions, versionKey)
  invariant(head !== undefined, 'a device of the ledger has a class')
  invariant(classVersion !== undefined, 'a device of the ledger has a class version')
  const isControl = contentPriority(message.contentKind) === 1
  const all = {
    name: `class ${toHex(device.classId)}`,
    bucket: head.bucket,
    limits: classLimits(head)
  }
  const name = nameOf(message.deviceId, isControl)
  if (isControl) {
    const network = view.read(networkTable, NETWORK_KEY)
    invariant(network !== undefined, 'genesis wrote the record of the network')
    const { controlBurst: burst, controlPerHour: ratePerHour } = network.parameters
    return [{ name, bucket: device.controlBucket, limits: { burst, ratePerHour } }, all]
  }
  const profile = effectiveProfile(view, message.deviceId, classVersion)
  const { rateBurst: burst, ratePerHour } = profile
  return [{ name, bucket: device.telemetryBucket, limits: { burst, ratePerHour } }, all]
}

function nameOf(deviceId: Uint8Array, isControl: boolean): string {
  return `${isControl ? 'control' : 'telemetry'} ${toHex(deviceId)}`
}
